/** One side of a conversation, as it stands in the packet. `port` is undefined for ICMP. */
export type Address = {
	readonly ip: string;
	readonly port: number | undefined;
};

/** Where a capture was taken, relative to the flow that is examined. */
export type PointRole = 'client' | 'node' | 'backend' | 'unknown';

/** One packet at one point: its frame number (from 1) in that point's capture and what it looked like there. */
export type Sighting = {
	readonly point: string;
	readonly role: PointRole;
	readonly frame: number;
	/** Milliseconds since the flow's first packet, on the first point's clock (offsets between nodes taken out). */
	readonly atMs: number;
	readonly source: Address;
	readonly destination: Address;
	readonly ttl: number;
	/** Kernel interface index where the capture says it (SLL2), else undefined. */
	readonly interfaceIndex: number | undefined;
};

/** One packet of a flow, at every point that saw it, in the order in which it passed them. */
export type LadderRow = {
	readonly atMs: number;
	/** As tcpdump writes it: `S`, `S.`, `R`, `.`, `P.`, `F.`, or `UDP`, `ICMP port unreachable`, `ARP who-has …`. */
	readonly what: string;
	/** `forward`: from the side that opened the conversation. */
	readonly direction: 'forward' | 'back';
	readonly payloadLength: number;
	readonly sightings: readonly Sighting[];
	/** What NAT did between two sightings: `DNAT 10.98.171.178:8080 → 10.244.0.19:80`. Empty where nothing was rewritten. */
	readonly translations: readonly string[];
	readonly isRetransmission: boolean;
	/** Why this packet cannot be right, where it cannot: `from 10.244.0.19:80, expected 10.98.171.178:8080`. */
	readonly impossible: string | undefined;
};

/** A reply that its receiver cannot accept, because it does not come from the address that was dialled. */
export type ImpossibleReply = {
	readonly point: string;
	readonly frame: number;
	/** `SYN-ACK`, `RST`, `UDP reply`, … */
	readonly what: string;
	readonly source: Address;
	readonly expected: Address;
	/** The client's answer to it (RST, or ICMP port unreachable for UDP), where it was seen. */
	readonly resetFrame: number | undefined;
};

/**
 How a conversation went, told by its packets.
 established: handshake completed (UDP: a reply from the dialled address) · refused: RST from the dialled address ·
 impossible-reply: answered from another address than dialled, by SYN-ACK or RST · unreachable: ICMP unreachable ·
 unanswered: no answer at all reached the client.
 */
export type FlowEnding = 'established' | 'refused' | 'impossible-reply' | 'unreachable' | 'unanswered';

/** One conversation across all points. */
export type Flow = {
	readonly protocol: 'tcp' | 'udp' | 'icmp' | 'other';
	/** As the opening side wrote them at the point nearest to it. */
	readonly client: Address;
	readonly server: Address;
	/** Destination and source of the opening packet after NAT, where a later point (or sighting) shows them. */
	readonly backend: Address | undefined;
	readonly sourceAtBackend: Address | undefined;
	/** Points that saw the opening packet, in order. The last one is how far it came. */
	readonly reached: readonly string[];
	/** Points that saw an answer to it, in order from the backend to the client. */
	readonly answerSeenAt: readonly string[];
	readonly ending: FlowEnding;
	/** Opening packets sent, retransmissions included. */
	readonly openings: number;
	readonly impossibleReply: ImpossibleReply | undefined;
	readonly ladder: readonly LadderRow[];
};

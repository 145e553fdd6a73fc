import type {TcpOptions} from './tcp-options.ts';

/** Time since 1970 as the capture says it; both 0 where it says none (pcapng simple packets). */
export type PacketTime = {readonly seconds: number; readonly nanoseconds: number};

/** What is wrong with a packet, and at which byte of it. */
export type Malformed = {readonly reason: string; readonly at: number};

export type Arp = {
	readonly operation: number;
	readonly senderMac: string;
	readonly senderIp: string;
	readonly targetMac: string;
	readonly targetIp: string;
};

export type Ip = {
	readonly version: 4 | 6;
	readonly source: string;
	readonly destination: string;
	readonly ttl: number;
	/** IPv4 identification; for IPv6 that of the fragment header. */
	readonly id?: number;
	/** The whole packet in bytes, header included. */
	readonly length: number;
	readonly headerLength: number;
	/** The protocol after any IPv6 extension headers. */
	readonly protocol: number;
	readonly isFragment: boolean;
	readonly fragmentOffset: number;
};

export type Tcp = {
	readonly sourcePort: number;
	readonly destinationPort: number;
	readonly sequence: number;
	readonly acknowledgement: number;
	readonly flags: number;
	/** As tcpdump prints them: `S.`. */
	readonly flagText: string;
	readonly window: number;
	readonly headerLength: number;
	readonly options: TcpOptions;
	readonly payloadLength: number;
};

export type Udp = {
	readonly sourcePort: number;
	readonly destinationPort: number;
	readonly payloadLength: number;
	/** Tells datagrams apart by their first bytes. */
	readonly payloadDigest: number;
};

export type Icmp = {
	readonly type: number;
	readonly code: number;
	readonly echo?: {readonly identifier: number; readonly sequence: number};
	/** The beginning of the packet that an error message is about. */
	readonly quoted?: Quoted;
	readonly payloadLength: number;
	readonly payloadDigest: number;
};

/** A packet quoted by an ICMP error. Routers may quote no more than the first 8 bytes after the IP header. */
export type Quoted = {
	readonly ip: Ip;
	readonly sourcePort?: number;
	readonly destinationPort?: number;
	readonly sequence?: number;
};

/** From the network layer up. */
export type Layers = {
	readonly arp?: Arp;
	readonly ip?: Ip;
	readonly tcp?: Tcp;
	readonly udp?: Udp;
	readonly icmp?: Icmp;
};

/** One packet of a capture, decoded. Layers that are not there, or that the snap length cut off, are absent. */
export type Packet = Layers & {
	/** From 1, as tcpdump and Wireshark count. */
	readonly frame: number;
	readonly time: PacketTime;
	readonly linkType: number;
	/** Number of the interface within a pcapng file; absent in pcap files. */
	readonly captureInterface: number;
	readonly capturedLength: number;
	readonly wireLength: number;
	readonly ethernet?: {readonly source: string; readonly destination: string};
	readonly etherType?: number;
	/** Kernel interface index (SLL2) and packet type (SLL, SLL2: 0 to us, 1 broadcast, 2 multicast, 3 to another, 4 from us). */
	readonly interfaceIndex?: number;
	readonly packetType?: number;
	readonly vlanIds?: readonly number[];
	/** What the packet carries where it is a tunnel's. */
	readonly tunnel?: {readonly kind: 'vxlan' | 'ip-in-ip'; readonly inner: Layers};
	/** True where the snap length cut off a header. */
	readonly isCut?: true;
	readonly malformed?: Malformed;
};

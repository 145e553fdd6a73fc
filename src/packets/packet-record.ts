/**
One packet as numbers, filled by the decoder and used again for the next packet: nothing is allocated for a packet.
32-bit values are signed. -1 is "not known" where 0 means something.
*/
export type PacketRecord = {
	/** First byte of the packet in the bytes, and the end of what was captured of it. */
	start: number;
	end: number;
	/** Bytes that the snap length cut off. */
	missing: number;

	etherType: number;
	vlanCount: number;
	/** Linux cooked captures only. Interface index: SLL2. */
	interfaceIndex: number;
	packetType: number;
	networkOffset: number;

	/** 0 no IP, else 4 or 6. An IPv4 address is in word 3 alone. */
	version: number;
	source0: number;
	source1: number;
	source2: number;
	source3: number;
	destination0: number;
	destination1: number;
	destination2: number;
	destination3: number;
	ttl: number;
	/** IPv4 identification, or that of an IPv6 fragment header; -1 where there is none. */
	identification: number;
	/** The whole IP packet, header included, as it says itself. */
	ipLength: number;
	ipHeaderLength: number;
	isFragment: number;
	fragmentOffset: number;
	protocol: number;

	/** Protocol number of the transport header that was read (6, 17, 1, 58), else 0. */
	transport: number;
	transportOffset: number;
	sourcePort: number;
	destinationPort: number;
	sequence: number;
	acknowledgement: number;
	flags: number;
	window: number;
	transportHeaderLength: number;
	payloadLength: number;
	payloadOffset: number;
	icmpType: number;
	icmpCode: number;
	echoIdentifier: number;
	echoSequence: number;
	/** Where the packet begins that an ICMP error quotes, or 0. */
	quotedOffset: number;

	/** ARP operation, or 0. Sender and target addresses are in source3 and destination3. */
	arpOperation: number;

	/** What is inside: 0 nothing, 1 an IP packet, 2 an Ethernet frame. */
	innerKind: number;
	innerOffset: number;

	/** Index into `malformations`, 0 for none, and where. */
	malformed: number;
	malformedAt: number;
	/** 1 where the snap length cut off a header that the decoder wanted to read. */
	isCut: number;
};

/** A record for the decoder to fill. */
export const createPacketRecord = (): PacketRecord => ({
	start: 0,
	end: 0,
	missing: 0,
	etherType: 0,
	vlanCount: 0,
	interfaceIndex: -1,
	packetType: -1,
	networkOffset: 0,
	version: 0,
	source0: 0,
	source1: 0,
	source2: 0,
	source3: 0,
	destination0: 0,
	destination1: 0,
	destination2: 0,
	destination3: 0,
	ttl: 0,
	identification: -1,
	ipLength: 0,
	ipHeaderLength: 0,
	isFragment: 0,
	fragmentOffset: 0,
	protocol: -1,
	transport: 0,
	transportOffset: 0,
	sourcePort: 0,
	destinationPort: 0,
	sequence: 0,
	acknowledgement: 0,
	flags: 0,
	window: 0,
	transportHeaderLength: 0,
	payloadLength: 0,
	payloadOffset: 0,
	icmpType: 0,
	icmpCode: 0,
	echoIdentifier: -1,
	echoSequence: -1,
	quotedOffset: 0,
	arpOperation: 0,
	innerKind: 0,
	innerOffset: 0,
	malformed: 0,
	malformedAt: 0,
	isCut: 0,
});

/** Forgets everything above the link layer. */
export const resetNetwork = (record: PacketRecord): void => {
	record.version = 0;
	record.source0 = 0;
	record.source1 = 0;
	record.source2 = 0;
	record.destination0 = 0;
	record.destination1 = 0;
	record.destination2 = 0;
	record.identification = -1;
	record.isFragment = 0;
	record.fragmentOffset = 0;
	record.protocol = -1;
	record.transport = 0;
	record.sourcePort = 0;
	record.destinationPort = 0;
	record.sequence = 0;
	record.acknowledgement = 0;
	record.flags = 0;
	record.payloadLength = 0;
	record.echoIdentifier = -1;
	record.echoSequence = -1;
	record.quotedOffset = 0;
	record.arpOperation = 0;
	record.innerKind = 0;
	record.malformed = 0;
	record.isCut = 0;
};

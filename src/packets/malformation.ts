import type {PacketRecord} from './packet-record.ts';

/** What can be wrong with a packet. The index is the number in `PacketRecord.malformed`. */
export const malformations = [
	'',
	'ends inside the link header',
	'ends inside the ARP body',
	'IP version is neither 4 nor 6',
	'ends inside the IPv4 header',
	'IPv4 header length is less than 20 bytes',
	'IPv4 total length is less than its header',
	'ends inside the IPv6 header',
	'ends inside an IPv6 extension header',
	'ends inside the TCP header',
	'TCP header length is less than 20 bytes',
	'TCP header is longer than the packet',
	'TCP option has an impossible length',
	'ends inside the UDP header',
	'UDP length is less than 8 bytes',
	'ends inside the ICMP header',
	'UDP length is more than the packet',
] as const;

export const LINK_SHORT = 1;
export const ARP_SHORT = 2;
export const VERSION_UNKNOWN = 3;
export const IPV4_SHORT = 4;
export const IPV4_HEADER_LENGTH = 5;
export const IPV4_TOTAL_LENGTH = 6;
export const IPV6_SHORT = 7;
export const EXTENSION_SHORT = 8;
export const TCP_SHORT = 9;
export const TCP_HEADER_LENGTH = 10;
export const TCP_HEADER_BEYOND = 11;
export const TCP_OPTION = 12;
export const UDP_SHORT = 13;
export const UDP_LENGTH = 14;
export const ICMP_SHORT = 15;
export const UDP_BEYOND = 16;

/** Notes what is wrong and at which byte of the packet. */
export const markMalformed = (record: PacketRecord, reason: number, at: number): void => {
	record.malformed = reason;
	record.malformedAt = at - record.start;
};

/** The bytes end before a header does. That is normal where the snap length cut the packet, and malformed where the packet itself was too short. */
export const markShort = (record: PacketRecord, reason: number, at: number): void => {
	if (record.missing > 0) {
		record.isCut = 1;
		return;
	}

	markMalformed(record, reason, at);
};

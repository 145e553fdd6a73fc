import {readUint16} from './bytes.ts';
import type {PacketRecord} from './packet-record.ts';
import {
	markMalformed,
	markShort,
	UDP_BEYOND,
	UDP_LENGTH,
	UDP_SHORT,
} from './malformation.ts';

// RFC 768.
const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const LENGTH = 4;
const HEADER_LENGTH = 8;

// RFC 7348; 8472 is what Linux and flannel use unless told otherwise.
const VXLAN_PORT = 4789;
const VXLAN_PORT_LINUX = 8472;
const VXLAN_HEADER_LENGTH = 8;
const VXLAN_VALID_FLAG = 0x08;
export const INNER_IP = 1;
export const INNER_ETHERNET = 2;

/** Notes a VXLAN payload. The flag says that the network identifier is valid; every other bit is zero in what Linux sends. */
const noteVxlan = (bytes: Uint8Array, record: PacketRecord): void => {
	const at = record.payloadOffset;
	if (!((record.destinationPort === VXLAN_PORT || record.destinationPort === VXLAN_PORT_LINUX)
		&& at + VXLAN_HEADER_LENGTH <= record.end && bytes[at] === VXLAN_VALID_FLAG)) {
		return;
	}

	record.innerKind = INNER_ETHERNET;
	record.innerOffset = at + VXLAN_HEADER_LENGTH;
};

/** Reads a UDP header at the record's transport offset. `length`: bytes of the datagram as the IP header says. */
export const decodeUdp = (bytes: Uint8Array, record: PacketRecord, length: number): void => {
	const at = record.transportOffset;
	if (at + HEADER_LENGTH > record.end) {
		markShort(record, UDP_SHORT, at);
		return;
	}

	const stated = readUint16(bytes, at + LENGTH);
	record.transport = 17;
	record.sourcePort = readUint16(bytes, at + SOURCE_PORT);
	record.destinationPort = readUint16(bytes, at + DESTINATION_PORT);
	record.payloadOffset = at + HEADER_LENGTH;
	record.transportHeaderLength = HEADER_LENGTH;
	// 0 is a jumbogram (RFC 2675).
	record.payloadLength = (stated === 0 ? length : stated) - HEADER_LENGTH;
	if (record.payloadLength < 0) {
		record.payloadLength = 0;
		markMalformed(record, UDP_LENGTH, at + LENGTH);
	} else if (stated > length && record.isFragment === 0) {
		markMalformed(record, UDP_BEYOND, at + LENGTH);
	} else {
		noteVxlan(bytes, record);
	}
};

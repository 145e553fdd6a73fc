import {readInt32, readUint16} from './bytes.ts';
import type {PacketRecord} from './packet-record.ts';
import {
	IPV4_HEADER_LENGTH,
	IPV4_SHORT,
	IPV4_TOTAL_LENGTH,
	markMalformed,
	markShort,
	VERSION_UNKNOWN,
} from './malformation.ts';
import {decodeTransport} from './transport.ts';

// RFC 791.
const TOTAL_LENGTH = 2;
const IDENTIFICATION = 4;
const FRAGMENT = 6;
const TTL = 8;
const PROTOCOL = 9;
const SOURCE = 12;
const DESTINATION = 16;
const SMALLEST_HEADER = 20;
const MORE_FRAGMENTS = 0x20_00;
const FRAGMENT_OFFSET_MASK = 0x1F_FF;

const readHeader = (bytes: Uint8Array, record: PacketRecord, at: number): void => {
	const fragment = readUint16(bytes, at + FRAGMENT);
	record.version = 4;
	record.identification = readUint16(bytes, at + IDENTIFICATION);
	record.isFragment = (fragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET_MASK)) === 0 ? 0 : 1;
	record.fragmentOffset = (fragment & FRAGMENT_OFFSET_MASK) << 3;
	record.ttl = bytes[at + TTL];
	record.protocol = bytes[at + PROTOCOL];
	record.source3 = readInt32(bytes, at + SOURCE);
	record.destination3 = readInt32(bytes, at + DESTINATION);
};

/** Reads an IPv4 packet at an offset, and what it carries unless it is a later fragment. */
export const decodeIpv4 = (bytes: Uint8Array, record: PacketRecord, at: number): void => {
	record.networkOffset = at;
	if (at + SMALLEST_HEADER > record.end) {
		markShort(record, IPV4_SHORT, at);
		return;
	}

	if (bytes[at] >> 4 !== 4) {
		markMalformed(record, VERSION_UNKNOWN, at);
		return;
	}

	const headerLength = (bytes[at] & 0x0F) << 2;
	if (headerLength < SMALLEST_HEADER) {
		markMalformed(record, IPV4_HEADER_LENGTH, at);
		return;
	}

	readHeader(bytes, record, at);
	// Segmentation offload leaves the length 0 in packets captured before the card cuts them: then the frame's length counts.
	const stated = readUint16(bytes, at + TOTAL_LENGTH);
	const totalLength = stated === 0 ? record.end - at + record.missing : stated;
	record.ipLength = totalLength;
	record.ipHeaderLength = headerLength;
	if (totalLength < headerLength) {
		markMalformed(record, IPV4_TOTAL_LENGTH, at + TOTAL_LENGTH);
		return;
	}

	if (at + headerLength > record.end) {
		markShort(record, IPV4_SHORT, at);
		return;
	}

	record.transportOffset = at + headerLength;
	if (record.fragmentOffset === 0) {
		decodeTransport(bytes, record, totalLength - headerLength);
	} else {
		record.payloadLength = totalLength - headerLength;
	}
};

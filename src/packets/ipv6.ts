import {readInt32, readUint16} from './bytes.ts';
import type {PacketRecord} from './packet-record.ts';
import {
	EXTENSION_SHORT,
	IPV6_SHORT,
	markMalformed,
	markShort,
	VERSION_UNKNOWN,
} from './malformation.ts';
import {decodeTransport} from './transport.ts';

// RFC 8200.
const PAYLOAD_LENGTH = 4;
const NEXT_HEADER = 6;
const HOP_LIMIT = 7;
const SOURCE = 8;
const DESTINATION = 24;
const HEADER_LENGTH = 40;

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;
const HOST_IDENTITY = 139;
const SHIM6 = 140;
const SMALLEST_EXTENSION = 8;
const LARGEST_PAYLOAD = 0xFF_FF;

export const extensions: ReadonlySet<number> = new Set([HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION_OPTIONS, MOBILITY, HOST_IDENTITY, SHIM6]);

/** Length of an extension header in bytes. RFC 4302 counts the authentication header in 4-byte units minus 2, unlike all others. */
export const extensionLength = (protocol: number, lengthField: number): number => {
	if (protocol === FRAGMENT) {
		return SMALLEST_EXTENSION;
	}

	return protocol === AUTHENTICATION ? (lengthField + 2) << 2 : (lengthField + 1) << 3;
};

const readFragment = (bytes: Uint8Array, record: PacketRecord, at: number): void => {
	const fragment = readUint16(bytes, at + 2);
	// RFC 6946: offset 0 and no more fragments is a whole packet, sent so by translators.
	record.isFragment = (fragment & 0xFF_F9) === 0 ? 0 : 1;
	record.fragmentOffset = fragment & 0xFF_F8;
	record.identification = readInt32(bytes, at + 4) >>> 0;
};

const readAddresses = (bytes: Uint8Array, record: PacketRecord, at: number): void => {
	record.source0 = readInt32(bytes, at + SOURCE);
	record.source1 = readInt32(bytes, at + SOURCE + 4);
	record.source2 = readInt32(bytes, at + SOURCE + 8);
	record.source3 = readInt32(bytes, at + SOURCE + 12);
	record.destination0 = readInt32(bytes, at + DESTINATION);
	record.destination1 = readInt32(bytes, at + DESTINATION + 4);
	record.destination2 = readInt32(bytes, at + DESTINATION + 8);
	record.destination3 = readInt32(bytes, at + DESTINATION + 12);
};

/** Walks the extension headers. Out: false where they end beyond the captured bytes or in a later fragment. */
const didWalkExtensions = (bytes: Uint8Array, record: PacketRecord): boolean => {
	let at = record.transportOffset;
	while (extensions.has(record.protocol) && record.fragmentOffset === 0) {
		const length = at + 2 <= record.end ? extensionLength(record.protocol, bytes[at + 1]) : SMALLEST_EXTENSION;
		if (at + length > record.end) {
			markShort(record, EXTENSION_SHORT, at);
			return false;
		}

		if (record.protocol === FRAGMENT) {
			readFragment(bytes, record, at);
		}

		record.protocol = bytes[at];
		at += length;
	}

	record.transportOffset = at;
	record.ipHeaderLength = at - record.networkOffset;
	return record.fragmentOffset === 0;
};

/** Reads an IPv6 packet at an offset, its extension headers, and what it carries unless it is a later fragment. */
export const decodeIpv6 = (bytes: Uint8Array, record: PacketRecord, at: number): void => {
	record.networkOffset = at;
	if (at + HEADER_LENGTH > record.end) {
		markShort(record, IPV6_SHORT, at);
		return;
	}

	if (bytes[at] >> 4 !== 6) {
		markMalformed(record, VERSION_UNKNOWN, at);
		return;
	}

	record.version = 6;
	readAddresses(bytes, record, at);
	record.ttl = bytes[at + HOP_LIMIT];
	record.protocol = bytes[at + NEXT_HEADER];
	record.transportOffset = at + HEADER_LENGTH;
	// More than the field can hold is written as 0 (a jumbogram, RFC 2675, or segmentation offload): then the frame's length counts.
	const stated = readUint16(bytes, at + PAYLOAD_LENGTH);
	const carried = record.end - record.transportOffset + record.missing;
	const payloadLength = stated === 0 && carried > LARGEST_PAYLOAD ? carried : stated;
	record.ipLength = HEADER_LENGTH + payloadLength;
	record.ipHeaderLength = HEADER_LENGTH;
	if (didWalkExtensions(bytes, record)) {
		decodeTransport(bytes, record, record.ipLength - record.ipHeaderLength);
	} else {
		record.payloadLength = Math.max(0, record.ipLength - record.ipHeaderLength);
	}
};

import {readInt32, readUint16} from './bytes.ts';
import {
	decodeEthernet,
	ETHER_TYPE_IPV4,
	ETHER_TYPE_IPV6,
	readEtherType,
} from './ethernet.ts';
import type {PacketRecord} from './packet-record.ts';
import {
	LINK_SHORT,
	markShort,
	VERSION_UNKNOWN,
	markMalformed,
} from './malformation.ts';

// Numbers of https://www.tcpdump.org/linktypes.html; 12 and 14 are DLT_RAW as some systems wrote it into files.
export const LINK_NULL = 0;
export const LINK_ETHERNET = 1;
export const LINK_RAW_BSD = 12;
export const LINK_RAW_OPENBSD = 14;
export const LINK_RAW = 101;
export const LINK_LOOP = 108;
export const LINK_SLL = 113;
export const LINK_IPV4 = 228;
export const LINK_IPV6 = 229;
export const LINK_SLL2 = 276;

const SLL_PROTOCOL = 14;
const SLL_HEADER_LENGTH = 16;
const SLL2_INTERFACE_INDEX = 4;
const SLL2_PACKET_TYPE = 10;
const SLL2_HEADER_LENGTH = 20;
const NULL_HEADER_LENGTH = 4;

const decodeSll = (bytes: Uint8Array, record: PacketRecord): void => {
	record.packetType = readUint16(bytes, record.start);
	record.networkOffset = record.start + SLL_HEADER_LENGTH;
	readEtherType(bytes, record, readUint16(bytes, record.start + SLL_PROTOCOL));
};

const decodeSll2 = (bytes: Uint8Array, record: PacketRecord): void => {
	record.interfaceIndex = readInt32(bytes, record.start + SLL2_INTERFACE_INDEX);
	record.packetType = bytes[record.start + SLL2_PACKET_TYPE];
	record.networkOffset = record.start + SLL2_HEADER_LENGTH;
	readEtherType(bytes, record, readUint16(bytes, record.start));
};

/** EtherType of a packet that begins with its IP header. */
const readVersion = (bytes: Uint8Array, record: PacketRecord): void => {
	const version = bytes[record.networkOffset] >> 4;
	if (version === 4) {
		record.etherType = ETHER_TYPE_IPV4;
	} else if (version === 6) {
		record.etherType = ETHER_TYPE_IPV6;
	} else {
		markMalformed(record, VERSION_UNKNOWN, record.networkOffset);
	}
};

const decodeRaw = (bytes: Uint8Array, record: PacketRecord): void => {
	record.networkOffset = record.start;
	readVersion(bytes, record);
};

// The address family is in the byte order of the machine that captured (NULL) or of the network (LOOP), and every BSD has its own number for IPv6: small either way round.
const ipFamilies: ReadonlySet<number> = new Set([2, 10, 24, 28, 30]);

const decodeNull = (bytes: Uint8Array, record: PacketRecord): void => {
	const family = readInt32(bytes, record.start);
	const swapped = (bytes[record.start + 3] << 24) | (bytes[record.start + 2] << 16) | (bytes[record.start + 1] << 8) | bytes[record.start];
	record.networkOffset = record.start + NULL_HEADER_LENGTH;
	if (record.networkOffset < record.end && (ipFamilies.has(family) || ipFamilies.has(swapped))) {
		readVersion(bytes, record);
	}
};

type LinkDecoder = {readonly headerLength: number; readonly decode: (bytes: Uint8Array, record: PacketRecord) => void};

const raw: LinkDecoder = {headerLength: 1, decode: decodeRaw};
const loopback: LinkDecoder = {headerLength: NULL_HEADER_LENGTH, decode: decodeNull};

const decoders: ReadonlyMap<number, LinkDecoder> = new Map([
	[LINK_NULL, loopback],
	[LINK_LOOP, loopback],
	[LINK_RAW, raw],
	[LINK_RAW_BSD, raw],
	[LINK_RAW_OPENBSD, raw],
	[LINK_IPV4, raw],
	[LINK_IPV6, raw],
	[LINK_SLL, {headerLength: SLL_HEADER_LENGTH, decode: decodeSll}],
	[LINK_SLL2, {headerLength: SLL2_HEADER_LENGTH, decode: decodeSll2}],
]);

/** True for link types that can be decoded; of others only times and lengths are known. */
export const isKnownLinkType = (linkType: number): boolean => linkType === LINK_ETHERNET || decoders.has(linkType);

/** Reads the link header: sets EtherType (0: not IP, not ARP) and where the network layer begins. */
export const decodeLink = (bytes: Uint8Array, record: PacketRecord, linkType: number): void => {
	record.etherType = 0;
	record.vlanCount = 0;
	record.interfaceIndex = -1;
	record.packetType = -1;
	record.networkOffset = record.start;
	if (linkType === LINK_ETHERNET) {
		decodeEthernet(bytes, record, record.start);
		return;
	}

	const decoder = decoders.get(linkType);
	if (!decoder) {
		return;
	}

	if (record.start + decoder.headerLength > record.end) {
		markShort(record, LINK_SHORT, record.start);
		return;
	}

	decoder.decode(bytes, record);
};

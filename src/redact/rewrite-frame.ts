import {decodeFrame, decodeInner} from '../packets/decode.ts';
import type {Frame} from '../packets/frame.ts';
import {ICMP, ICMPV6} from '../packets/icmp.ts';
import {readUint16} from '../packets/bytes.ts';
import {extensionLength, extensions} from '../packets/ipv6.ts';
import {LINK_ETHERNET, LINK_SLL, LINK_SLL2} from '../packets/link.ts';
import {type PacketRecord, createPacketRecord} from '../packets/packet-record.ts';
import {TCP} from '../packets/transport.ts';
import {INNER_ETHERNET} from '../packets/udp.ts';
import {type ByteMap, checksum, writeUint16} from './rewrite-bytes.ts';

const UDP = 17;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const FRAGMENT_HEADER = 44;
const NO_NEXT_HEADER = 59;
const TCP_HEADER = 20;
const ICMP_REDIRECT = 5;
// Where in its header a transport has its checksum.
const checksumAt: ReadonlyMap<number, number> = new Map([[TCP, 16], [UDP, 6], [ICMP, 2], [ICMPV6, 2]]);
// End, no operation, MSS, window scale, SACK allowed, SACK, timestamps: others may hold addresses (RFC 8684) or say who it is.
const keptOptions: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 8]);

const blank = (bytes: Uint8Array, from: number, to: number): void => {
	bytes.fill(0, Math.min(from, to), to);
};

/** The address of a Linux cooked header: as long as it says, in eight bytes. */
const rewriteCooked = (map: ByteMap, bytes: Uint8Array, at: number, length: number): void => {
	if (length === 6) {
		map.mac(bytes, at);
	} else {
		blank(bytes, at, at + 6);
	}

	blank(bytes, at + 6, at + 8);
};

const rewriteEthernet = (map: ByteMap, bytes: Uint8Array, at: number, end: number): void => {
	if (at + 12 > end) {
		blank(bytes, at, end);
		return;
	}

	map.mac(bytes, at);
	map.mac(bytes, at + 6);
};

const rewriteLink = (map: ByteMap, {bytes, start, capturedLength, linkType}: Frame): void => {
	if (linkType === LINK_ETHERNET) {
		rewriteEthernet(map, bytes, start, start + capturedLength);
	} else if (linkType === LINK_SLL && capturedLength >= 16) {
		rewriteCooked(map, bytes, start + 6, (bytes[start + 4] << 8) | bytes[start + 5]);
	} else if (linkType === LINK_SLL2 && capturedLength >= 20) {
		rewriteCooked(map, bytes, start + 12, bytes[start + 11]);
	}
};

const rewriteArp = (map: ByteMap, bytes: Uint8Array, at: number, end: number): void => {
	map.mac(bytes, at + 8);
	map.ipv4(bytes, at + 14);
	map.mac(bytes, at + 18);
	map.ipv4(bytes, at + 24);
	blank(bytes, at + 28, end);
};

/** The IPv4 header without its options: they hold addresses of the way (RFC 791). */
const rewriteIpv4 = (map: ByteMap, bytes: Uint8Array, at: number, end: number): void => {
	if (at + IPV4_HEADER > end) {
		blank(bytes, at, end);
		return;
	}

	const headerEnd = Math.min(end, at + ((bytes[at] & 0x0F) << 2));
	map.ipv4(bytes, at + 12);
	map.ipv4(bytes, at + 16);
	blank(bytes, at + IPV4_HEADER, Math.max(headerEnd, at + IPV4_HEADER));
	writeUint16(bytes, at + 10, 0);
	writeUint16(bytes, at + 10, checksum(bytes.subarray(at, headerEnd)));
};

/** The headers between an IPv6 header and what it carries: all that they say is blanked, but for what a fragment says. Out: where they end. */
const rewriteExtensions = (bytes: Uint8Array, at: number, end: number): number => {
	let next = bytes[at + 6];
	let header = at + IPV6_HEADER;
	while (extensions.has(next) && header + 8 <= end) {
		const length = extensionLength(next, bytes[header + 1]);
		const isLaterFragment = next === FRAGMENT_HEADER && (readUint16(bytes, header + 2) & 0xFF_F8) !== 0;
		if (next !== FRAGMENT_HEADER) {
			blank(bytes, header + 2, Math.min(end, header + length));
		}

		next = isLaterFragment ? NO_NEXT_HEADER : bytes[header];
		header += length;
	}

	return Math.min(header, end);
};

/** Out: where what it carries begins. */
const rewriteIpv6 = (map: ByteMap, bytes: Uint8Array, at: number, end: number): number => {
	map.ipv6(bytes, at + 8, end);
	map.ipv6(bytes, at + 24, end);
	return rewriteExtensions(bytes, at, end);
};

/** The packet that an ICMP error is about: its IP header and eight bytes. */
const rewriteQuoted = (map: ByteMap, bytes: Uint8Array, at: number, end: number): void => {
	if (at >= end) {
		return;
	}

	if (bytes[at] >> 4 === 6) {
		blank(bytes, rewriteIpv6(map, bytes, at, end) + 4, end);
		return;
	}

	const transportAt = at + ((bytes[at] & 0x0F) << 2);
	const isTcp = bytes[at + 9] === TCP;
	rewriteIpv4(map, bytes, at, end);
	// Ports, and of TCP the sequence number; the checksum of UDP would tell the sum of its addresses.
	blank(bytes, Math.max(at + IPV4_HEADER, transportAt + (isTcp ? 8 : 6)), end);
};

const rewriteTcpOptions = (bytes: Uint8Array, from: number, to: number): void => {
	let at = from;
	while (at < to && bytes[at] !== 0) {
		const length = bytes[at] === 1 ? 1 : bytes[at + 1];
		if (length === undefined || length < 1 || at + length > to) {
			break;
		}

		if (!keptOptions.has(bytes[at])) {
			bytes.fill(1, at, at + length);
		}

		at += length;
	}

	blank(bytes, at, to);
};

type Transport = Pick<PacketRecord, 'transport' | 'transportOffset' | 'payloadOffset' | 'quotedOffset' | 'icmpType' | 'innerKind' | 'version' | 'networkOffset' | 'end'>;

/** Over what is left of it, with the addresses that stand there now: nothing can be read from it of what was there before. */
const renewChecksum = (bytes: Uint8Array, {transport, transportOffset, version, networkOffset, end}: Transport): void => {
	const at = transportOffset + (checksumAt.get(transport) ?? 0);
	if (at + 2 > end || (transport === UDP && version === 4 && bytes[at] === 0 && bytes[at + 1] === 0)) {
		return;
	}

	const addresses = version === 4 ? bytes.subarray(networkOffset + 12, networkOffset + 20) : bytes.subarray(networkOffset + 8, networkOffset + 40);
	const length = transport === UDP ? (bytes[transportOffset + 4] << 8) | bytes[transportOffset + 5] : end - transportOffset;
	writeUint16(bytes, at, 0);
	const sum = checksum(...(transport === ICMP ? [] : [addresses, Uint8Array.of(0, transport, length >>> 8, length & 0xFF)]), bytes.subarray(transportOffset, end));
	writeUint16(bytes, at, transport === UDP && sum === 0 ? 0xFF_FF : sum);
};

const rewriteTransport = (map: ByteMap, bytes: Uint8Array, seen: Transport): void => {
	const {transport, transportOffset, payloadOffset, quotedOffset, icmpType, end} = seen;
	if (transport === TCP) {
		rewriteTcpOptions(bytes, transportOffset + TCP_HEADER, Math.min(end, payloadOffset));
		blank(bytes, payloadOffset, end);
	} else if (quotedOffset > 0) {
		rewriteQuoted(map, bytes, quotedOffset, end);
	}

	if (transport === ICMP && icmpType === ICMP_REDIRECT) {
		map.ipv4(bytes, transportOffset + 4);
	}

	renewChecksum(bytes, seen);
};

/** The IP header; and where what it carries was not read, nothing else. */
const rewriteIp = (map: ByteMap, bytes: Uint8Array, {version, networkOffset, end}: Transport, isRead: boolean): void => {
	if (version === 4) {
		rewriteIpv4(map, bytes, networkOffset, end);
	}

	const carried = version === 4 ? networkOffset + ((bytes[networkOffset] & 0x0F) << 2) : rewriteIpv6(map, bytes, networkOffset, end);
	if (!isRead) {
		blank(bytes, carried, end);
	}
};

const rewriteNetwork = (map: ByteMap, bytes: Uint8Array, record: PacketRecord): void => {
	const {version, networkOffset, end, arpOperation, transport, innerKind, innerOffset} = record;
	if (arpOperation > 0) {
		rewriteArp(map, bytes, networkOffset, end);
		return;
	}

	// What is neither IP nor ARP may say anything: LLDP tells names.
	if (version === 0) {
		blank(bytes, networkOffset, end);
		return;
	}

	const seen = {...record};
	rewriteIp(map, bytes, seen, transport > 0 || innerKind > 0);
	if (innerKind === INNER_ETHERNET) {
		rewriteEthernet(map, bytes, innerOffset, end);
	}

	if (innerKind > 0) {
		decodeInner(bytes, record);
		rewriteNetwork(map, bytes, record);
	}

	if (transport > 0) {
		rewriteTransport(map, bytes, seen);
	}
};

/** Replaces every address of a frame in place, link, network and what is quoted or tunnelled, and makes its checksums fit. What is not understood becomes zeros. */
export const createFrameRewriter = (map: ByteMap) => {
	const record = createPacketRecord();
	return (frame: Frame): void => {
		rewriteLink(map, frame);
		decodeFrame(frame, record);
		rewriteNetwork(map, frame.bytes, record);
	};
};

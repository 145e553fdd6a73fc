import {concatBytes, fields} from './bytes.ts';
import {
	ICMP,
	ICMPV6,
	TCP,
	UDP,
	writeTransport,
	writeVxlan,
} from './generate-transport.ts';
import type {Random} from './random.ts';

/** May this packet still carry others? A packet in a packet carries none, so that every chain ends. */
type Depth = 'outer' | 'inner';

type Body = {readonly protocol: number; readonly bytes: Uint8Array};

/** A protocol without dissector in the comparison. */
const UNKNOWN_PROTOCOL = 253;

const writeMac = (random: Random): Uint8Array => concatBytes([Uint8Array.from([random.pick([0x02, 0x52, 0x86])]), random.bytes(5)]);

/** Ethernet around an IP packet, as VXLAN carries it. */
const writeInnerFrame = (random: Random): Uint8Array => {
	const isIpv6 = random.chance(0.4);
	const packet = isIpv6 ? writeIpv6(random, 'inner') : writeIpv4(random, 'inner');
	return concatBytes([writeMac(random), writeMac(random), fields([2, isIpv6 ? 0x86_DD : 0x08_00]), packet]);
};

const writeTunnel = (random: Random): Body => {
	const kind = random.pick(['vxlan', 'vxlan', '4', '6'] as const);
	if (kind === 'vxlan') {
		return {protocol: UDP, bytes: writeVxlan(random, writeInnerFrame(random))};
	}

	return kind === '4' ? {protocol: 4, bytes: writeIpv4(random, 'inner')} : {protocol: 41, bytes: writeIpv6(random, 'inner')};
};

const writeBody = (random: Random, depth: Depth, icmp: 1 | 58): Body => {
	if (depth === 'outer' && random.chance(0.12)) {
		return writeTunnel(random);
	}

	const protocol = random.pick(depth === 'outer' ? [TCP, TCP, TCP, UDP, UDP, icmp, UNKNOWN_PROTOCOL] : [TCP, TCP, UDP, UDP, UNKNOWN_PROTOCOL]);
	const quote = (): Uint8Array => icmp === ICMP ? writeIpv4(random, 'inner') : writeIpv6(random, 'inner');
	return {protocol, bytes: writeTransport(random, protocol, quote)};
};

// Router alert, no-operations, end of list.
const ipv4Options: readonly Uint8Array[] = [Uint8Array.from([0x94, 4, 0, 0]), Uint8Array.from([1, 1, 1, 1]), Uint8Array.from([1, 1, 1, 0]), Uint8Array.from([0x94, 4, 0, 0, 1, 1, 1, 1])];

/** Offset of a fragment and the bytes that it holds, a multiple of 8. */
const cutFragment = (random: Random, bytes: Uint8Array): {readonly offset: number; readonly hasMore: boolean; readonly bytes: Uint8Array} => {
	if (random.chance(0.85)) {
		return {offset: 0, hasMore: false, bytes};
	}

	const isFirst = random.chance(0.5);
	const offset = isFirst ? 0 : random.between(1, 8191);
	return {offset, hasMore: isFirst || random.chance(0.5), bytes: concatBytes([bytes, random.bytes((8 - (bytes.length % 8)) % 8)])};
};

/** An IPv4 packet (RFC 791) with random but valid fields. */
export function writeIpv4(random: Random, depth: Depth): Uint8Array {
	const body = writeBody(random, depth, ICMP);
	const options = random.chance(0.15) ? random.pick(ipv4Options) : new Uint8Array(0);
	const {offset, hasMore, bytes: whole} = cutFragment(random, body.bytes);
	// A datagram may end before its packet does.
	const hasRest = body.protocol === UDP && random.chance(0.1);
	const bytes = hasRest ? concatBytes([whole, random.bytes(random.between(1, 10))]) : whole;
	const headerLength = 20 + options.length;
	const flags = (hasMore ? 0x20_00 : 0) | (random.chance(0.5) ? 0x40_00 : 0);
	return concatBytes([
		fields([1, 0x40 | (headerLength / 4)], [1, random.below(256)], [2, headerLength + bytes.length], [2, random.below(65_536)], [2, flags | offset]),
		fields([1, random.below(256)], [1, body.protocol], [2, random.below(65_536)]),
		random.bytes(8),
		options,
		bytes,
	]);
}

/** One IPv6 extension header, told the number of what follows it. */
type Extension = {readonly number: number; readonly write: (next: number) => Uint8Array};

/** Options padded with PadN (RFC 8200 section 4.2) to a multiple of 8 bytes. */
const writeOptions = (random: Random, next: number): Uint8Array => {
	const units = random.below(3);
	const padding = (units * 8) + 4;
	return concatBytes([fields([1, next], [1, units], [1, 1], [1, padding]), new Uint8Array(padding)]);
};

const createExtensions = (random: Random): Extension[] => {
	const addresses = random.below(3);
	const extensions: Extension[] = [
		{number: 0, write: next => writeOptions(random, next)},
		{number: 60, write: next => writeOptions(random, next)},
		{number: 43, write: next => concatBytes([fields([1, next], [1, addresses * 2], [1, 0], [1, random.below(addresses + 1)], [4, 0]), random.bytes(addresses * 16)])},
		{number: 51, write: next => concatBytes([fields([1, next], [1, 4], [2, 0], [4, random.below(65_536)], [4, 1]), random.bytes(12)])},
		{number: 44, write: next => fields([1, next], [1, 0], [2, random.pick([0, 0, 1])], [4, random.below(0x1_00_00_00_00)])},
		{number: 60, write: next => writeOptions(random, next)},
	];
	return extensions.filter(() => random.chance(0.2));
};

/** A later fragment holds no header that can be read. */
const createLaterFragment = (random: Random): Extension => ({
	number: 44,
	write: next => fields([1, next], [1, 0], [2, (random.between(1, 8191) * 8) | random.below(2)], [4, random.below(0x1_00_00_00_00)]),
});

const writeAddress6 = (random: Random): Uint8Array => {
	const address = random.bytes(16);
	const start = random.below(16);
	if (random.chance(0.6)) {
		address.fill(0, start, Math.min(16, start + random.below(14)));
	}

	const isMapped = random.chance(0.05);
	return isMapped ? concatBytes([new Uint8Array(10), Uint8Array.from([255, 255]), random.bytes(4)]) : address;
};

/** An IPv6 packet (RFC 8200) with a random chain of extension headers in the recommended order. */
export function writeIpv6(random: Random, depth: Depth): Uint8Array {
	const body = writeBody(random, depth, ICMPV6);
	const extensions = [...createExtensions(random), ...(random.chance(0.05) ? [createLaterFragment(random)] : [])];
	let next = body.protocol;
	let {bytes} = body;
	for (const extension of extensions.toReversed()) {
		bytes = concatBytes([extension.write(next), bytes]);
		next = extension.number;
	}

	return concatBytes([
		fields([4, 0x60_00_00_00 + random.below(0x10_00_00_00)], [2, bytes.length], [1, next], [1, random.below(256)]),
		writeAddress6(random),
		writeAddress6(random),
		bytes,
	]);
}

/** An ARP request or reply for IPv4 over Ethernet (RFC 826). */
export const writeArp = (random: Random): Uint8Array => concatBytes([
	fields([2, 1], [2, 0x08_00], [1, 6], [1, 4], [2, random.pick([1, 1, 2])]),
	random.bytes(20),
]);

import {concatBytes, fields} from './bytes.ts';
import type {Random} from './random.ts';

export const TCP = 6;
export const UDP = 17;
export const ICMP = 1;
export const ICMPV6 = 58;

/** Ports on which tshark and we look for a tunnel. */
const tunnelPorts: ReadonlySet<number> = new Set([4789, 8472]);

const pickPort = (random: Random): number => {
	const port = random.chance(0.3) ? random.pick([80, 53, 8080, 443, 6443]) : random.between(1, 65_535);
	return tunnelPorts.has(port) ? port + 1 : port;
};

const word = (random: Random): number => random.pick([random.below(0x1_00_00_00_00), 0, 0xFF_FF_FF_FF, 0x80_00_00_00]);

const tcpOptions: ReadonlyArray<(random: Random) => Uint8Array> = [
	random => fields([1, 2], [1, 4], [2, random.below(65_536)]),
	random => fields([1, 3], [1, 3], [1, random.below(15)]),
	() => fields([1, 4], [1, 2]),
	random => fields([1, 5], [1, 10], [4, word(random)], [4, word(random)]),
	random => fields([1, 5], [1, 18], [4, word(random)], [4, word(random)], [4, word(random)], [4, word(random)]),
	random => fields([1, 8], [1, 10], [4, word(random)], [4, word(random)]),
	() => fields([1, 1]),
	// MD5 signature, user timeout, and one that nobody knows.
	random => concatBytes([fields([1, 19], [1, 18]), random.bytes(16)]),
	random => fields([1, 28], [1, 4], [2, random.below(65_536)]),
	random => concatBytes([fields([1, 200], [1, 6]), random.bytes(4)]),
];

const kindOf = (option: Uint8Array): number => option[0];

const writeTcpOptions = (random: Random): Uint8Array => {
	const chosen: Uint8Array[] = [];
	const wanted = random.pick([0, 0, 1, 2, 3, 5]);
	for (let index = 0; index < wanted; index++) {
		const option = random.pick(tcpOptions)(random);
		const isNew = kindOf(option) === 1 || chosen.every(other => kindOf(other) !== kindOf(option));
		const length = chosen.reduce((sum, other) => sum + other.length, option.length);
		chosen.push(...(isNew && length <= 40 ? [option] : []));
	}

	const options = random.chance(0.3) ? Uint8Array.from([1, 1, 8, 10, ...random.bytes(8)]) : concatBytes(chosen);
	const filler = (4 - (options.length % 4)) % 4;
	// After the end-of-options byte anything may follow.
	return concatBytes([options, random.chance(0.5) ? new Uint8Array(filler).fill(1) : Uint8Array.from([0, 255, 2, 7]).subarray(0, filler)]);
};

const writeTcp = (random: Random): Uint8Array => {
	const options = writeTcpOptions(random);
	const flags = random.chance(0.7) ? random.pick([0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0xC2, 0x52]) : random.below(0x10_00);
	const header = fields(
		[2, pickPort(random)],
		[2, pickPort(random)],
		[4, word(random)],
		[4, word(random)],
		[2, ((5 + (options.length / 4)) << 12) | flags],
		[2, random.below(65_536)],
		[2, random.below(65_536)],
		[2, random.chance(0.1) ? random.below(65_536) : 0],
	);
	return concatBytes([header, options, random.bytes(random.pick([0, 0, 1, 12, 100, 1400]))]);
};

const writeUdp = (random: Random): Uint8Array => {
	const payload = random.bytes(random.pick([0, 1, 18, 19, 20, 21, 64, 512]));
	return concatBytes([fields([2, pickPort(random)], [2, pickPort(random)], [2, payload.length + 8], [2, random.below(65_536)]), payload]);
};

/** VXLAN (RFC 7348) around an Ethernet frame. */
export const writeVxlan = (random: Random, inner: Uint8Array): Uint8Array => concatBytes([
	fields([2, random.between(49_152, 65_535)], [2, random.pick([4789, 8472])], [2, inner.length + 16], [2, 0], [4, 0x08_00_00_00], [4, random.below(0x1_00_00_00) * 256]),
	inner,
]);

const echoTypes = {[ICMP]: [0, 8], [ICMPV6]: [128, 129]};
const errorTypes = {[ICMP]: [3, 3, 3, 11, 12, 5, 4], [ICMPV6]: [1, 1, 2, 3, 4]};
// Timestamp request and reply; router and neighbour solicitation with zeros for their fields.
const otherTypes = {[ICMP]: [13, 14], [ICMPV6]: [133, 135]};

/** An ICMP error quoting a packet: all of it, or its IP header and at least 8 bytes. */
const writeIcmpError = (random: Random, protocol: 1 | 58, quoted: Uint8Array): Uint8Array => {
	const headerLength = quoted[0] >> 4 === 6 ? 40 : (quoted[0] & 0x0F) * 4;
	const length = random.chance(0.4) ? Math.min(quoted.length, headerLength + random.pick([8, 8, 12, 19, 20, 28])) : Math.min(quoted.length, 548);
	return concatBytes([fields([1, random.pick(errorTypes[protocol])], [1, random.below(8)], [2, random.below(65_536)], [4, 0]), quoted.subarray(0, length)]);
};

const writeIcmp = (random: Random, protocol: 1 | 58, quote: () => Uint8Array): Uint8Array => {
	const kind = random.pick(['echo', 'echo', 'error', 'error', 'error', 'other'] as const);
	if (kind === 'error') {
		return writeIcmpError(random, protocol, quote());
	}

	const type = random.pick((kind === 'echo' ? echoTypes : otherTypes)[protocol]);
	const payload = kind === 'echo' ? random.bytes(random.pick([0, 8, 56, 120])) : new Uint8Array(16);
	return concatBytes([fields([1, type], [1, 0], [2, random.below(65_536)], [2, random.below(65_536)], [2, random.below(65_536)]), payload]);
};

/** A transport header with payload. `quote` makes the packet that an ICMP error is about. */
export const writeTransport = (random: Random, protocol: number, quote: () => Uint8Array): Uint8Array => {
	if (protocol === TCP) {
		return writeTcp(random);
	}

	if (protocol === UDP) {
		return writeUdp(random);
	}

	return protocol === ICMP || protocol === ICMPV6 ? writeIcmp(random, protocol, quote) : random.bytes(random.below(60));
};

import {concatBytes, fields} from './bytes.ts';
import {writeArp, writeIpv4, writeIpv6} from './generate-network.ts';
import type {Random} from './random.ts';

/** Numbers of https://www.tcpdump.org/linktypes.html, with 12 and 14 as systems before LINKTYPE_RAW wrote it. */
export const linkTypes = [1, 113, 276, 101, 0, 108, 228, 229, 12, 14] as const;
export type LinkType = typeof linkTypes[number];

type Network = {readonly etherType: number; readonly bytes: Uint8Array};

const writeNetwork = (random: Random): Network => {
	const kind = random.pick(['4', '4', '4', '6', '6', 'arp', 'other'] as const);
	if (kind === 'arp') {
		return {etherType: 0x08_06, bytes: writeArp(random)};
	}

	if (kind === 'other') {
		return {etherType: random.pick([0x88_CC, 0x88_B5]), bytes: random.bytes(50)};
	}

	return kind === '6' ? {etherType: 0x86_DD, bytes: writeIpv6(random, 'outer')} : {etherType: 0x08_00, bytes: writeIpv4(random, 'outer')};
};

const writeTags = (random: Random): Uint8Array => {
	const tag = (type: number): Uint8Array => fields([2, type], [2, random.below(65_536)]);
	const kind = random.pick(['none', 'none', 'none', 'vlan', 'qinq', 'old'] as const);
	if (kind === 'none') {
		return new Uint8Array(0);
	}

	return kind === 'vlan' ? tag(0x81_00) : concatBytes([tag(kind === 'qinq' ? 0x88_A8 : 0x91_00), tag(0x81_00)]);
};

/** Tags, EtherType and the packet: what follows the addresses. */
const writeTagged = (random: Random): Uint8Array => {
	const {etherType, bytes} = writeNetwork(random);
	return concatBytes([writeTags(random), fields([2, etherType]), bytes]);
};

const writeEthernet = (random: Random): Uint8Array => {
	const addresses = concatBytes([Uint8Array.from([0x02]), random.bytes(5), Uint8Array.from([0x02]), random.bytes(5)]);
	if (random.chance(0.03)) {
		const length = random.between(46, 200);
		return concatBytes([addresses, fields([2, length]), random.bytes(length)]);
	}

	const frame = concatBytes([addresses, writeTagged(random)]);
	// Cards pad to 60 bytes; a capture on the sender has no padding.
	return frame.length < 60 && random.chance(0.5) ? concatBytes([frame, random.bytes(60 - frame.length)]) : frame;
};

const writeSll = (random: Random): Uint8Array => concatBytes([
	fields([2, random.below(5)], [2, 1], [2, 6]),
	random.bytes(6),
	fields([2, 0]),
	writeTagged(random),
]);

const writeSll2 = (random: Random): Uint8Array => {
	const {etherType, bytes} = writeNetwork(random);
	return concatBytes([
		fields([2, etherType], [2, 0], [4, random.between(1, 100_000)], [2, 1], [1, random.below(5)], [1, 6]),
		random.bytes(6),
		fields([2, 0]),
		bytes,
	]);
};

const writeIp = (random: Random): Uint8Array => (random.chance(0.4) ? writeIpv6(random, 'outer') : writeIpv4(random, 'outer'));

/** BSD loopback: an address family, in either byte order for NULL and in network order for LOOP, then the packet. */
const writeLoopback = (random: Random, isNetworkOrder: boolean): Uint8Array => {
	const packet = writeIp(random);
	const family = packet[0] >> 4 === 4 ? 2 : random.pick([24, 28, 30]);
	const field = fields([4, family]);
	return concatBytes([isNetworkOrder || random.chance(0.5) ? field : field.toReversed(), packet]);
};

/** A well-formed frame of a link type. */
export const generateFrame = (random: Random, linkType: LinkType): Uint8Array => {
	switch (linkType) {
		case 1: {
			return writeEthernet(random);
		}

		case 113: {
			return writeSll(random);
		}

		case 276: {
			return writeSll2(random);
		}

		case 0:
		case 108: {
			return writeLoopback(random, linkType === 108);
		}

		case 228: {
			return writeIpv4(random, 'outer');
		}

		case 229: {
			return writeIpv6(random, 'outer');
		}

		case 12:
		case 14:
		case 101: {
			return writeIp(random);
		}
	}
};

import {createHmac} from 'node:crypto';
import {formatIpv4, formatIpv6, parseIp} from '../packets/ip-address.ts';

/** Pseudonyms of addresses: the same for the same, and two that share a prefix still share it, so that subnets keep their shape. */
export type AddressMap = {
	/** The text itself where it is no address, or one that tells nothing. */
	ip(text: string): string;
	mac(text: string): string;
};

type Words = readonly [number, number, number, number];

/** The range stays recognisable (10., fd00:), and the bit after it is always turned, so that no address is its own pseudonym. */
const keptBits = {4: 8, 6: 16} as const;

/** Loopback, unspecified, link-local and multicast addresses are the same everywhere (RFC 6890). */
const isEverywhere4 = (word: number): boolean => {
	const first = word >>> 24;
	return first === 0 || first === 127 || first >= 224 || (word >>> 16) === 0xA9_FE;
};

/** `ff02::1:ff…`, a group that ends as the address does that it is asked for (RFC 4291, 2.7.1). */
const isSolicited = ([first, second, third, last]: Words): boolean => (first >>> 0) === 0xFF_02_00_00 && second === 0 && third === 1 && (last >>> 24) === 0xFF;

const isEverywhere6 = (words: Words): boolean => {
	const [first, second, third, last] = words;
	return (first === 0 && second === 0 && third === 0 && (last >>> 1) === 0) || ((first >>> 24) === 0xFF && !isSolicited(words));
};

const isLinkLocal6 = ([first]: Words): boolean => (first >>> 22) === 0x3_FA;

const firstTurned6 = (words: Words): number => {
	if (isSolicited(words)) {
		return 104;
	}

	return isLinkLocal6(words) ? 64 : keptBits[6];
};

const isBitSet = (words: Words, bit: number): boolean => ((words[bit >> 5] >>> (31 - (bit & 31))) & 1) === 1;

/** Turns bits by what comes before them, keyed (as Crypto-PAn does), from one bit to another. */
const turnBits = (words: Words, from: number, to: number, isTurned: (prefix: string) => boolean): Words => {
	const result = [...words] as [number, number, number, number];
	let prefix = '';
	for (let bit = from; bit < to; bit++) {
		if (bit === from || isTurned(prefix)) {
			result[bit >> 5] = (result[bit >> 5] ^ (1 << (31 - (bit & 31)))) >>> 0;
		}

		prefix += isBitSet(words, bit) ? '1' : '0';
	}

	return result;
};

/** Broadcast, multicast and all-zero link addresses are the same everywhere, but for groups that end as an address does. */
const isSharedMac = (text: string): boolean => /^(?:00:00:00:00:00:00|ff:ff:ff:ff:ff:ff|33:33:(?!ff:).*|01:00:5e:.*)$/iv.test(text);

/** `key` decides which pseudonyms these are: without it nobody gets the addresses back. */
export const createAddressMap = (key: Uint8Array): AddressMap => {
	const digest = (text: string): Uint8Array => createHmac('sha256', key).update(text).digest();
	const turns = new Map<string, boolean>();
	const decideTurns = (base: string) => (prefix: string): boolean => {
		const whole = `${base} ${prefix}`;
		const isTurned = turns.get(whole) ?? ((digest(whole)[0] & 1) === 1);
		turns.set(whole, isTurned);
		return isTurned;
	};

	const map4 = (words: Words): string => {
		const word = words[3];
		return formatIpv4(isEverywhere4(word) ? word : turnBits([word, 0, 0, 0], keptBits[4], 32, decideTurns(`4 ${word >>> 24}`))[0]);
	};

	return {
		ip(text) {
			const parsed = parseIp(text);
			if (parsed === undefined) {
				return text;
			}

			const {version, words} = parsed;
			if (version === 4) {
				return map4(words);
			}

			if (isEverywhere6(words)) {
				return text;
			}

			if (words[0] === 0 && words[1] === 0 && (words[2] >>> 0) === 0xFF_FF) {
				return `::ffff:${map4(words)}`;
			}

			const from = firstTurned6(words);
			return formatIpv6(...turnBits(words, from, 128, decideTurns(`6 ${from} ${words[0] >>> 16}`)));
		},
		mac(text) {
			const lower = text.toLowerCase();
			const [first, kept] = lower.startsWith('33:33:ff:') ? ['33:33:ff', 3] : ['02', 5];
			return isSharedMac(lower) ? text : [first, ...[...digest(`mac ${lower}`).subarray(0, kept)].map(byte => byte.toString(16).padStart(2, '0'))].join(':');
		},
	};
};

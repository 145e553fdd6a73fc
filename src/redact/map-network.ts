import {formatIpv4, formatIpv6, parseIp} from '../packets/ip-address.ts';

type Words = readonly [number, number, number, number];

/** What `length` leaves of a word that begins `from` bits into the address. */
const maskWord = (word: number, from: number, length: number): number => {
	const bits = Math.min(32, Math.max(0, length - from));
	return bits === 0 ? 0 : (word & (0xFF_FF_FF_FF << (32 - bits))) >>> 0;
};

const maskWords = ([first, second, third, fourth]: Words, version: 4 | 6, length: number): Words => (version === 4
	? [0, 0, 0, maskWord(fourth, 0, length)]
	: [maskWord(first, 0, length), maskWord(second, 32, length), maskWord(third, 64, length), maskWord(fourth, 96, length)]);

const isSame = (one: Words, two: Words): boolean => one.every((word, index) => (word >>> 0) === (two[index] >>> 0));

/** The pseudonym of an address that stands before a prefix length: the host part of a network is zero before, so it is zero after. */
export const mapNetwork = (ip: string, length: number, map: (ip: string) => string): string => {
	const [parsed, mapped] = [parseIp(ip), parseIp(map(ip))];
	if (!parsed || !mapped || !isSame(maskWords(parsed.words, parsed.version, length), parsed.words)) {
		return map(ip);
	}

	const masked = maskWords(mapped.words, mapped.version, length);
	return parsed.version === 4 ? formatIpv4(masked[3]) : formatIpv6(...masked);
};

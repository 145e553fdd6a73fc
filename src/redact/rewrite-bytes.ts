import {readUint16} from '../packets/bytes.ts';
import {formatIpv4, formatIpv6, parseIp} from '../packets/ip-address.ts';
import type {AddressMap} from './address-map.ts';

/** Replaces addresses where they stand in packets. */
export type ByteMap = {
	ipv4(bytes: Uint8Array, at: number): void;
	/** Of an address that is cut off, what is there: a prefix decides its own pseudonym. */
	ipv6(bytes: Uint8Array, at: number, end: number): void;
	mac(bytes: Uint8Array, at: number): void;
};

const toText = (bytes: Uint8Array, at: number, length: number): string => Array.from(bytes.subarray(at, at + length), byte => byte.toString(16).padStart(2, '0')).join(':');

const toBytes = (words: readonly number[]): Uint8Array => Uint8Array.from(words.flatMap(word => [word >>> 24, word >>> 16, word >>> 8, word]));

const readWords = (bytes: Uint8Array, at: number, count: number): readonly number[] =>
	Array.from({length: count}, (_, index) => ((readUint16(bytes, at + (4 * index)) << 16) | readUint16(bytes, at + (4 * index) + 2)) >>> 0);

/** The same pseudonyms as in text. */
export const createByteMap = ({ip, mac}: AddressMap): ByteMap => {
	const wordsOf = (text: string): readonly number[] => parseIp(text)?.words ?? [];
	return {
		ipv4(bytes, at) {
			bytes.set(toBytes(wordsOf(ip(formatIpv4(readWords(bytes, at, 1)[0]))).slice(3)), at);
		},
		ipv6(bytes, at, end) {
			const length = Math.min(16, end - at);
			if (length <= 0) {
				return;
			}

			const whole = new Uint8Array(16);
			whole.set(bytes.subarray(at, at + length));
			const [first, second, third, fourth] = readWords(whole, 0, 4);
			bytes.set(toBytes(wordsOf(ip(formatIpv6(first, second, third, fourth)))).subarray(0, length), at);
		},
		mac(bytes, at) {
			bytes.set(mac(toText(bytes, at, 6)).split(':').map(pair => Number.parseInt(pair, 16)), at);
		},
	};
};

/** The Internet checksum (RFC 1071) of some parts, each of which begins on an even byte. */
export const checksum = (...parts: readonly Uint8Array[]): number => {
	let sum = 0;
	for (const part of parts) {
		for (let at = 0; at < part.length; at += 2) {
			sum += (part[at] << 8) | (part[at + 1] ?? 0);
		}
	}

	while (sum > 0xFF_FF) {
		sum = (sum & 0xFF_FF) + Math.floor(sum / 0x1_00_00);
	}

	return ~sum & 0xFF_FF;
};

export const writeUint16 = (bytes: Uint8Array, at: number, value: number): void => {
	bytes[at] = value >>> 8;
	bytes[at + 1] = value & 0xFF;
};

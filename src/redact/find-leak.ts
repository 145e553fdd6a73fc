import {decodeFrame} from '../packets/decode.ts';
import {type Frame} from '../packets/frame.ts';
import {readInt32, toSigned} from '../packets/bytes.ts';
import {parseIp} from '../packets/ip-address.ts';
import {createPacketRecord} from '../packets/packet-record.ts';
import {createCaptureScanner} from '../packets/scan-capture.ts';
import {TCP} from '../packets/transport.ts';
import type {BundleParts} from './bundle-parts.ts';
import type {Addresses} from './list-originals.ts';
import {composePattern} from './names.ts';
import {toDigits} from './replace-hex.ts';
import {listMacSpellings} from './replace-spellings.ts';

/** What must not be in a redacted bundle. */
export type Originals = Addresses & {readonly names: readonly string[]};

const swapBytes = (digits: string): string => digits.replaceAll(/.{8}/gv, word => (word.match(/../gv) ?? []).toReversed().join(''));

/** As people and as the kernel write an address. */
const formsOf = (ip: string): readonly string[] => {
	const digits = toDigits(ip, ip.includes(':') ? 32 : 8);
	return [ip, digits, digits.toUpperCase(), swapBytes(digits).toUpperCase(), ...(ip.includes('.') ? [ip.replaceAll('.', '-'), ip.replaceAll('.', '_'), `${ip.split('.').toReversed().join('.')}.in-addr.arpa`] : [`${[...digits].toReversed().join('.')}.ip6.arpa`])];
};

const findPattern = (texts: readonly string[], words: readonly string[]): string | undefined => {
	const pattern = composePattern(words);
	return pattern && texts.map(text => text.match(pattern)?.at(0)).find(found => found !== undefined);
};

const findInTexts = (texts: readonly string[], {ips, macs, names}: Originals): string | undefined =>
	findPattern(texts, [...names, ...[...ips].flatMap(ip => formsOf(ip))]) ?? findPattern(texts.map(text => text.toLowerCase()), [...macs, ...listMacSpellings(macs).keys()]);

const toBytes = (mac: string): string => mac.replaceAll(':', '');

const createFrameSearch = ({ips, macs}: Addresses) => {
	const words = new Map([...ips].filter(ip => ip.includes('.') && !ip.includes(':')).map(ip => [toSigned(parseIp(ip)?.words[3] ?? 0), ip]));
	const longs = new Map([...ips].filter(ip => ip.includes(':')).map(ip => [toDigits(ip, 32), ip]));
	const links = new Map([...macs].map(mac => [toBytes(mac), mac]));
	const record = createPacketRecord();
	return (frame: Frame): string | undefined => {
		decodeFrame(frame, record);
		const {bytes, start, capturedLength} = frame;
		const end = start + capturedLength;
		// Sequence numbers and timestamps of TCP are any number, also one that looks like an address.
		const wordsEnd = record.transport === TCP ? record.transportOffset : end;
		for (let at = start; at + 4 <= wordsEnd; at++) {
			const found = words.get(readInt32(bytes, at));
			if (found !== undefined) {
				return found;
			}
		}

		const hex = Array.from(bytes.subarray(start, end), byte => byte.toString(16).padStart(2, '0')).join('');
		for (let at = 0; at < hex.length; at += 2) {
			const found = links.get(hex.slice(at, at + 12)) ?? longs.get(hex.slice(at, at + 32));
			if (found !== undefined) {
				return found;
			}
		}

		return undefined;
	};
};

const findInCaptures = (captures: readonly Uint8Array[], addresses: Addresses): string | undefined => {
	const search = createFrameSearch(addresses);
	const leaks: string[] = [];
	const look = (frame: Frame): void => {
		const leak = leaks.length === 0 ? search(frame) : undefined;
		if (leak !== undefined) {
			leaks.push(leak);
		}
	};

	for (const capture of captures) {
		createCaptureScanner().push(capture, look);
	}

	return leaks.at(0);
};

const decoder = new TextDecoder('latin1');

/** What can be read in bytes, as strings(1) shows it. */
const listStrings = (bytes: Uint8Array): readonly string[] => decoder.decode(bytes).match(/[\p{ASCII}--\p{Control}]{5,}/gv) ?? [];

/** The first original that still is somewhere in a bundle, in whatever form; undefined where none is. */
export const findLeak = ({texts, captures}: BundleParts, originals: Originals): string | undefined =>
	findInTexts([...texts, ...captures.map(capture => listStrings(capture).join('\n'))], originals) ?? findInCaptures(captures, originals);

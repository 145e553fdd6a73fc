import type {AddressMap} from './address-map.ts';

const macPattern = /(?<![\d:a-f])[\da-f]{2}(?::[\da-f]{2}){5}(?![\d:a-f])/giv;
const ipv6Pattern = /(?<![\w.:])[\da-f]{0,4}(?::[\da-f]{0,4}){2,8}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?/giv;
const ipv4Pattern = /(?<![\d.])(?<ip>(?:\d{1,3}\.){3}\d{1,3})(?:\/(?<length>\d{1,2}))?(?!\d|\.\d)/gv;
// As cloud providers and DNS write addresses into names.
const dashedPattern = /(?<!\d-?)\d{1,3}(?:-\d{1,3}){3}(?!\d|-\d)/gv;

/** The number of a network: its host part is zero before, so it is zero after. */
const mapNetwork = (ip: string, length: number, map: (ip: string) => string): string => {
	const toWord = (text: string): number => text.split('.').reduce((word, part) => ((word << 8) | Number(part)) >>> 0, 0);
	const mask = length === 0 ? 0 : (0xFF_FF_FF_FF << (32 - length)) >>> 0;
	const word = toWord(ip);
	const mapped = map(ip);
	if (((word & mask) >>> 0) !== word) {
		return mapped;
	}

	const network = (toWord(mapped) & mask) >>> 0;
	return [24, 16, 8, 0].map(shift => (network >>> shift) & 0xFF).join('.');
};

/** Text with every address in it mapped, however it is written: alone, as a network, with dashes. */
export const replaceAddresses = (text: string, {ip, mac}: AddressMap): string => text
	.replaceAll(macPattern, found => mac(found))
	.replaceAll(ipv6Pattern, found => {
		const end = /[^:]:$/v.test(found) ? ':' : '';
		return ip(found.slice(0, found.length - end.length)) + end;
	})
	.replaceAll(ipv4Pattern, (_found, address: string, length: string | undefined) => (length === undefined ? ip(address) : `${mapNetwork(address, Number(length), ip)}/${length}`))
	.replaceAll(dashedPattern, found => ip(found.replaceAll('-', '.')).replaceAll('.', '-'));

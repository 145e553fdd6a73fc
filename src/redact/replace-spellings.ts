import type {AddressMap} from './address-map.ts';

/** Addresses that are known, so that they are found however they are written. */
export type KnownAddresses = {readonly ips: ReadonlySet<string>; readonly macs: ReadonlySet<string>};

const pairsOf = (mac: string): readonly string[] => mac.split(':');

// `0a580af40013` as in the name of an interface, `0a-58-…`, `0a58.0af4.0013`, and `a:58:a:f4:0:13` as ip(8) writes the id of a bridge.
const writings: ReadonlyArray<(mac: string) => string> = [
	mac => mac.replaceAll(':', ''),
	mac => mac.replaceAll(':', '-'),
	mac => (mac.replaceAll(':', '').match(/.{4}/gv) ?? []).join('.'),
	mac => pairsOf(mac).map(pair => pair.replace(/^0/v, '')).join(':'),
];

const withCase = (written: string, original: string): string => (/[a-f]/v.test(original) ? written : written.toUpperCase());

/** Every other way to write a link address: what it is of, and how it is written. */
export const listMacSpellings = (macs: Iterable<string>): ReadonlyMap<string, {readonly mac: string; readonly write: (mac: string) => string}> =>
	new Map([...macs].flatMap(mac => writings.map(write => [write(mac), {mac, write}] as const).filter(([written]) => written !== mac)));

// As DNS and cloud providers write an address of IPv6 into names.
const dashed6 = /(?<![\w\-])[\da-f]{0,4}(?:-[\da-f]{0,4}){2,7}(?![\w\-])/giv;

/** Replaces other spellings of known addresses. */
export const createSpellingReplacer = ({ips, macs}: KnownAddresses): ((text: string, map: AddressMap) => string) => {
	const spellings = listMacSpellings(macs);
	const pattern = spellings.size === 0 ? undefined : new RegExp(String.raw`(?<![\da-f:])(?:${spellings.keys().map(written => RegExp.escape(written)).toArray().join('|')})(?![\da-f:])`, 'giv');
	return (text, {ip, mac}) => {
		const named = text.replaceAll(dashed6, found => {
			const address = found.replaceAll('-', ':').toLowerCase();
			return ips.has(address) ? ip(address).replaceAll(':', '-') : found;
		});
		if (pattern === undefined) {
			return named;
		}

		return named.replaceAll(pattern, found => {
			const spelling = spellings.get(found.toLowerCase());
			return spelling === undefined ? found : withCase(spelling.write(mac(spelling.mac)), found);
		});
	};
};

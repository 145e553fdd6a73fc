import type {AddressMap} from './address-map.ts';
import {mapNetwork} from './map-network.ts';
import {writtenCharacter} from './names.ts';
import {toDigits} from './replace-hex.ts';

const macPattern = /(?<![\d:a-f])[\da-f]{2}(?::[\da-f]{2}){5}(?![\d:a-f])/giv;
const ipv6Pattern = new RegExp(String.raw`(?<=^|[^\w.:]|${writtenCharacter})(?<ip>[\da-f]{0,4}(?::[\da-f]{0,4}){1,6}:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]{0,4}(?::[\da-f]{0,4}){2,8})(?:\/(?<length>\d{1,3})(?!\d))?`, 'giv');
// One that ends an IPv6 address is part of that. Tcpdump writes a port behind one more dot.
const ipv4Pattern = new RegExp(String.raw`(?<=^|[^\d.]|${writtenCharacter})(?<!::ffff:)(?<ip>(?:\d{1,3}\.){3}\d{1,3})(?:\/(?<length>\d{1,2}))?(?:(?!\d|\.\d|\.in-addr\.)|(?=\.\d{1,5}(?::| [<>])))`, 'giv');
// As cloud providers, systemd and DNS write addresses into names.
const dashedPattern = /(?<!\d[\-_]?)\d{1,3}(?<dash>[\-_])\d{1,3}(?:\k<dash>\d{1,3}){2}(?!\d|[\-_]\d)/gv;
// Names of reverse DNS (RFC 1035, 3.5; RFC 3596, 2.5), also of zones, which end earlier.
const reversePattern = /(?<![\d.a-z])(?:(?<octets>(?:\d{1,3}\.){1,4})in-addr|(?<nibbles>(?:[\da-f]\.){1,32})ip6)\.arpa/giv;
// As the kernel writes an IPv6 address in /proc: every digit.
const fullIpv6 = /^(?:[\da-f]{4}:){7}[\da-f]{4}$/iv;

const replaceIp = (ip: string, length: string | undefined, map: (ip: string) => string): string => (length === undefined ? map(ip) : `${mapNetwork(ip, Number(length), map)}/${length}`);

const replaceIpv6 = (found: string, length: string | undefined, map: (ip: string) => string): string => {
	const end = /[^:]:$/v.test(found) ? ':' : '';
	const replaced = replaceIp(found.slice(0, found.length - end.length), length, map);
	return length === undefined && fullIpv6.test(found) ? toDigits(replaced, 32).replaceAll(/.{4}(?=.)/gv, '$&:') : replaced + end;
};

/** Of a name of reverse DNS: pseudonyms of prefixes begin as those of their addresses do. */
const replaceReverse = (octets: string | undefined, nibbles: string | undefined, map: (ip: string) => string): string => {
	const parts = (octets ?? nibbles ?? '').split('.').slice(0, -1);
	const whole = octets === undefined
		? parts.toReversed().join('').padEnd(32, '0').replaceAll(/.{4}(?=.)/gv, '$&:')
		: [...parts.toReversed(), '0', '0', '0'].slice(0, 4).join('.');
	const mapped = map(whole);
	const all = octets === undefined ? [...toDigits(mapped, 32)] : mapped.split('.');
	return [...all.slice(0, parts.length).toReversed(), octets === undefined ? 'ip6' : 'in-addr', 'arpa'].join('.');
};

/** Text with every address in it mapped, however it is written: alone, as a network, with dashes, backwards. */
export const replaceAddresses = (text: string, {ip, mac}: AddressMap): string => text
	.replaceAll(reversePattern, (_found, octets: string | undefined, nibbles: string | undefined) => replaceReverse(octets, nibbles, ip))
	.replaceAll(macPattern, found => mac(found))
	.replaceAll(ipv6Pattern, (_found, address: string, length: string | undefined) => replaceIpv6(address, length, ip))
	.replaceAll(ipv4Pattern, (_found, address: string, length: string | undefined) => replaceIp(address, length, ip))
	.replaceAll(dashedPattern, (found, dash: string) => ip(found.split(dash).join('.')).split('.').join(dash));

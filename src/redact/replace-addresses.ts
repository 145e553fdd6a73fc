import type {AddressMap} from './address-map.ts';
import {mapNetwork} from './map-network.ts';
import {toDigits} from './replace-hex.ts';

const macPattern = /(?<![\d:a-f])[\da-f]{2}(?::[\da-f]{2}){5}(?![\d:a-f])/giv;
const ipv6Pattern = /(?<![\w.:])(?<ip>[\da-f]{0,4}(?::[\da-f]{0,4}){1,6}:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]{0,4}(?::[\da-f]{0,4}){2,8})(?:\/(?<length>\d{1,3})(?!\d))?/giv;
// One that ends an IPv6 address is part of that.
const ipv4Pattern = /(?<![\d.]|::ffff:)(?<ip>(?:\d{1,3}\.){3}\d{1,3})(?:\/(?<length>\d{1,2}))?(?!\d|\.\d)/gv;
// As cloud providers and DNS write addresses into names.
const dashedPattern = /(?<!\d-?)\d{1,3}(?:-\d{1,3}){3}(?!\d|-\d)/gv;
// As the kernel writes an IPv6 address in /proc: every digit.
const fullIpv6 = /^(?:[\da-f]{4}:){7}[\da-f]{4}$/iv;

const replaceIp = (ip: string, length: string | undefined, map: (ip: string) => string): string => (length === undefined ? map(ip) : `${mapNetwork(ip, Number(length), map)}/${length}`);

const replaceIpv6 = (found: string, length: string | undefined, map: (ip: string) => string): string => {
	const end = /[^:]:$/v.test(found) ? ':' : '';
	const replaced = replaceIp(found.slice(0, found.length - end.length), length, map);
	return length === undefined && fullIpv6.test(found) ? toDigits(replaced, 32).replaceAll(/.{4}(?=.)/gv, '$&:') : replaced + end;
};

/** Text with every address in it mapped, however it is written: alone, as a network, with dashes. */
export const replaceAddresses = (text: string, {ip, mac}: AddressMap): string => text
	.replaceAll(macPattern, found => mac(found))
	.replaceAll(ipv6Pattern, (_found, address: string, length: string | undefined) => replaceIpv6(address, length, ip))
	.replaceAll(ipv4Pattern, (_found, address: string, length: string | undefined) => replaceIp(address, length, ip))
	.replaceAll(dashedPattern, found => ip(found.replaceAll('-', '.')).replaceAll('.', '-'));

import {fromHexDigits} from '../hex-address.ts';
import {parseIp} from '../packets/ip-address.ts';
import type {AddressMap} from './address-map.ts';
import {mapNetwork} from './map-network.ts';

type MapIp = AddressMap['ip'];

// `route cni0 0000F40A 00000000 0001 0 00FFFFFF`, and a line of /proc/net/route itself: network, gateway, …, mask.
const routeLine = /^(?<before>(?:route|proc) \S+[\t ])(?<network>[\dA-F]{8})(?<gap>[\t ])(?<gateway>[\dA-F]{8})(?<rest>.*[\t ])(?<mask>[\dA-F]{8})(?<after>(?:[\t ].*)?)$/v;
// What listens, as in /proc/net/tcp: numbers of the machine, which is little-endian where Kubernetes runs.
const listenerLine = /^(?<before>(?:tcp|udp)6? )(?<address>[\dA-F]{8}|[\dA-F]{32})(?=:)/v;
// Lines of IPVS hold addresses in network order, and no other numbers of eight digits.
const ipvsLine = /^(?:TCP|UDP|SCTP|FWM|pinned|hairpin: ipvs| +->) /v;
// Behind 0x, zeros in front are left out by nft and iptables.
const token = /(?<![\dA-Za-z])(?<prefix>0x)?(?<digits>[\dA-Fa-f]{32}|[\dA-Fa-f]{8}|(?<=0x)[\dA-Fa-f]{7})(?![\dA-Za-z])/gv;

/** Each 32-bit number of it the other way round. */
const swap = (digits: string): string => digits.replaceAll(/.{8}/gv, word => (word.match(/../gv) ?? []).toReversed().join(''));

const withCase = (digits: string, original: string): string => (original === original.toUpperCase() ? digits.toUpperCase() : digits);

/** As many digits in network order. */
export const toDigits = (ip: string, length: number): string => (parseIp(ip)?.words ?? []).map(word => (word >>> 0).toString(16).padStart(8, '0')).join('').slice(-length);

const replaceDigits = (digits: string, map: MapIp): string => {
	const ip = fromHexDigits(digits);
	return ip === undefined ? digits : withCase(toDigits(map(ip), digits.length), digits);
};

const replaceSwapped = (digits: string, map: MapIp): string => withCase(swap(replaceDigits(swap(digits), map)), digits);

const countBits = (mask: string): number => Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length;

const replaceRoute = (found: RegExpExecArray, map: MapIp): string => {
	const {before, network, gap, gateway, rest, mask, after} = found.groups ?? {};
	return `${before}${replaceSwapped(network, ip => mapNetwork(ip, countBits(mask), map))}${gap}${replaceSwapped(gateway, map)}${rest}${mask}${after}`;
};

const multicast = /^ff0[\da-f]0{16}/v;

/** 128 bits in small letters: an address, as in /proc/net/if_inet6, or the id of a machine, of which nothing may be left either. */
const replaceLong = (digits: string, map: MapIp): string => (digits.startsWith('ff') && !multicast.test(digits) ? `ff${replaceDigits(`fd${digits.slice(2)}`, map).slice(2)}` : replaceDigits(digits, map));

/** Eight digits, or as many as an address of IPv6 has, that are an address: one that is known, or one that only an address is written like. */
const replaceNumber = (digits: string, isOfIpvs: boolean, map: MapIp, isKnown: (ip: string) => boolean): string => {
	const isAddress = isKnown(fromHexDigits(digits) ?? '');
	if (!isOfIpvs && !isAddress && isKnown(fromHexDigits(swap(digits)) ?? '')) {
		return replaceSwapped(digits, map);
	}

	const isWritten = digits === digits.toUpperCase() && /[A-F]/v.test(digits);
	return isOfIpvs || isWritten || isAddress ? replaceDigits(digits, map) : digits;
};

const replaceToken = (digits: string, isOfIpvs: boolean, map: MapIp, isKnown: (ip: string) => boolean): string => {
	if (digits.length === 7) {
		return replaceNumber(`0${digits}`, isOfIpvs, map, isKnown).replace(/^0/v, '');
	}

	return digits.length === 32 && digits === digits.toLowerCase() ? replaceLong(digits, map) : replaceNumber(digits, isOfIpvs, map, isKnown);
};

const replaceLine = (line: string, map: MapIp, isKnown: (ip: string) => boolean): string => {
	const route = routeLine.exec(line);
	if (route) {
		return replaceRoute(route, map);
	}

	const listener = listenerLine.exec(line);
	if (listener?.groups) {
		const {before, address} = listener.groups;
		return before + replaceSwapped(address, map) + line.slice(before.length + address.length);
	}

	const isOfIpvs = ipvsLine.test(line);
	return line.replaceAll(token, (_found, prefix: string | undefined, digits: string) => (prefix ?? '') + replaceToken(digits, isOfIpvs, map, isKnown));
};

/** Text with the addresses replaced that stand in it as hexadecimal numbers, as the kernel writes them in /proc. */
export const replaceHexAddresses = (text: string, map: MapIp, isKnown: (ip: string) => boolean): string => text.split('\n').map(line => replaceLine(line, map, isKnown)).join('\n');

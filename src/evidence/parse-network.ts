import {fromHexDigits} from '../hex-address.ts';
import type {Known} from './evidence.ts';
import {
	known,
	originOf,
	unknown,
	valueOf,
} from './known.ts';
import type {
	Neighbour,
	NodeInterface,
	NodeNetwork,
	NodeRoute,
} from './network.ts';
import {linesOf, type Section, valuesOf} from './sections.ts';

const upFlag = 0x1; // IFF_UP in linux/if.h
const gatewayFlag = 0x2; // RTF_GATEWAY in linux/route.h
const refuseFlag = 0x2_00; // RTF_REJECT
const completeFlag = 0x2; // ATF_COM in linux/if_arp.h
const permanentFlag = 0x4; // ATF_PERM

/** Of `all` and of the interface the larger one counts. */
const parseInterface = (words: readonly string[], ofAll: number): NodeInterface => {
	const [name = '', kind = '', mtu = '', flags = '', own = ''] = words;
	return {
		name, kind: kind === '-' ? '' : kind, mtu: Number(mtu), isUp: (Number(flags) & upFlag) !== 0, reversePathFilter: Math.max(ofAll, /^\d$/v.test(own) ? Number(own) : 0),
	};
};

/** /proc/net/route prints an address as a number of the machine, which is little-endian where Kubernetes runs. */
const parseRouteAddress = (digits: string): string | undefined => fromHexDigits((digits.match(/../gv) ?? []).toReversed().join(''));

const countBits = (mask: string): number => mask.split('.').reduce((sum, part) => sum + Number(part).toString(2).replaceAll('0', '').length, 0);

/** A blackhole has neither a device nor the flag (fib_trie.c, fib_flag_trans). */
const readRefusal = (device: string, flags: number): Pick<NodeRoute, 'isRefusing' | 'isSilent'> => {
	const isSilent = device === '*' && (flags & refuseFlag) === 0;
	return {isRefusing: isSilent || (flags & refuseFlag) !== 0, ...(isSilent && {isSilent})};
};

/** `vec0 0002F40A 0C1AA8C0 0003 0 00FFFFFF`: device, network, gateway, flags, metric, mask. */
const parseRoute = (words: readonly string[]): readonly NodeRoute[] => {
	const [device = '', destination = '', next = '', flags = '', metric = '', mask = ''] = words;
	const [network, gateway, bits] = [destination, next, mask].map(digits => parseRouteAddress(digits));
	if (network === undefined || bits === undefined) {
		return [];
	}

	const set = Number.parseInt(flags, 16);
	return [{
		device, network, prefix: countBits(bits), gateway: (set & gatewayFlag) === 0 ? undefined : gateway, metric: Number(metric), ...readRefusal(device, set),
	}];
};

/** `10.244.0.19 0x2 8a:5f:00:00:00:01 cni0`: address, flags, address on the link, device. */
const parseNeighbour = (words: readonly string[]): readonly Neighbour[] => {
	const [ip = '', flags = '', linkAddress = '', device = ''] = words;
	return (Number(flags) & completeFlag) === 0
		? []
		: [{
			ip, linkAddress, device, isPermanent: (Number(flags) & permanentFlag) !== 0,
		}];
};

const parseRules = (section: Section): NodeNetwork['rules'] => {
	const rules = valuesOf(section, 'rule');
	return rules.length === 0 ? undefined : rules;
};

/** Interfaces, routes and neighbours of a node, from its `network` section. */
export const parseNetwork = (point: string, section: Section | undefined, sysctls: Readonly<Record<string, Known<string>>>): Known<NodeNetwork> => {
	if (!section) {
		return unknown('the script did not get as far as routes and interfaces');
	}

	if (section.lines.includes('cut routes')) {
		return unknown(`${point} has too many routes to be read`);
	}

	const wordsOf = (key: string): ReadonlyArray<readonly string[]> => valuesOf(section, key).map(text => text.split(' '));
	const ofAll = Number(valueOf(sysctls['net/ipv4/conf/all/rp_filter']) ?? 0);
	return known({
		interfaces: wordsOf('interface').map(words => parseInterface(words, Number.isNaN(ofAll) ? 0 : ofAll)),
		routes: wordsOf('route').flatMap(words => parseRoute(words)),
		rules: parseRules(section),
		addresses: wordsOf('own').map(([device = '', address = '']) => ({device, address})),
		neighbours: wordsOf('neighbour').flatMap(words => parseNeighbour(words)),
		tunnels: wordsOf('vxlan').map(([device = '', port = '']) => ({device, port: Number(port)})),
		reversePathDrops: Number(wordsOf('dropped').find(([what]) => what === 'rp_filter')?.[1] ?? 0),
	}, originOf(point, 'ip -4 route; ip rule; ip neigh; ip -d link', linesOf(section).join('\n')));
};

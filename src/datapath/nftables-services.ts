import {readNftBlocks} from './nft-blocks.ts';
import {
	type RuleBackend,
	type ServiceRule,
	parseDestination,
	reachableChains,
	uniqueBackends,
} from './service-rule.ts';

const groupsOf = (text: string, pattern: RegExp): readonly string[] => text.matchAll(pattern).map(({groups}) => groups?.to ?? '').toArray();

/** From a Service's chain to the `dnat to` of its endpoints; only the chains that kube-proxy makes for Services are followed. */
const backendsOf = (chain: string, chains: ReadonlyMap<string, string>): readonly RuleBackend[] => {
	const textOf = (name: string) => chains.get(name) ?? '';
	return uniqueBackends(reachableChains(chain, name => groupsOf(textOf(name), /\b(?:goto|jump) (?<to>(?:endpoint|service|local|external|firewall)-[^\s,\}]+)/gv))
		.flatMap(name => groupsOf(textOf(name), /\bdnat to (?<to>\S+)/gv))
		.flatMap(destination => parseDestination(destination) ?? []));
};

const element = /^(?<ip>[\d.:a-f]+) \. (?<protocol>tcp|udp|sctp) \. (?<port>\d+)(?: comment "(?<comment>[^"]*)")? : \w+(?: (?<chain>[^\s\}]+))?/v;

type Element = Readonly<Record<string, string | undefined>>;

/** The elements of a map, which stand behind one another with commas between them. */
const elementsOf = (lines: readonly string[]): readonly Element[] => lines.join('\n').replace('elements = {', '').split(/[\n,]/v).flatMap(part => {
	const groups: Element | undefined = element.exec(part.trim())?.groups;
	return groups ? [groups] : [];
});

// Chains are called `service-HASH-NAMESPACE/NAME/PROTOCOL/PORT`; elements without an endpoint have `NAMESPACE/NAME:PORT` as a comment.
const nameOf = (chain: string, comment: string): string | undefined =>
	/^(?:service|local|external|firewall)-[\dA-Z]+-(?<name>[\d\-.a-z]+\/[\d\-.a-z]+)\//v.exec(chain)?.groups?.name
	?? /^(?<name>[\d\-.a-z]+\/[\d\-.a-z]+)(?::|$)/v.exec(comment)?.groups?.name;

/**
 The addresses and ports of Services in the text of `nft list table ip kube-proxy` (or ip6), as kube-proxy writes them in its nftables mode:
 map service-ips → chain service-… → chain endpoint-… → dnat, or map no-endpoint-services (pkg/proxy/nftables/proxier.go).
 */
export const readNftablesServices = (text: string): readonly ServiceRule[] => {
	const blocks = readNftBlocks(text.split('\n'));
	const chains = new Map(blocks.filter(({kind}) => kind === 'chain').map(block => [block.name, block.lines.join('\n')]));
	const maps = ['service-ips', 'no-endpoint-services'].flatMap(name => blocks.filter(block => block.kind === 'map' && block.name === name));
	const services = maps.flatMap(map => elementsOf(map.lines).map(({ip = '', port, protocol = '', chain = '', comment = ''}) => ({
		ip,
		port: Number(port),
		protocol: protocol.toUpperCase(),
		backends: backendsOf(chain, chains),
		name: nameOf(chain, comment),
		isLocalOnly: chain.startsWith('local-'),
	})));
	// An address with an endpoint for some traffic only is in both maps.
	return services.filter((service, index) => services.findIndex(({ip, port, protocol}) => ip === service.ip && port === service.port && protocol === service.protocol) === index);
};

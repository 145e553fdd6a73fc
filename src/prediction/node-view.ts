import {bridgeNetfilterOf} from '../checks/shared/bridge-netfilter.ts';
import {ipVersionOf} from '../checks/shared/bridges.ts';
import type {HookPacket} from '../datapath/rule.ts';
import type {Reading, Ruleset} from '../datapath/ruleset.ts';
import type {BridgeView, NodeView} from '../datapath/world.ts';
import type {
	Evidence,
	Iptables,
	Known,
	NodeEvidence,
} from '../evidence/evidence.ts';
import {mapKnown, unknown, valueOf} from '../evidence/known.ts';
import {unusualRules} from '../evidence/network.ts';
import {isTableOfIptables, isTableOfKubeProxy, kernelProxyMode} from '../evidence/readings.ts';

const withoutPrefix = (address: string): string => address.split('/', 1)[0];

/** Chains that kube-proxy fills with the ports of nodes (--service-node-port-range, by default 30000 to 32767): node.sh leaves those out. */
const isNodePorts = (chain: string, {destinationPort = 0}: HookPacket): boolean => /^KUBE-NODE-?PORTS?$/v.test(chain) && destinationPort >= 30_000;

/** What node.sh keeps of nat: rules of the target, kube-proxy's own chains, and those that built-in chains call, which it then names. */
const isLeftOutOfNat = ({chains}: Iptables, chain: string, packet: HookPacket): boolean =>
	isNodePorts(chain, packet) || (!chain.startsWith('KUBE-') && chains.every(one => one.table !== 'nat' || one.chain !== chain));

/** Of filter all but where kube-proxy rejects other Services without endpoints; older bundles lack that of the target, too, and do not name the chain. */
const isLeftOutOfFilter = ({chains}: Iptables, chain: string, {destination}: HookPacket, clusterIp: string): boolean =>
	destination === clusterIp && /^KUBE-(?:SERVICES|NODEPORTS|EXTERNAL-SERVICES)$/v.test(chain) && chains.every(one => one.table !== 'filter' || one.chain !== chain);

const toRuleset = (iptables: Iptables, clusterIp: string): Ruleset => ({
	...iptables,
	isLeftOut: (table, chain, packet) => (table === 'nat' ? isLeftOutOfNat(iptables, chain, packet) : isLeftOutOfFilter(iptables, chain, packet, clusterIp)),
});

const readSwitch = (reading: Known<string> | undefined, key: string): Reading<boolean> => {
	const value = valueOf(reading)?.trim();
	return value === '0' || value === '1' ? {value: value === '1'} : {unknown: `${key} was not read`};
};

const bridgeViews = (node: NodeEvidence, evidence: Evidence): readonly BridgeView[] => (valueOf(node.bridges) ?? []).map(bridge => ({
	name: bridge.name,
	addresses: bridge.addresses.map(address => withoutPrefix(address)),
	isFiltered: mapKnown(bridgeNetfilterOf(ipVersionOf(evidence))(node, bridge), value => value === 1),
}));

const addressesOf = (node: NodeEvidence) => (valueOf(node.network)?.addresses ?? []).map(({device, address}) => ({device, ip: withoutPrefix(address)}));

/** KUBE-IPVS-IPS holds what is bound to kube-ipvs0. Rules of IPv6 call the sets KUBE-6-…, of which a target has one family. */
const setsOf = (node: NodeEvidence): Readonly<Record<string, readonly string[]>> => {
	const bound = addressesOf(node).filter(({device}) => device === 'kube-ipvs0').map(({ip}) => ip);
	const sets = {...valueOf(node.ipsets), ...(valueOf(node.network)?.rules && {'KUBE-IPVS-IPS': bound})};
	return {...sets, ...Object.fromEntries(Object.entries(sets).map(([name, members]) => [name.replace('KUBE-', 'KUBE-6-'), members]))};
};

/** kube-proxy's table of nftables, without the ports of nodes. */
const proxyRuleset = (node: NodeEvidence): readonly Ruleset[] => {
	const table = valueOf(node.proxyTable);
	return table === undefined || table.chains.length === 0
		? []
		: [{...table, isLeftOut: (_table, chain, {destinationPort = 0}) => chain === 'services' && destinationPort >= 30_000}];
};

/** Tables of nftables that could decide as well; kube-proxy's own where it acts and was not read. */
const unreadTables = (node: NodeEvidence): readonly string[] => {
	const isUnread = valueOf(kernelProxyMode(node)) === 'nftables' && 'unknown' in node.proxyTable;
	if ('unknown' in node.nftTables) {
		return [`nftables (${node.nftTables.unknown})`];
	}

	return node.nftTables.value.filter(table => !isTableOfIptables(table) && (isUnread || !isTableOfKubeProxy(table))).map(table => `table ${table}`);
};

const virtualServersOf = (node: NodeEvidence): NodeView['virtualServers'] => mapKnown(node.virtualServers, servers => servers.map(server => ({
	...server,
	backends: server.realServers.filter(({weight}) => weight > 0),
	pinned: (valueOf(node.pinnedClients) ?? [])
		.filter(({port, backend}) => port === server.port && server.realServers.some(({ip, port: own}) => ip === backend.ip && own === backend.port)),
})));

const routesOf = (node: NodeEvidence): NodeView['routes'] => {
	const network = valueOf(node.network);
	const unusual = network ? unusualRules(network) : [];
	return unusual.length > 0 ? unknown(`${node.node} chooses routes by rules of its own: ${unusual[0].trim()}`) : mapKnown(node.network, ({routes}) => routes);
};

/** What was read of a node, as it decides over packets. */
export const toNodeView = (node: NodeEvidence, evidence: Evidence): NodeView => {
	const {target: {service, nodes}} = evidence;
	const version = ipVersionOf(evidence);
	const forwarding = version === 6 ? 'net/ipv6/conf/all/forwarding' : 'net/ipv4/ip_forward';
	return {
		name: node.node,
		ip: nodes.get(node.node)?.internalIp,
		rulesets: mapKnown(node.iptables, rulesets => [...rulesets.map(ruleset => toRuleset(ruleset, service.clusterIp)), ...proxyRuleset(node)]),
		unreadTables: unreadTables(node),
		sets: setsOf(node),
		virtualServers: virtualServersOf(node),
		isForwarding: readSwitch(node.sysctls[forwarding], forwarding.replaceAll('/', '.')),
		isIpvsTracked: readSwitch(node.sysctls['net/ipv4/vs/conntrack'], 'net.ipv4.vs.conntrack'),
		bridges: bridgeViews(node, evidence),
		addresses: addressesOf(node),
		routes: routesOf(node),
		tunnels: valueOf(node.network)?.tunnels ?? [],
		links: valueOf(node.network),
	};
};

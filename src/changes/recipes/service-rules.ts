import type {IptablesRule, NodeEvidence, VirtualServer} from '../../evidence/evidence.ts';
import {formatAddress} from '../../datapath/world.ts';
import {mapKnown, unknown, valueOf} from '../../evidence/known.ts';
import {kernelProxyMode} from '../../evidence/readings.ts';
import type {Target} from '../../target.ts';
import {isSetToMasqueradeAll, withMasqueradeAll} from './marking-rules.ts';
import {natRule, withProxyRules} from './shared.ts';

type Served = Pick<Target, 'service' | 'port' | 'endpoints'>;

/** The virtual servers with a change to that of the Service. */
const withServer = (node: NodeEvidence, {service, port}: Served, change: (server: VirtualServer) => VirtualServer['realServers']): NodeEvidence['virtualServers'] =>
	mapKnown(node.virtualServers, servers => servers.map(server => (server.ip === service.clusterIp && server.port === port.port && server.protocol === port.protocol
		? {...server, realServers: change(server)}
		: server)));

/** `10.244.0.19,tcp:80,10.244.0.19`: who may come back to itself, as ipset prints it. */
const loopBack = ({port}: Served, {ip, port: own}: {readonly ip: string; readonly port: number}): string => `${ip},${port.protocol.toLowerCase()}:${own},${ip}`;

const loopBackRule = natRule('KUBE-POSTROUTING', '-m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE');

/** The set and its rule are there only where some local endpoint needs them (pkg/proxy/ipvs/proxier.go, writeIptablesRules). */
const inIpvs = (node: NodeEvidence, served: Served): NodeEvidence => {
	const {endpoints} = served;
	return {
		...withProxyRules(node, rules => [loopBackRule, ...rules]),
		ipsets: mapKnown(node.ipsets, sets => ({...sets, 'KUBE-LOOP-BACK': [...sets['KUBE-LOOP-BACK'] ?? [], ...endpoints.filter(endpoint => endpoint.node === node.node).map(endpoint => loopBack(served, endpoint))]})),
		virtualServers: withServer(node, served, () => endpoints.map(({ip, port}) => ({
			ip, port, weight: 1, active: 0, inactive: 0,
		}))),
	};
};

const withPrefix = (ip: string): string => `${ip}/${ip.includes(':') ? 128 : 32}`;

const byChance = '-m statistic --mode random --probability 0.5 ';

/** The chains of one Service, by names of our own (pkg/proxy/iptables/proxier.go). */
const serviceChains = ({service, port, endpoints}: Served): readonly IptablesRule[] => {
	const name = `${service.namespace}/${service.name}${port.name === '' ? '' : `:${port.name}`}`;
	const protocol = port.protocol.toLowerCase();
	return [
		natRule('KUBE-SERVICES', `-d ${withPrefix(service.clusterIp)} -p ${protocol} -m comment --comment "${name} cluster IP" -m ${protocol} --dport ${port.port} -j KUBE-SVC-FORESEEN`),
		...endpoints.flatMap((endpoint, index) => [
			natRule('KUBE-SVC-FORESEEN', `-m comment --comment "${name} -> ${formatAddress(endpoint)}" ${index === endpoints.length - 1 ? '' : byChance}-j KUBE-SEP-FORESEEN${index}`),
			natRule(`KUBE-SEP-FORESEEN${index}`, `-s ${withPrefix(endpoint.ip)} -m comment --comment "${name}" -j KUBE-MARK-MASQ`),
			natRule(`KUBE-SEP-FORESEEN${index}`, `-p ${protocol} -m comment --comment "${name}" -m ${protocol} -j DNAT --to-destination ${formatAddress(endpoint)}`),
		]),
	];
};

const isRefusing = ({table, text}: IptablesRule, {service, port}: Served): boolean =>
	table === 'filter' && text.includes(` -d ${withPrefix(service.clusterIp)} `) && text.includes(` --dport ${port.port} `) && text.includes(' -j REJECT');

const inIptables = (node: NodeEvidence, served: Served): NodeEvidence => withProxyRules(node, rules =>
	withMasqueradeAll([...serviceChains(served), ...rules.filter(rule => !isRefusing(rule, served))], node, isSetToMasqueradeAll(node)));

/** One way of several that are drawn by lot, which nothing in a packet decides. */
const byLot = '-m nft ';

/** The chains of one Service in nftables mode, in words of iptables, by names of our own (pkg/proxy/nftables/proxier.go). */
const nftChains = ({service, port, endpoints}: Served): readonly IptablesRule[] => [
	natRule('services', `-d ${service.clusterIp} -p ${port.protocol.toLowerCase()} --dport ${port.port} -j service-FORESEEN`),
	...endpoints.flatMap((endpoint, index) => [
		natRule('service-FORESEEN', `${index === endpoints.length - 1 ? '' : byLot}-j endpoint-FORESEEN${index}`),
		natRule(`endpoint-FORESEEN${index}`, `-s ${endpoint.ip} -j mark-for-masquerade`),
		natRule(`endpoint-FORESEEN${index}`, `-p ${port.protocol.toLowerCase()} -j DNAT --to-destination ${formatAddress(endpoint)}`),
	]),
];

const inNftables = (node: NodeEvidence, served: Served): NodeEvidence => {
	const {service: {clusterIp}, port} = served;
	const refusing = `-A service-endpoints-check -d ${clusterIp} -p ${port.protocol.toLowerCase()} --dport ${port.port} -j `;
	return {
		...node,
		proxyTable: mapKnown(node.proxyTable, table => ({
			...table,
			rules: withMasqueradeAll([...nftChains(served), ...table.rules.filter(({text}) => !text.startsWith(refusing))], node, isSetToMasqueradeAll(node)),
		})),
	};
};

const writers: Readonly<Record<string, (node: NodeEvidence, served: Served) => NodeEvidence>> = {ipvs: inIpvs, iptables: inIptables, nftables: inNftables};

/** A node's rules as kube-proxy writes them for a Service that had no endpoints and has these. Where its mode is not known, what it writes is not known before. */
export const withEndpoints = (node: NodeEvidence, target: Served): NodeEvidence => {
	const isLocal = target.service.internalTrafficPolicy === 'Local';
	const served = {...target, endpoints: target.endpoints.filter(endpoint => endpoint.isReady && (!isLocal || endpoint.node === node.node))};
	const unforeseen = unknown<never>(`what kube-proxy will write on ${node.node} is not known`);
	return writers[valueOf(kernelProxyMode(node)) ?? '']?.(node, served) ?? {
		...node, proxyTable: unforeseen, iptables: unforeseen, virtualServers: unforeseen,
	};
};

/** Where a rule leads, `--to-destination 10.244.0.19:80`, and what names that, `-> 10.244.0.19:80"`. */
const replaceWord = (word: string, wordBefore: string | undefined, moved: ReadonlyMap<string, string>): string => {
	const address = word.replace(/"$/v, '');
	const isDestination = wordBefore === '--to-destination' || wordBefore === '->';
	return isDestination ? word.replace(address, () => moved.get(address) ?? address) : word;
};

const moveRules = (rules: readonly IptablesRule[], moved: ReadonlyMap<string, string>): readonly IptablesRule[] => rules.map(rule => ({
	...rule, text: rule.text.split(' ').map((word, index, words) => replaceWord(word, words[index - 1], moved)).join(' '),
}));

/** A node's rules as kube-proxy writes them once the Service's connections go to another port of its pods. */
export const withTargetPort = (node: NodeEvidence, target: Served, value: string): NodeEvidence => {
	const port = Number(value);
	const addresses = new Map(target.endpoints.map(endpoint => [formatAddress(endpoint), formatAddress({ip: endpoint.ip, port})]));
	const members = new Map(target.endpoints.map(endpoint => [loopBack(target, endpoint), loopBack(target, {ip: endpoint.ip, port})]));
	return {
		...withProxyRules(node, rules => moveRules(rules, addresses)),
		ipsets: mapKnown(node.ipsets, sets => Object.fromEntries(Object.entries(sets).map(([name, all]) => [name, all.map(member => members.get(member) ?? member)]))),
		virtualServers: withServer(node, target, ({realServers}) => realServers.map(real => ({...real, port}))),
		proxyTable: mapKnown(node.proxyTable, table => ({...table, rules: moveRules(table.rules, addresses)})),
	};
};

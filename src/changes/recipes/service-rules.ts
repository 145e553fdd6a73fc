import type {Iptables, IptablesRule, NodeEvidence} from '../../evidence/evidence.ts';
import {mapKnown, unknown, valueOf} from '../../evidence/known.ts';
import {kernelProxyMode} from '../../evidence/readings.ts';
import type {Target} from '../../target.ts';

type Served = Pick<Target, 'service' | 'port' | 'endpoints'>;

/** `10.244.0.19,tcp:80,10.244.0.19`: who may come back to itself, as ipset prints it. */
const loopBacks = ({port, endpoints}: Served): readonly string[] => endpoints.map(endpoint => `${endpoint.ip},${port.protocol.toLowerCase()}:${endpoint.port},${endpoint.ip}`);

const natRule = (chain: string, text: string): IptablesRule => ({
	table: 'nat', chain, text: `-A ${chain} ${text}`, packets: 0,
});

/** With rules of ours before those of kube-proxy, in the one of two iptables that it fills. */
const withRules = (node: NodeEvidence, added: readonly IptablesRule[], isKept: (rule: IptablesRule) => boolean = () => true): NodeEvidence => {
	const isKubeProxys = ({kubeLines}: Iptables, all: readonly Iptables[]): boolean => kubeLines === Math.max(...all.map(one => one.kubeLines));
	return {
		...node,
		iptables: mapKnown(node.iptables, backends => backends.map(backend => (isKubeProxys(backend, backends)
			? {...backend, rules: [...added, ...backend.rules.filter(rule => isKept(rule))]}
			: backend))),
	};
};

/** The set and its rule are there only where some local endpoint needs them (pkg/proxy/ipvs/proxier.go, writeIptablesRules). */
const inIpvs = (node: NodeEvidence, served: Served): NodeEvidence => {
	const {service, port, endpoints} = served;
	return {
		...withRules(node, [natRule('KUBE-POSTROUTING', '-m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE')]),
		ipsets: mapKnown(node.ipsets, sets => ({...sets, 'KUBE-LOOP-BACK': [...sets['KUBE-LOOP-BACK'] ?? [], ...loopBacks(served)]})),
		virtualServers: mapKnown(node.virtualServers, servers => servers.map(server => (server.ip === service.clusterIp && server.port === port.port && server.protocol === port.protocol
			? {
				...server, realServers: endpoints.map(endpoint => ({
					ip: endpoint.ip, port: endpoint.port, weight: 1, active: 0, inactive: 0,
				})),
			}
			: server))),
	};
};

const byChance = '-m statistic --mode random --probability 0.5 ';

/** The chains of one Service, by names of our own (pkg/proxy/iptables/proxier.go). */
const serviceChains = ({service, port, endpoints}: Served): readonly IptablesRule[] => {
	const name = `${service.namespace}/${service.name}${port.name === '' ? '' : `:${port.name}`}`;
	const protocol = port.protocol.toLowerCase();
	return [
		natRule('KUBE-SERVICES', `-d ${service.clusterIp}/32 -p ${protocol} -m comment --comment "${name} cluster IP" -m ${protocol} --dport ${port.port} -j KUBE-SVC-FORESEEN`),
		...endpoints.flatMap((endpoint, index) => [
			natRule('KUBE-SVC-FORESEEN', `-m comment --comment "${name} -> ${endpoint.ip}:${endpoint.port}" ${index === endpoints.length - 1 ? '' : byChance}-j KUBE-SEP-FORESEEN${index}`),
			natRule(`KUBE-SEP-FORESEEN${index}`, `-s ${endpoint.ip}/32 -m comment --comment "${name}" -j KUBE-MARK-MASQ`),
			natRule(`KUBE-SEP-FORESEEN${index}`, `-p ${protocol} -m comment --comment "${name}" -m ${protocol} -j DNAT --to-destination ${endpoint.ip}:${endpoint.port}`),
		]),
	];
};

const isRefusing = ({table, text}: IptablesRule, {service, port}: Served): boolean =>
	table === 'filter' && text.includes(` -d ${service.clusterIp}/32 `) && text.includes(` --dport ${port.port} `) && text.includes(' -j REJECT');

/** A node's rules as kube-proxy writes them for a Service that had no endpoints and has these. In nftables mode what it writes is not known before. */
export const withEndpoints = (node: NodeEvidence, target: Served): NodeEvidence => {
	const served = {...target, endpoints: target.endpoints.filter(({isReady}) => isReady)};
	const mode = valueOf(kernelProxyMode(node));
	if (mode === 'ipvs') {
		return inIpvs(node, served);
	}

	return mode === 'iptables' ? withRules(node, serviceChains(served), rule => !isRefusing(rule, served)) : {...node, proxyTable: unknown(`kube-proxy will write its rules on ${node.node} anew`)};
};

const withoutPort = (address: string): string => address.slice(0, address.lastIndexOf(':'));

/** Where a rule of an endpoint leads, and the comment of one that leads there, with another port. */
const toPort = (rules: readonly IptablesRule[], port: string): readonly IptablesRule[] => rules.map(rule => ({
	...rule, text: rule.text.split(' ').map((word, index, words) => {
		const isQuoted = words[index - 1] === '->' && word.endsWith('"');
		return isQuoted || words[index - 1] === '--to-destination' ? `${withoutPort(word)}:${port}${isQuoted ? '"' : ''}` : word;
	}).join(' '),
}));

/** `10.244.0.19,tcp:80,10.244.0.19` with another port. */
const withPort = (member: string, port: string): string => member.replace(/(?<=,(?:tcp|udp|sctp):)\d+/v, () => port);

/** A node's rules as kube-proxy writes them once the Service's connections go to another port of its pods. Rules of other Services are not among those that were read. */
export const withTargetPort = (node: NodeEvidence, port: string): NodeEvidence => ({
	...node,
	ipsets: mapKnown(node.ipsets, sets => ({...sets, ...('KUBE-LOOP-BACK' in sets && {'KUBE-LOOP-BACK': sets['KUBE-LOOP-BACK'].map(member => withPort(member, port))})})),
	virtualServers: mapKnown(node.virtualServers, servers => servers.map(server => ({...server, realServers: server.realServers.map(real => ({...real, port: Number(port)}))}))),
	iptables: mapKnown(node.iptables, backends => backends.map(backend => ({...backend, rules: toPort(backend.rules, port)}))),
	proxyTable: mapKnown(node.proxyTable, table => ({...table, rules: toPort(table.rules, port)})),
});

import {reachableChains} from '../../datapath/service-rule.ts';
import type {
	Evidence,
	IptablesRule,
	Known,
	NodeEvidence,
} from '../../evidence/evidence.ts';
import {mapKnown, unknown, valueOf} from '../../evidence/known.ts';
import {kernelProxyMode} from '../../evidence/readings.ts';
import type {Target} from '../../target.ts';
import {formatAddress} from './words.ts';

/** A backend that a node's kernel sends the Service to. kube-proxy leaves a real server at weight 0 until its connections are over: it gets no new ones. */
export type ProgrammedBackend = {readonly address: string; readonly weight: number};

const ofIpvs = (node: NodeEvidence, {target}: Evidence): Known<readonly ProgrammedBackend[]> => mapKnown(node.virtualServers, servers => servers
	.filter(({protocol, ip, port}) => protocol === target.port.protocol && ip === target.service.clusterIp && port === target.port.port)
	.flatMap(({realServers}) => realServers.map(({ip, port, weight}) => ({address: formatAddress({ip, port}), weight}))));

/** With internalTrafficPolicy Local the chain is KUBE-SVL-. kube-proxy names the backend in the comment of the rule that leads to it, since 1.24: `"default/nginx -> 10.244.0.19:80"`. */
const backendOfRule = (text: string): string | undefined => /--comment "[^"]* -> (?<address>[^\s"]+)" /v.exec(text)?.groups?.address;

/** Packets of pods come to kube-proxy's chains by PREROUTING alone: who flushed it left rules that nothing leads to. */
const isLedTo = (rules: readonly IptablesRule[]): boolean => rules.some(({chain, text}) => chain === 'PREROUTING' && text.endsWith(' -j KUBE-SERVICES'));

/** Where a connection to the ClusterIP is led: with internalTrafficPolicy Local to KUBE-SVL-, beside which KUBE-SVC- serves those from outside. */
const chainOfClusterIp = (rules: readonly IptablesRule[], {service, port}: Pick<Target, 'service' | 'port'>): string | undefined => rules
	.filter(({chain, text}) => chain === 'KUBE-SERVICES' && text.includes(` -d ${service.clusterIp}/`) && text.includes(` --dport ${port.port} `) && text.includes(` -p ${port.protocol.toLowerCase()} `))
	.map(({text}) => / -j (?<chain>KUBE-SV[CL]-\S+)$/v.exec(text)?.groups?.chain)
	.find(chain => chain !== undefined);

const ofIptables = ({node, iptables}: Pick<NodeEvidence, 'node' | 'iptables'>, {target: {service, port}}: Evidence): Known<readonly ProgrammedBackend[]> => {
	if ('unknown' in iptables) {
		return iptables;
	}

	const rules = iptables.value.flatMap(backend => backend.rules).filter(({table}) => table === 'nat');
	const names = service.ports.length === 1 || port.name === '' ? [`${service.namespace}/${service.name} `, `${service.namespace}/${service.name}:`] : [`${service.namespace}/${service.name}:${port.name} `];
	const mine = rules.filter(({chain, text}) => /^KUBE-SV[CL]-/v.test(chain) && names.some(name => text.includes(`--comment "${name}`)));
	if (mine.length === 0) {
		return rules.some(({chain}) => chain === 'KUBE-POSTROUTING') ? mapKnown(iptables, () => []) : unknown(`no rules of kube-proxy for this Service were found on ${node}`);
	}

	if (!isLedTo(rules)) {
		return mapKnown(iptables, () => []);
	}

	const first = chainOfClusterIp(rules, {service, port});
	const led = mine.filter(({chain, text}) => text.includes(' -j KUBE-SEP-') && (first === undefined || chain === first));
	const backends = led.map(({text}) => backendOfRule(text));
	return backends.includes(undefined)
		? unknown(`the rules of ${node} do not name their backends (kube-proxy before 1.24)`)
		: mapKnown(iptables, () => [...new Set(backends)].filter(address => address !== undefined).map(address => ({address, weight: 1})));
};

/** Where each of the two iptables alone sends them, in iptables mode; those that say nothing of the Service left out. */
export const programmedByVariant = ({node, iptables}: NodeEvidence, evidence: Evidence): ReadonlyArray<readonly string[]> => ('unknown' in iptables
	? []
	: iptables.value.map(variant => valueOf(ofIptables({node, iptables: {...iptables, value: [variant]}}, evidence))?.map(({address}) => address) ?? []).filter(addresses => addresses.length > 0));

/** From the element of the map service-ips to the chains of endpoints. */
const ofNftables = ({proxyTable}: NodeEvidence, {target: {service, port}}: Evidence): Known<readonly ProgrammedBackend[]> => mapKnown(proxyTable, ({rules}) => {
	const ofNat = rules.filter(({table}) => table === 'nat');
	const element = `-A services -d ${service.clusterIp} -p ${port.protocol.toLowerCase()} --dport ${port.port} -j `;
	const first = ofNat.find(({text}) => text.startsWith(element))?.text.slice(element.length);
	const linesOf = (chain: string): readonly string[] => ofNat.filter(rule => rule.chain === chain).map(({text}) => text);
	const chains = first === undefined ? [] : reachableChains(first, chain => linesOf(chain).map(text => text.slice(text.lastIndexOf(' ') + 1)));
	const addresses = chains.flatMap(chain => linesOf(chain).flatMap(text => / -j DNAT --to-destination (?<address>\S+)$/v.exec(text)?.groups?.address ?? []));
	return [...new Set(addresses)].map(address => ({address, weight: 1}));
});

/** Where this node's kernel sends connections to the Service port; empty where it sends them nowhere. */
export const programmedBackends = (node: NodeEvidence, evidence: Evidence): Known<readonly ProgrammedBackend[]> => {
	const mode = valueOf(kernelProxyMode(node));
	if (mode === 'ipvs') {
		return ofIpvs(node, evidence);
	}

	if (mode === 'iptables') {
		return ofIptables(node, evidence);
	}

	return mode === 'nftables' ? ofNftables(node, evidence) : unknown(`the proxy mode of ${node.node} is not known`);
};

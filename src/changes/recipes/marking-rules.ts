import type {IptablesRule, NodeEvidence} from '../../evidence/evidence.ts';
import {valueOf} from '../../evidence/known.ts';
import {configuredProxy, kernelProxyMode, liveProxy} from '../../evidence/readings.ts';
import {isOfService} from '../../evidence/proxy-readings.ts';
import {natRule} from './shared.ts';

/** Every rule by which kube-proxy has clients of ClusterIPs masqueraded, of whatever setting; what a backend does to itself is another. */
const isClientMarking = ({chain, text}: IptablesRule): boolean => {
	if (isOfService(chain)) {
		return text.endsWith('-j mark-for-masquerade');
	}

	const isOfSet = chain === 'KUBE-SERVICES' && / --match-set KUBE-(?:6-)?CLUSTER-IP (?:src|dst),dst /v.test(text);
	return text.endsWith('-j KUBE-MARK-MASQ') && (isOfSet || (/^KUBE-(?:SV[CL]-|SERVICES$)/v.test(chain) && text.includes('cluster IP')));
};

/** One rule for all Services; without masqueradeAll and clusterCIDR it is for a node's own connections, whose source is a ClusterIP (pkg/proxy/ipvs/proxier.go, writeIptablesRules). */
const markInIpvs = (whose: string | undefined): readonly IptablesRule[] => [
	natRule('KUBE-SERVICES', `${whose ?? ''}-m set --match-set KUBE-CLUSTER-IP ${whose === undefined ? 'src' : 'dst'},dst -j KUBE-MARK-MASQ`),
];

/** How kube-proxy leads to the chain of a Service: in words of iptables mode, and in those of nftables mode. */
const leading = {
	iptables: /^-A KUBE-SERVICES (?<conditions>.*cluster IP.*) -j (?<chain>KUBE-SV[CL]-\S+)$/v,
	nftables: /^-A services (?<conditions>-d .*) -j (?<chain>(?:service|local)-\S+)$/v,
};

const marks = {iptables: 'KUBE-MARK-MASQ', nftables: 'mark-for-masquerade'};

/** One at the head of each Service's chain, asking what led there (pkg/proxy/iptables/proxier.go and pkg/proxy/nftables/proxier.go, syncProxyRules). */
const markInChains = (mode: keyof typeof leading, rules: readonly IptablesRule[], whose: string): readonly IptablesRule[] => rules.flatMap(({table, text}) => {
	const led = table === 'nat' ? leading[mode].exec(text)?.groups : undefined;
	return led === undefined ? [] : [natRule(led.chain, `${whose}${led.conditions} -j ${marks[mode]}`)];
});

/** What the running kube-proxy says, else its configuration. */
export const isSetToMasqueradeAll = (node: NodeEvidence): boolean => valueOf(liveProxy(node))?.masqueradeAll ?? valueOf(configuredProxy(node))?.masqueradeAll ?? false;

const isOfIpv6 = ({text}: IptablesRule): boolean => / -[ds] [\da-f]*:|KUBE-6-/v.test(text);

/** Whose connections are masqueraded, as the first words of a rule: everybody's, those from outside the pods' network, or nobody's. */
const whoseOf = (node: NodeEvidence, isForAll: boolean, isIpv6: boolean): string | undefined => {
	const [live, configured] = [liveProxy(node), configuredProxy(node)].map(settings => valueOf(settings)?.clusterCidrs ?? []);
	const cidr = [...live, ...configured].find(candidate => candidate.includes(':') === isIpv6);
	return isForAll ? '' : (cidr === undefined ? undefined : `! -s ${cidr} `);
};

const markIn = (mode: string, rules: readonly IptablesRule[], whose: string | undefined): readonly IptablesRule[] => {
	if (mode === 'ipvs') {
		return markInIpvs(whose);
	}

	return whose === undefined || (mode !== 'iptables' && mode !== 'nftables') ? [] : markInChains(mode, rules, whose);
};

/** The rules of a table as kube-proxy writes them with masqueradeAll, or without; as they are where its mode is not known. */
export const withMasqueradeAll = (rules: readonly IptablesRule[], node: NodeEvidence, isForAll: boolean): readonly IptablesRule[] => {
	const mode = valueOf(kernelProxyMode(node));
	const whose = whoseOf(node, isForAll, rules.some(rule => isOfIpv6(rule)));
	return mode === undefined ? rules : [...markIn(mode, rules, whose), ...rules.filter(rule => !isClientMarking(rule))];
};

import type {IptablesRule, NodeEvidence} from '../../evidence/evidence.ts';
import {valueOf} from '../../evidence/known.ts';
import {configuredProxy} from '../../evidence/readings.ts';

const ruleOf = (chain: string, text: string): IptablesRule => ({
	table: 'nat', chain, text: `-A ${chain} ${text}`, packets: 0,
});

/** Every rule by which kube-proxy has clients of ClusterIPs masqueraded, of whatever setting; what a backend does to itself is another. */
const isClientMarking = ({chain, text}: IptablesRule): boolean => {
	if (chain.startsWith('service-')) {
		return text.endsWith('-j mark-for-masquerade');
	}

	const isOfSet = chain === 'KUBE-SERVICES' && / --match-set KUBE-(?:6-)?CLUSTER-IP (?:src|dst),dst /v.test(text);
	return text.endsWith('-j KUBE-MARK-MASQ') && (isOfSet || (chain.startsWith('KUBE-SVC-') && text.includes('cluster IP')));
};

/** In ipvs mode one rule for all; without masqueradeAll and clusterCIDR it is of those who ask themselves (pkg/proxy/ipvs/proxier.go, writeIptablesRules). */
const markInIpvs = (whose: string | undefined): readonly IptablesRule[] => [
	ruleOf('KUBE-SERVICES', `${whose ?? ''}-m set --match-set KUBE-CLUSTER-IP ${whose === undefined ? 'src' : 'dst'},dst -j KUBE-MARK-MASQ`),
];

/** In iptables mode one at the head of each Service's chain, asking what led there (pkg/proxy/iptables/proxier.go, writeServiceToEndpointRules). */
const markInIptables = (rules: readonly IptablesRule[], whose: string | undefined): readonly IptablesRule[] => (whose === undefined
	? []
	: rules.flatMap(({text}) => {
		const {conditions, chain} = /^-A KUBE-SERVICES (?<conditions>.*cluster IP.*) -j (?<chain>KUBE-SVC-\S+)$/v.exec(text)?.groups ?? {};
		return chain === undefined ? [] : [ruleOf(chain, `${whose}${conditions} -j KUBE-MARK-MASQ`)];
	}));

const markInNftables = (rules: readonly IptablesRule[], whose: string | undefined): readonly IptablesRule[] => (whose === undefined
	? []
	: [...new Set(rules.map(({chain}) => chain).filter(chain => chain.startsWith('service-')))].map(chain => ruleOf(chain, `${whose}-d 0.0.0.0/0 -j mark-for-masquerade`)));

/** Whose connections are masqueraded, as the first words of a rule: everybody's, those from outside the pods' network, or nobody's. */
const whoseOf = (node: NodeEvidence, isForAll: boolean): string | undefined => {
	const cidr = (valueOf(configuredProxy(node))?.clusterCidrs ?? []).find(candidate => !candidate.includes(':'));
	return isForAll ? '' : (cidr === undefined ? undefined : `! -s ${cidr} `);
};

const markIn = (rules: readonly IptablesRule[], whose: string | undefined): readonly IptablesRule[] => {
	if (rules.some(({chain}) => chain.startsWith('service-'))) {
		return markInNftables(rules, whose);
	}

	return rules.some(({chain}) => chain.startsWith('KUBE-SVC-')) ? markInIptables(rules, whose) : markInIpvs(whose);
};

/** The rules of a table as kube-proxy writes them with masqueradeAll, or without. */
export const withMasqueradeAll = (rules: readonly IptablesRule[], node: NodeEvidence, isForAll: boolean): readonly IptablesRule[] =>
	[...markIn(rules, whoseOf(node, isForAll)), ...rules.filter(rule => !isClientMarking(rule))];

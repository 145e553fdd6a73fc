import type {Check, Verdict} from '../check.ts';
import type {Evidence, NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {cniPlugin, isTranslating} from '../evidence/readings.ts';
import {describeUnreadNodes} from './shared/nodes.ts';
import {
	latent,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';
import {joinWords} from './shared/words.ts';

/** CNIs that can translate Services themselves, and what to ask them. */
const replacements: ReadonlyArray<{readonly plugin: string; readonly ask: string}> = [
	{plugin: 'cilium', ask: 'kubectl -n kube-system exec ds/cilium -- cilium-dbg service list   # and: hubble observe --verdict DROPPED'},
	{plugin: 'calico', ask: 'kubectl get felixconfiguration default -o jsonpath={.spec.bpfEnabled}   # true: kubectl -n calico-system exec ds/calico-node -- calico-node -bpf nat dump'},
	{plugin: 'kube-router', ask: 'kubectl -n kube-system logs ds/kube-router --tail=50   # with --run-service-proxy it writes IPVS itself'},
	{plugin: 'antrea', ask: 'kubectl -n kube-system exec ds/antrea-agent -c antrea-agent -- antctl get ovsflows   # with proxyAll'},
];

const isBare = (node: NodeEvidence): boolean => !isTranslating(node) && 'value' in node.iptables;

const findReplacement = (node: NodeEvidence) => {
	const plugin = valueOf(cniPlugin(node));
	return replacements.find(candidate => plugin?.startsWith(candidate.plugin) === true);
};

const bareNodes = ({nodes}: Evidence): readonly NodeEvidence[] => nodes.values().filter(node => isBare(node)).toArray();

const describe = (nodes: readonly NodeEvidence[]): string => {
	const plugins = new Set(nodes.map(node => findReplacement(node)?.plugin));
	const known = [...plugins].filter(plugin => plugin !== undefined);
	return `no kube-proxy runs and none of its rules are on ${joinWords(nodes.map(({node}) => node))}: ${known.length > 0 ? `${joinWords(known)} translates Services there, in ways that hairpin does not read` : 'nothing that hairpin can read translates Services there'}`;
};

export const kubeProxyNotApplicable: Check = {
	id: 'kube-proxy-not-applicable',
	place: 610,
	title: 'kube-proxy translates Services',
	explain: 'Some CNIs replace kube-proxy (Cilium, Calico in eBPF mode, kube-router, Antrea). Then there are no rules of kube-proxy, none are expected, and what the other checks say of them does not apply.',
	judge(evidence): Verdict {
		const bare = bareNodes(evidence);
		if (bare.length > 0) {
			return latent(describe(bare), refsTo(...bare.map(({cniConfigs}) => cniConfigs)));
		}

		const gaps = describeUnreadNodes(evidence);
		return gaps.length > 0 && evidence.nodes.size === 0 ? unknown(gaps.join('; ')) : ok('kube-proxy runs, or its rules are there');
	},
	explains: () => false,
	repair: evidence => bareNodes(evidence).flatMap(node => findReplacement(node)?.ask ?? []),
};

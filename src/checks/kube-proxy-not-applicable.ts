import type {Check, Verdict} from '../check.ts';
import type {Evidence, NodeEvidence} from '../evidence/evidence.ts';
import {isTranslating} from '../evidence/readings.ts';
import {describeUnreadNodes} from './shared/nodes.ts';
import {findReplacement, isReplaced} from './shared/replacements.ts';
import {
	latent,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';
import {joinWords} from './shared/words.ts';

const isBare = (node: NodeEvidence): boolean => !isTranslating(node) && 'value' in node.iptables;

const nodesWhere = ({nodes}: Evidence, isWanted: (node: NodeEvidence) => boolean): readonly NodeEvidence[] => nodes.values().filter(node => isWanted(node)).toArray();

/** Nothing of kube-proxy is there, or its rules alone beside what can replace it. */
const replacedNodes = (evidence: Evidence): readonly NodeEvidence[] => nodesWhere(evidence, node => isBare(node) || isReplaced(node));

const describe = (nodes: readonly NodeEvidence[]): string => {
	const plugins = new Set(nodes.map(node => findReplacement(node)?.plugin));
	const known = [...plugins].filter(plugin => plugin !== undefined);
	return `no kube-proxy runs and none of its rules are on ${joinWords(nodes.map(({node}) => node))}: ${known.length > 0 ? `${joinWords(known)} translates Services there, in ways that hairpin does not read` : 'nothing that hairpin can read translates Services there'}`;
};

const describeReplaced = (node: NodeEvidence): string =>
	`no kube-proxy runs on ${node.node}, and ${findReplacement(node)?.plugin ?? ''} is there, which can translate Services itself: the rules of kube-proxy that are there may be left over, or of its own making`;

export const kubeProxyNotApplicable: Check = {
	id: 'kube-proxy-not-applicable',
	place: 610,
	title: 'kube-proxy translates Services',
	explain: 'Some CNIs replace kube-proxy (Cilium, Calico in eBPF mode, kube-router, Antrea). Then there are no rules of kube-proxy, none are expected, and what the other checks say of them does not apply.',
	judge(evidence): Verdict {
		const bare = nodesWhere(evidence, node => isBare(node));
		const replaced = nodesWhere(evidence, node => isReplaced(node) && !isBare(node));
		if (bare.length > 0 || replaced.length > 0) {
			const told = [...(bare.length > 0 ? [describe(bare)] : []), ...replaced.map(node => describeReplaced(node))];
			return latent(told.join('; '), refsTo(...[...bare, ...replaced].map(({cniConfigs}) => cniConfigs)));
		}

		const gaps = describeUnreadNodes(evidence);
		return gaps.length > 0 && evidence.nodes.size === 0 ? unknown(gaps.join('; ')) : ok('kube-proxy runs, or its rules are there');
	},
	explains: () => false,
	repair: evidence => replacedNodes(evidence).flatMap(node => findReplacement(node)?.ask ?? []),
};

import type {Check, Verdict} from '../check.ts';
import type {Evidence, Iptables, NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {type Cell, isFailing} from '../probes/matrix.ts';
import {judgeCondition} from './shared/judge-condition.ts';
import {nameNodes, readNodes} from './shared/nodes.ts';
import {programmedByVariant} from './shared/programmed.ts';
import {onNodes} from './shared/repairs.ts';
import {endpointsFrom} from './shared/routes.ts';
import {
	latent,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';
import {formatAddress, joinWords} from './shared/words.ts';

/** kubelet keeps a few KUBE- chains of its own (KUBE-FIREWALL, canaries, up to 1.26 KUBE-POSTROUTING), perhaps by another iptables than kube-proxy's: harmless. */
const isOfProxy = ({rules}: Iptables): boolean => rules.some(({chain, text}) => /^KUBE-(?:SERVICES|SVC-|SEP-)/v.test(chain) || text.endsWith(' -j KUBE-SERVICES'));

const isMixed = ({iptables}: NodeEvidence): boolean => new Set((valueOf(iptables) ?? []).filter(ruleset => isOfProxy(ruleset)).map(({backend}) => backend)).size > 1;

const what = 'rules of kube-proxy are in both iptables, legacy and nf_tables; the kernel runs both, and those that nobody keeps up to date go stale';

/** Whether one of the two sends to the ready backends alone, and the other to such that are gone: which of them a connection meets first decides. */
const isSplit = (node: NodeEvidence, evidence: Evidence): boolean => {
	const ready = new Set(endpointsFrom(evidence, node.node).map(endpoint => formatAddress(endpoint)));
	const variants = isMixed(node) && evidence.target.isFromRules !== true ? programmedByVariant(node, evidence) : [];
	return variants.some(addresses => addresses.every(address => ready.has(address))) && variants.some(addresses => addresses.every(address => !ready.has(address)));
};

const splitNodes = (evidence: Evidence): readonly NodeEvidence[] => evidence.nodes.values().filter(node => isSplit(node, evidence)).toArray();

/** Attempts from such a node that failed at no backend that is ready. */
const isExplained = (cell: Cell, evidence: Evidence): boolean => {
	const ready = new Set(endpointsFrom(evidence, cell.fromNode).map(endpoint => formatAddress(endpoint)));
	return isFailing(cell) && cell.path !== 'endpoint' && splitNodes(evidence).some(({node}) => node === cell.fromNode)
		&& cell.attempts.every(({outcome, backend}) => outcome === 'open' || backend === undefined || !ready.has(backend));
};

const clean: readonly string[] = [
	'iptables -V; iptables-legacy-save | grep -c KUBE-; iptables-nft-save | grep -c KUBE-   # which of them kube-proxy writes (its counters grow), and which are left over',
	'# drain and reboot the node once kube-proxy and the host use the same one (update-alternatives --config iptables): only the current rules come back',
];

export const iptablesBackendMix: Check = {
	id: 'iptables-backend-mix',
	place: 450,
	title: 'One iptables holds the rules',
	explain: 'iptables exists in two variants, legacy and nf_tables, whose rules do not see one another but both act. After an upgrade kube-proxy may write one while its old rules stay in the other, where they send to backends that are gone.',
	judge(evidence): Verdict {
		const {readings, gaps} = readNodes(evidence, ({iptables}) => iptables);
		const mixed = readings.filter(({node}) => isMixed(node));
		const split = splitNodes(evidence);
		if (split.length > 0) {
			return judgeCondition(evidence, {
				what: `${what} (${joinWords(split.map(({node}) => node))}): one of them sends to backends that are gone`, refs: refsTo(...split.map(({iptables}) => iptables)), explains: isExplained, isCertain: true, harmless: 'no probe failed from it',
			});
		}

		if (mixed.length > 0) {
			return latent(`${what} (${nameNodes(mixed)})`, refsTo(...mixed.map(({node}) => node.iptables)));
		}

		return gaps.length > 0 ? unknown(gaps.join('; ')) : ok(`one iptables holds the rules of kube-proxy on ${nameNodes(readings)}`);
	},
	explains: isExplained,
	// kube-proxy writes its own variant anew, and never the other.
	bringsAbout: (other, evidence) => other === 'kube-proxy-down-or-stale' && splitNodes(evidence).length > 0,
	repair: evidence => [onNodes(evidence.nodes.values().filter(node => isMixed(node)).map(({node}) => node).toArray()), ...clean],
	ofNode: {
		judge: node => ('unknown' in node.iptables ? unknown(node.iptables.unknown) : (isMixed(node) ? latent(what, refsTo(node.iptables)) : ok('one iptables holds the rules of kube-proxy'))),
		repair: () => clean,
	},
};

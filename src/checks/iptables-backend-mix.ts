import type {Check, Verdict} from '../check.ts';
import type {Iptables, NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {nameNodes, readNodes} from './shared/nodes.ts';
import {onNodes} from './shared/repairs.ts';
import {
	latent,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';

/** kubelet keeps a few KUBE- chains of its own (KUBE-FIREWALL, canaries), perhaps by another iptables than kube-proxy's: harmless. */
const isOfProxy = ({rules}: Iptables): boolean => rules.some(({chain, text}) => /^KUBE-(?:SERVICES|SVC-|SEP-|POSTROUTING)/v.test(chain) || / -j KUBE-(?:SERVICES|POSTROUTING)$/v.test(text));

const isMixed = ({iptables}: NodeEvidence): boolean => new Set((valueOf(iptables) ?? []).filter(ruleset => isOfProxy(ruleset)).map(({backend}) => backend)).size > 1;

const what = 'rules of kube-proxy are in both iptables, legacy and nf_tables; the kernel runs both, and those that nobody keeps up to date go stale';

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
		if (mixed.length > 0) {
			return latent(`${what} (${nameNodes(mixed)})`, refsTo(...mixed.map(({node}) => node.iptables)));
		}

		return gaps.length > 0 ? unknown(gaps.join('; ')) : ok(`one iptables holds the rules of kube-proxy on ${nameNodes(readings)}`);
	},
	explains: () => false,
	repair: evidence => [onNodes(evidence.nodes.values().filter(node => isMixed(node)).map(({node}) => node).toArray()), ...clean],
	ofNode: {
		judge: node => ('unknown' in node.iptables ? unknown(node.iptables.unknown) : (isMixed(node) ? latent(what, refsTo(node.iptables)) : ok('one iptables holds the rules of kube-proxy'))),
		repair: () => clean,
	},
};

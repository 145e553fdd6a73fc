import type {Iptables, IptablesRule, NodeEvidence} from '../../evidence/evidence.ts';
import {mapKnown, valueOf} from '../../evidence/known.ts';
import {parseDocument} from '../../evidence/config-readings.ts';
import {configuredProxy} from '../../evidence/readings.ts';
import type {Kitchen, Recipe} from '../change.ts';
import {emptyPlan, planNodes, refuse} from './shared.ts';

const isCidr = (text: unknown): text is string => typeof text === 'string' && /^[\d.]+\/\d{1,2}$/v.test(text);

/** The range of all pods: of kube-proxy's configuration where it is said, else flannel's, else those of the nodes. */
const podRanges = ({nodes, evidence}: Kitchen): readonly string[] => {
	const said = nodes.flatMap(node => valueOf(configuredProxy(node))?.clusterCidrs ?? []).filter(cidr => isCidr(cidr));
	const flannel = nodes.flatMap(node => valueOf(node.cniConfigs) ?? []).map(({text}) => parseDocument(text)?.Network).filter(cidr => isCidr(cidr));
	const own = (evidence?.target.nodes.values().toArray() ?? []).flatMap(({podCidrs}) => podCidrs).filter(cidr => isCidr(cidr));
	return [...new Set(said.length > 0 ? said : (flannel.length > 0 ? flannel : own))];
};

/** The backend whose FORWARD drops; the one with rules of kube-proxy otherwise. */
const programOf = (node: NodeEvidence): string => {
	const backends = valueOf(node.iptables) ?? [];
	const isDropping = ({chains, rules}: Iptables): boolean => chains.some(({table, chain, policy}) => table === 'filter' && chain === 'FORWARD' && policy === 'DROP')
		|| rules.some(({chain, text}) => chain === 'FORWARD' && / -j (?:DROP|REJECT)/v.test(text));
	const found = backends.find(backend => isDropping(backend)) ?? backends.toSorted((a, b) => b.kubeLines - a.kubeLines).at(0);
	if (found === undefined || backends.length < 2) {
		return 'iptables';
	}

	return found.backend === 'legacy' ? 'iptables-legacy' : 'iptables-nft';
};

const acceptRules = (ranges: readonly string[]): readonly IptablesRule[] => ranges.flatMap(range => ['-s', '-d'].map(flag => ({
	table: 'filter', chain: 'FORWARD', text: `-A FORWARD ${flag} ${range} -j ACCEPT`, packets: 0,
})));

/** Lets pods through a FORWARD chain that drops. */
export const forwardAccept: Recipe = {
	name: 'forward-accept',
	values: ['on'],
	title: () => 'Let the pods\' network through FORWARD',
	why: 'Whatever a node passes on for pods crosses the FORWARD chain. Two rules for the pods\' own range are tighter than the policy ACCEPT.',
	price: () => ['the rules do not outlast a reboot or a reload of the firewall: whatever made FORWARD drop must let pods through, too (Docker: "ip-forward-no-drop": true in daemon.json, or a drop-in with ExecStartPost=/usr/sbin/iptables -P FORWARD ACCEPT)'],
	cuts: 'no connection',
	plan(kitchen) {
		const ranges = podRanges(kitchen);
		return ranges.length === 0
			? refuse('the range of the pods is not known', 'is clusterCIDR set in kube-proxy\'s configuration, or may nodes be listed? By hand: iptables -I FORWARD -s POD_CIDR -j ACCEPT')
			: {
				...emptyPlan,
				nodes: planNodes(kitchen.nodes, node => ranges.flatMap(range => ['-s', '-d'].map(flag => ({
					kind: 'rule', program: programOf(node), table: 'filter', words: ['FORWARD', flag, range, '-j', 'ACCEPT'],
				} as const)))),
			};
	},
	isInForce: node => mapKnown(node.iptables, backends => backends.some(({rules}) => rules.some(({chain, text}) => chain === 'FORWARD' && /^-A FORWARD -[ds] \S+ -j ACCEPT$/v.test(text)))),
	assume(node, _value, {nodes}) {
		const ranges = nodes.find(plan => plan.node === node.node)?.edits.flatMap(edit => (edit.kind === 'rule' ? [edit.words[2]] : [])) ?? [];
		return {...node, iptables: mapKnown(node.iptables, backends => backends.map(backend => ({...backend, rules: [...acceptRules([...new Set(ranges)]), ...backend.rules]})))};
	},
};

import type {IptablesRule, NodeEvidence} from '../../evidence/evidence.ts';
import {mapKnown, valueOf} from '../../evidence/known.ts';
import {configuredProxy, isMarkingAll, masqueradesAllOfNode} from '../../evidence/readings.ts';
import type {Recipe} from '../change.ts';
import {planProxyConfig} from './proxy-config.ts';

// nftables mode has a section of its own (kubeproxy.config.k8s.io/v1alpha1).
const sectionOf = (node: NodeEvidence): string => (valueOf(configuredProxy(node))?.mode === 'nftables' ? 'nftables' : 'iptables');

const nftMarkingRule: IptablesRule = {
	table: 'nat', chain: 'service-', text: '-A service- -d 0.0.0.0 -p tcp --dport 0 -j mark-for-masquerade', packets: 0,
};

/** The rules of a table as they are with masqueradeAll, or without. */
const assumeRules = (rules: readonly IptablesRule[], added: readonly IptablesRule[]): readonly IptablesRule[] => [...rules.filter(rule => !isMarkingAll(rule)), ...added];

const markingRule: IptablesRule = {
	table: 'nat', chain: 'KUBE-SERVICES', text: '-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ', packets: 0,
};

/** The workaround of the founding incident. */
export const masqueradeAll: Recipe = {
	name: 'masquerade-all',
	values: ['true', 'false'],
	title: value => `Set masqueradeAll: ${value} in kube-proxy's configuration`,
	why: 'With masqueradeAll every connection to a ClusterIP gets the node\'s address as its source, so every reply goes to the node and through NAT, also without br_netfilter. It is a workaround.',
	price: value => (value === 'true' ? ['backends, logs and NetworkPolicies by pod see the node\'s address instead of the client\'s'] : []),
	cuts: 'no connection: those that are open keep their translation',
	plan: (kitchen, value) => planProxyConfig(kitchen, {keysOf: node => [{key: [sectionOf(node), 'masqueradeAll'], value: value === 'true'}]}),
	isInForce: (node, value) => mapKnown(masqueradesAllOfNode(node), acts => acts === (value === 'true')),
	assume: (node, value) => ({
		...node,
		iptables: mapKnown(node.iptables, backends => backends.map((backend, index) => ({
			...backend,
			rules: assumeRules(backend.rules, value === 'true' && index === 0 ? [markingRule] : []),
		}))),
		proxyTable: mapKnown(node.proxyTable, table => ({...table, rules: assumeRules(table.rules, value === 'true' && table.rules.length > 0 ? [nftMarkingRule] : [])})),
	}),
};

import type {NodeEvidence} from '../../evidence/evidence.ts';
import {mapKnown, valueOf} from '../../evidence/known.ts';
import {configuredProxy, masqueradesAllOfNode} from '../../evidence/readings.ts';
import type {Recipe} from '../change.ts';
import {withMasqueradeAll} from './marking-rules.ts';
import {planProxyConfig} from './proxy-config.ts';
import {withProxyRules} from './shared.ts';

// nftables mode has a section of its own (kubeproxy.config.k8s.io/v1alpha1).
const sectionOf = (node: NodeEvidence): string => (valueOf(configuredProxy(node))?.mode === 'nftables' ? 'nftables' : 'iptables');

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
		...withProxyRules(node, rules => withMasqueradeAll(rules, node, value === 'true')),
		proxyTable: mapKnown(node.proxyTable, table => ({...table, rules: withMasqueradeAll(table.rules, node, value === 'true')})),
	}),
};

import type {NodeEvidence} from '../../evidence/evidence.ts';
import {known, mapKnown, valueOf} from '../../evidence/known.ts';
import {hasEndpointChains, hasNftTable, hasServers} from '../../evidence/node-proxy.ts';
import {proxyModeOfNode} from '../../evidence/readings.ts';
import type {Edit, Recipe} from '../change.ts';
import {planProxyConfig} from './proxy-config.ts';

const routeKey = 'net/ipv4/conf/all/route_localnet';

/** Kube-proxy turns this on in iptables mode and leaves it on (pkg/proxy/iptables/proxier.go); named here so that the undo puts it back. */
const keepRouteLocalnet = (mode: string): readonly Edit[] => (mode === 'iptables' ? [{kind: 'sysctl', key: routeKey, value: '1'}] : []);

/** Whether the rules of the mode are there: kube-proxy answers long before. */
const hasRules = (node: NodeEvidence, mode: string): boolean => {
	if (mode === 'ipvs') {
		return hasServers(node);
	}

	return mode === 'iptables' ? hasEndpointChains(node) : hasNftTable(node);
};

/** How kube-proxy translates Services on a node. */
export const proxyMode: Recipe = {
	name: 'proxy-mode',
	values: ['ipvs', 'iptables', 'nftables'],
	title: value => `Set mode: ${value} in kube-proxy's configuration`,
	why: 'ipvs, iptables and nftables are three ways to translate the same Services. All need br_netfilter for pods on one bridge, so that another mode helps only where one mode\'s own rules are at fault.',
	price: () => ['rules of the old mode are removed once the new ones act'],
	cuts: 'connections through Services that are open while the mode changes may be cut, node by node',
	isCutting: true,
	plan: (kitchen, value) => planProxyConfig(kitchen, {
		keysOf: () => [{key: ['mode'], value}],
		besides(node) {
			const before = valueOf(proxyModeOfNode(node));
			return {edits: keepRouteLocalnet(value), ...(before !== undefined && before !== value && {leftoversOf: {before, after: value}})};
		},
	}),
	isInForce: (node, value) => mapKnown(proxyModeOfNode(node), mode => mode === value && hasRules(node, value)),
	assume: (node, value) => ({...node, proxyMode: known(value, {point: node.node, command: 'curl 127.0.0.1:10249/proxyMode', excerpt: value})}),
	isRewritingRules: true,
};

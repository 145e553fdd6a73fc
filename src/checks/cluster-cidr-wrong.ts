import type {Check, Verdict} from '../check.ts';
import type {Evidence, Known, NodeEvidence} from '../evidence/evidence.ts';
import {mapKnown} from '../evidence/known.ts';
import {configuredProxy, liveProxy} from '../evidence/readings.ts';
import {isInCidr} from '../datapath/cidr.ts';
import {nameNodes, readNodes} from './shared/nodes.ts';
import {editProxyConfig} from './shared/repairs.ts';
import {
	latent,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';
import {joinWords} from './shared/words.ts';

const readCidrs = (node: NodeEvidence): Known<readonly string[]> => {
	const live = liveProxy(node);
	return mapKnown('value' in live ? live : configuredProxy(node), ({clusterCidrs}) => clusterCidrs);
};

const isCovered = (cidrs: readonly string[], address: string): boolean => {
	const base = address.split('/', 1)[0];
	const sameFamily = cidrs.filter(cidr => cidr.includes(':') === base.includes(':'));
	return sameFamily.length === 0 || sameFamily.some(cidr => isInCidr(base, cidr) !== false);
};

const podNetworksOf = ({target}: Evidence): readonly string[] => target.nodes.values().flatMap(({podCidrs}) => podCidrs).toArray();

/** Pods that kube-proxy takes for outsiders, and nodes that it takes for pods. */
const findMistakes = (cidrs: readonly string[], evidence: Evidence): readonly string[] => {
	const outside = podNetworksOf(evidence).filter(network => !isCovered(cidrs, network));
	const insiders = evidence.target.nodes.values().map(({internalIp}) => internalIp)
		.filter(ip => ip !== '' && cidrs.some(cidr => isInCidr(ip, cidr) === true)).toArray();
	return [
		...(outside.length > 0 ? [`does not contain the pods' ${joinWords(outside)}: their connections are masqueraded as if they came from outside, which costs backends their addresses and can hide that br_netfilter is off`] : []),
		...(insiders.length > 0 ? [`contains the nodes' own ${joinWords(insiders)}: what they send to a ClusterIP is not masqueraded`] : []),
	];
};

const readMistakes = (evidence: Evidence) => {
	const {readings, gaps} = readNodes(evidence, readCidrs);
	return {readings, gaps, wrong: readings.map(({node, value}) => ({node, cidrs: value.join(','), mistakes: findMistakes(value, evidence)})).filter(({mistakes}) => mistakes.length > 0)};
};

const judge = (evidence: Evidence): Verdict => {
	const {readings, gaps, wrong} = readMistakes(evidence);
	if (wrong.length > 0) {
		const told = Map.groupBy(wrong, ({cidrs}) => cidrs).entries().map(([cidrs, same]) => `clusterCIDR ${cidrs} on ${nameNodes(same)} ${same[0].mistakes.join('; ')}`).toArray();
		return latent(told.join('; '), refsTo(...wrong.map(({node}) => node.kubeProxyConfigz)));
	}

	if (gaps.length > 0 || podNetworksOf(evidence).length === 0) {
		return unknown(gaps.length > 0 ? gaps.join('; ') : 'the pods\' networks are not known from the API');
	}

	return ok(readings.every(({value}) => value.length === 0) ? 'no clusterCIDR is set: kube-proxy tells pods otherwise, or not at all' : 'clusterCIDR contains the pods\' networks and no node');
};

export const clusterCidrWrong: Check = {
	id: 'cluster-cidr-wrong',
	place: 440,
	title: 'clusterCIDR is the pods\' network',
	explain: 'kube-proxy masquerades what comes to a ClusterIP from outside clusterCIDR. Too narrow, and pods lose their addresses on the way, as with masqueradeAll; too wide, and true outsiders keep theirs, so that replies miss the node that translated.',
	judge,
	explains: () => false,
	repair(evidence) {
		const networks = podNetworksOf(evidence);
		return [
			'# first see that br_netfilter is on: with the right clusterCIDR nothing hides its absence any more',
			...editProxyConfig(readMistakes(evidence).wrong.map(({node}) => node), 'clusterCIDR', 'POD_NETWORK'),
			`# POD_NETWORK: one that contains ${joinWords(networks)}`,
		];
	},
};

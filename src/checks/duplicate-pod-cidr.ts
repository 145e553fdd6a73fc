import type {Check, Verdict} from '../check.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {type Cell, isFailing} from '../probes/matrix.ts';
import {isInCidr} from '../datapath/cidr.ts';
import {isCellExplained} from './shared/explain.ts';
import {judgeCondition} from './shared/judge-condition.ts';
import {ok, unknown} from './shared/verdicts.ts';
import {joinWords} from './shared/words.ts';

type Clash = {readonly nodes: readonly [string, string]; readonly cidrs: readonly [string, string]};

const isOverlapping = (one: string, two: string): boolean => isInCidr(one.split('/', 1)[0], two) === true || isInCidr(two.split('/', 1)[0], one) === true;

const findClashes = ({target}: Evidence): readonly Clash[] => {
	const networks = target.nodes.values().flatMap(({name, podCidrs}) => podCidrs.map(cidr => ({name, cidr}))).toArray();
	return networks.flatMap((one, index) => networks.slice(index + 1)
		.filter(two => two.name !== one.name && isOverlapping(one.cidr, two.cidr))
		.map(two => ({nodes: [one.name, two.name], cidrs: [one.cidr, two.cidr]})));
};

/** Routes lead to one of the two nodes only; the other one takes that network for its own bridge. */
const isExplained = (cell: Cell, evidence: Evidence): boolean => {
	const nodes = new Set(findClashes(evidence).flatMap(clash => clash.nodes));
	return isFailing(cell) && isCellExplained(cell, evidence, ({place, cell: {fromNode}, backendNode}) =>
		(place === 'other-node' && (nodes.has(fromNode) || (backendNode !== undefined && nodes.has(backendNode))) ? ['timeout', 'unreachable', 'refused'] : []));
};

export const duplicatePodCidr: Check = {
	id: 'duplicate-pod-cidr',
	place: 580,
	title: 'Each node has its own pod network',
	explain: 'Every node gives its pods addresses of its own network, and the others route by it. Where two nodes have the same or overlapping ones (a cloned machine, a re-joined node), packets go to the wrong node or stay on the sender\'s bridge.',
	judge(evidence): Verdict {
		const clashes = findClashes(evidence);
		if (clashes.length > 0) {
			return judgeCondition(evidence, {
				what: joinWords(clashes.map(({nodes, cidrs}) => `${nodes[0]} (${cidrs[0]}) and ${nodes[1]} (${cidrs[1]}) share a pod network`)),
				refs: clashes.map(({nodes, cidrs}) => ({kind: 'object', object: `node ${nodes[1]}`, says: `podCIDR ${cidrs[1]}`})),
				explains: isExplained,
				isCertain: true,
				harmless: 'no probe between them failed',
			});
		}

		return evidence.target.nodes.values().some(({podCidrs}) => podCidrs.length > 0) ? ok('the pod networks of these nodes do not overlap') : unknown('the pod networks of the nodes are not known from the API');
	},
	explains: isExplained,
	repair: evidence => findClashes(evidence).flatMap(({nodes}) => [
		`kubectl drain ${nodes[1]} --ignore-daemonsets --delete-emptydir-data && kubectl delete node ${nodes[1]}   # every pod of it is made again`,
		`# on ${nodes[1]}, as root, once its pods are gone: what the CNI keeps of the old network, or the bridge keeps its address and no new pod starts`,
		'systemctl stop kubelet; rm -rf /var/lib/cni /run/flannel; ip link del cni0; ip link del flannel.1   # where it is flannel; of other CNIs what they keep',
		`# then join ${nodes[1]} anew, with a machine-id of its own (systemd-machine-id-setup)`,
	]),
};

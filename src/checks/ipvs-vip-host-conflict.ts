import type {Check, Verdict} from '../check.ts';
import type {Evidence, NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {routeTo} from '../evidence/network.ts';
import {type Cell, isFailing} from '../probes/matrix.ts';
import {type Prediction, isCellExplained} from './shared/explain.ts';
import {judgeCondition} from './shared/judge-condition.ts';
import {type Leg, legsOf, plainNetworkOf} from './shared/legs.ts';
import {nameNodes, readNodes} from './shared/nodes.ts';
import {onNodes} from './shared/repairs.ts';
import {ok, refsTo, unknown} from './shared/verdicts.ts';
import {joinWords} from './shared/words.ts';

const device = 'kube-ipvs0';

/** An address that a node took for its own, and whose it is. */
type Conflict = {readonly node: NodeEvidence; readonly ip: string; readonly owner: string};

/** Every node's own address, and the gateways that this node sends to. */
const ownersOf = (node: NodeEvidence, {target}: Evidence): ReadonlyMap<string, string> => new Map([
	...(valueOf(node.network)?.routes ?? []).flatMap(({gateway}) => (gateway === undefined ? [] : [[gateway, 'a gateway of its routes'] as const])),
	...target.nodes.values().map(({internalIp, name}) => [internalIp, name === node.node ? 'its own address' : `the address of ${name}`] as const),
]);

const conflictsOf = (node: NodeEvidence, evidence: Evidence): readonly Conflict[] => {
	const owners = ownersOf(node, evidence);
	return (valueOf(node.network)?.addresses ?? [])
		.filter(entry => entry.device === device)
		.map(({address}) => address.split('/', 1)[0])
		.flatMap(ip => {
			const owner = owners.get(ip);
			return owner === undefined ? [] : [{node, ip, owner}];
		});
};

const findConflicts = (evidence: Evidence): readonly Conflict[] => evidence.nodes.values().flatMap(node => conflictsOf(node, evidence)).toArray();

const hasTaken = (evidence: Evidence, node: string | undefined, ip: string | undefined): boolean => ip !== undefined
	&& findConflicts(evidence).some(conflict => conflict.node.node === node && conflict.ip === ip);

/** A gateway that the sender takes for itself leads nowhere, or still leads there where the route was made before: Linux 6.1 was seen to do both. */
const isGatewayTaken = ({from, destination}: Leg, evidence: Evidence): boolean => {
	const network = plainNetworkOf(evidence, from);
	return network !== undefined && hasTaken(evidence, from, routeTo(network, destination)?.gateway);
};

/** A node drops what comes from an address of its own, and keeps what is for it (RFC 1812, 5.3.7). */
const predict = (evidence: Evidence): Prediction => route => {
	const {cell, endpoint, backend, backendNode, place} = route;
	if (place !== 'other-node') {
		return [];
	}

	const isFromTaken = cell.fromKind === 'node' && hasTaken(evidence, backendNode, evidence.target.nodes.get(cell.fromNode)?.internalIp);
	const isToTaken = backend?.isHostNetwork === true && hasTaken(evidence, cell.fromNode, endpoint.ip);
	const isOnWay = isFailing(cell) && legsOf(route, evidence).some(leg => isGatewayTaken(leg, evidence));
	return isFromTaken || isToTaken || isOnWay ? ['timeout', 'refused', 'unreachable'] : [];
};

const isExplained = (cell: Cell, evidence: Evidence): boolean => isCellExplained(cell, evidence, predict(evidence));

const describe = (conflicts: readonly Conflict[]): string => Map.groupBy(conflicts, ({ip, owner}) => `${ip}, ${owner}`).entries()
	.map(([what, same]) => `${joinWords(same.map(({node}) => node.node))} ${same.length === 1 ? 'has' : 'have'} ${what}, on ${device}`)
	.toArray()
	.join('; ');

const judge = (evidence: Evidence): Verdict => {
	const conflicts = findConflicts(evidence);
	if (conflicts.length > 0) {
		return judgeCondition(evidence, {
			what: `${describe(conflicts)}: what comes from there is dropped, and what is for it stays on the node`,
			refs: refsTo(...new Set(conflicts.map(({node}) => node.network))),
			explains: isExplained,
			isCertain: false,
			harmless: 'no probe failed from it, but the nodes themselves, kubelet and the API may',
		});
	}

	const {readings, gaps} = readNodes(evidence, ({network}) => network);
	return gaps.length > 0 ? unknown(gaps.join('; ')) : ok(`no address of a node or a gateway is on ${device} of ${nameNodes(readings)}`);
};

export const ipvsVipHostConflict: Check = {
	id: 'ipvs-vip-host-conflict',
	place: 360,
	title: 'No Service has a node\'s address',
	explain: 'In ipvs mode every address of a Service, its externalIPs and those of load balancers too, is put onto the interface kube-ipvs0 of every node. Where one of them is the address of a node or a gateway, all nodes take it for their own: they no longer reach that machine, nor hear it.',
	judge,
	explains: isExplained,
	repair(evidence) {
		const conflicts = findConflicts(evidence);
		return [
			...new Set(conflicts.map(({ip}) => `kubectl get services -A -o json | grep -B 30 -F '"${ip}"'   # whose externalIPs, loadBalancerIP or status has it: it must go from there`)),
			onNodes(conflicts.map(({node}) => node.node)),
			...new Set(conflicts.map(({ip}) => `ip addr del ${ip}/32 dev ${device}   # at once; kube-proxy puts it back as long as a Service has it`)),
		];
	},
};

import type {Check, Verdict} from '../check.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {type NodeRoute, routeTo} from '../evidence/network.ts';
import type {Cell} from '../probes/matrix.ts';
import {type Prediction, explainedCells, isCellExplained} from './shared/explain.ts';
import {judgeCondition} from './shared/judge-condition.ts';
import {
	type Leg,
	findUnclearLegs,
	legsOf,
	lostDirection,
	plainNetworkOf,
} from './shared/legs.ts';
import {tellLoss} from './shared/loss.ts';
import {nameNodes, readNodes} from './shared/nodes.ts';
import {onNodes} from './shared/repairs.ts';
import {routesOf} from './shared/routes.ts';
import {ok, refsTo, unknown} from './shared/verdicts.ts';
import {joinWords} from './shared/words.ts';

/** What a node does with packets for an address: `sends packets for 10.244.2.31 by its default route`. */
type Astray = {readonly leg: Leg; readonly problem: (packets: string) => string};

/** The route leads to that node itself: by its address, or into a tunnel. */
const isLeadingTo = (route: NodeRoute | undefined, node: string, {target}: Evidence): boolean =>
	route !== undefined && route.prefix > 0 && !route.isRefusing && (route.gateway === undefined || route.gateway === target.nodes.get(node)?.internalIp);

const findOwner = (ip: string | undefined, {target}: Evidence): string | undefined => target.nodes.values().find(({internalIp}) => internalIp === ip)?.name;

/** How the other node sends to pods of this one: where it knows the way, this cluster lays routes, and the default route is none of them. */
const isAnswered = ({from, to, source}: Leg, evidence: Evidence): boolean => {
	const network = plainNetworkOf(evidence, to);
	return network !== undefined && source !== undefined && isLeadingTo(routeTo(network, source), from, evidence);
};

const problemOf = (leg: Leg, evidence: Evidence): Astray['problem'] | undefined => {
	const network = plainNetworkOf(evidence, leg.from);
	const route = network && routeTo(network, leg.destination);
	if (network === undefined) {
		return undefined;
	}

	if (route === undefined || route.isRefusing) {
		return packets => (route === undefined ? `has no route at all for ${packets}` : `refuses ${packets} by its route to ${route.network}/${route.prefix}`);
	}

	if (route.prefix === 0) {
		return isAnswered(leg, evidence) ? packets => `has only its default route for ${packets}` : undefined;
	}

	const owner = findOwner(route.gateway, evidence);
	return owner === undefined || owner === leg.to ? undefined : packets => `sends ${packets} to ${owner}`;
};

const astrayOf = (leg: Leg, evidence: Evidence): readonly Astray[] => {
	const problem = problemOf(leg, evidence);
	return problem === undefined ? [] : [{leg, problem}];
};

/** A leg of the other direction than the one in which a packet was lost has nothing to do with it. */
const predict = (evidence: Evidence): Prediction => route => {
	const lost = lostDirection(route, evidence);
	const astray = legsOf(route, evidence).filter(({direction}) => lost === undefined || direction === lost).flatMap(leg => astrayOf(leg, evidence));
	return astray.length > 0 ? ['timeout', 'unreachable'] : [];
};

const isExplained = (cell: Cell, evidence: Evidence): boolean => isCellExplained(cell, evidence, predict(evidence));

/** One for each way. A pod's own is taken before a node's: its address tells whether the other node knows the way back. */
const allLegs = (evidence: Evidence, cells: readonly Cell[]): readonly Leg[] => {
	const legs = cells.flatMap(cell => routesOf(cell, evidence)).flatMap(route => legsOf(route, evidence))
		.toSorted((a, b) => Number(a.source !== undefined) - Number(b.source !== undefined));
	return new Map(legs.map(leg => [`${leg.from} ${leg.destination}`, leg])).values().toArray();
};

const describe = (astray: readonly Astray[]): string => Map.groupBy(astray, ({leg, problem}) => problem(`${leg.from} ${leg.to}`)).values().map(same => {
	const [{leg, problem}] = same;
	return `${leg.from} ${problem(`packets to ${joinWords(same.map(one => one.leg.destination))} on ${leg.to}`)}`;
}).toArray().join('; ');

const refsOf = (evidence: Evidence, legs: readonly Leg[]) => refsTo(...new Set(legs.map(({from}) => evidence.nodes.get(from)?.network)));

const judge = (evidence: Evidence): Verdict => {
	const astray = allLegs(evidence, evidence.matrix).flatMap(leg => astrayOf(leg, evidence));
	if (astray.length > 0) {
		const {words, refs} = tellLoss(evidence, explainedCells(evidence, predict(evidence)));
		return judgeCondition(evidence, {
			what: `${describe(astray)}${words}`, refs: [...refs, ...refsOf(evidence, astray.map(({leg}) => leg))], explains: isExplained, isCertain: refs.length > 0, harmless: 'no probe failed from it',
		});
	}

	const {readings, gaps} = readNodes(evidence, ({network}) => network);
	const reasons = [...findUnclearLegs(evidence), ...gaps];
	return reasons.length > 0 ? unknown(reasons.join('; ')) : ok(`no route of ${nameNodes(readings)} leads pods' packets astray`);
};

const repairLeg = ({target}: Evidence, {from, to, destination}: Leg): readonly string[] => {
	const node = target.nodes.get(to);
	return [
		`ip -4 route get ${destination}   # on ${from}: where it goes now`,
		...(node?.podCidrs.filter(cidr => !cidr.includes(':')) ?? []).map(cidr => `ip route replace ${cidr} via ${node?.internalIp ?? 'NODE_IP'}   # on ${from}, where nodes route to one another directly (host-gw); with a tunnel the CNI's agent must lay it. undo: ip route del ${cidr}`),
	];
};

export const podRouteMissing: Check = {
	id: 'pod-route-missing',
	place: 550,
	title: 'Nodes know the way to each other\'s pods',
	explain: 'A node finds the pods of another one by a route to that node\'s pod network, which the CNI\'s agent lays and keeps. Where it is missing or leads to a node that is gone, packets are lost between nodes; where only the backend\'s node lacks it, requests arrive and the answers do not.',
	judge,
	explains: isExplained,
	repair(evidence) {
		const legs = allLegs(evidence, evidence.matrix).filter(leg => problemOf(leg, evidence) !== undefined);
		return [
			onNodes(legs.map(({from}) => from)),
			'kubectl get pods -A -o wide | grep -E \'flannel|calico|kube-router|weave|cilium\'   # does the CNI\'s agent run on that node? It lays these routes, and lays them again when it is restarted',
			...new Set(legs.flatMap(leg => repairLeg(evidence, leg))),
		];
	},
};

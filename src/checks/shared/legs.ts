import type {Evidence} from '../../evidence/evidence.ts';
import {valueOf} from '../../evidence/known.ts';
import {type NodeNetwork, unusualRules} from '../../evidence/network.ts';
import {isFailing} from '../../probes/matrix.ts';
import {isMasqueradingAll} from './bypass.ts';
import {findLostPacket} from './proof.ts';
import {type Route, routesOf} from './routes.ts';
import {joinWords} from './words.ts';

/** The way of one packet from node to node, to a pod of the other node. */
export type Leg = {
	readonly direction: 'request' | 'reply';
	readonly from: string;
	readonly to: string;
	readonly destination: string;
	/** Where the packet comes from; undefined where a node chose its own address. */
	readonly source: string | undefined;
};

/** The client's own address, where the backend is known to see it: what leaves the pods' network for a node is masqueraded by most CNIs (flannel, the bridge plugin's ipMasq). */
const seenClient = ({from, cell, isThroughVip, backend}: Route, evidence: Evidence): string | undefined =>
	(from === undefined || from.isHostNetwork || backend?.isHostNetwork === true || (isThroughVip && isMasqueradingAll(evidence, cell.fromNode)) ? undefined : from.ip);

/** What has to be carried between nodes on this route, in both directions. IPv4 alone, since that is what is read of routes. */
export const legsOf = (route: Route, evidence: Evidence): readonly Leg[] => {
	const {place, cell, endpoint, backend, backendNode} = route;
	if (place !== 'other-node' || backendNode === undefined || endpoint.ip.includes(':')) {
		return [];
	}

	const client = seenClient(route, evidence);
	const request: Leg = {
		direction: 'request', from: cell.fromNode, to: backendNode, destination: endpoint.ip, source: client,
	};
	const reply: Leg | undefined = client === undefined
		? undefined
		: {
			direction: 'reply', from: backendNode, to: cell.fromNode, destination: client, source: endpoint.ip,
		};
	return [...(backend?.isHostNetwork === true ? [] : [request]), ...(reply ? [reply] : [])];
};

/** Routes and interfaces of a node, where the main table is what decides. */
export const plainNetworkOf = ({nodes}: Evidence, name: string): NodeNetwork | undefined => {
	const network = valueOf(nodes.get(name)?.network);
	return network?.rules !== undefined && unusualRules(network).length === 0 ? network : undefined;
};

/** Which of the two directions the captures of the client's attempt saw a packet get lost in; undefined where they do not tell. */
export const lostDirection = ({cell}: Route, evidence: Evidence): Leg['direction'] | undefined => {
	const lost = cell.role === 'client' && cell.path !== 'endpoint' ? findLostPacket(evidence) : undefined;
	return lost && (lost.from === 'client' ? 'request' : 'reply');
};

/** Nodes whose routes a failing probe had to take, and that choose them by other rules than the main table's, or could not be read. */
export const findUnclearLegs = (evidence: Evidence): readonly string[] => {
	const legs = evidence.matrix.filter(cell => isFailing(cell)).flatMap(cell => routesOf(cell, evidence)).flatMap(route => legsOf(route, evidence));
	const unclear = new Set(legs.map(({from}) => from).filter(name => evidence.nodes.has(name) && plainNetworkOf(evidence, name) === undefined));
	return unclear.size === 0 ? [] : [`which routes ${joinWords([...unclear])} takes could not be told: they were not read, or rules of its own choose between tables`];
};

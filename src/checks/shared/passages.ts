import type {Evidence, Known} from '../../evidence/evidence.ts';
import {valueOf} from '../../evidence/known.ts';
import {bridgeOfPod, kernelProxyMode} from '../../evidence/readings.ts';
import {isFailing} from '../../probes/matrix.ts';
import {bridgeNetfilterOf} from './bridge-netfilter.ts';
import {ipVersionOf} from './bridges.ts';
import {isMasqueradingAll} from './bypass.ts';
import {type Route, routesOf} from './routes.ts';

/**
 One crossing of a node's FORWARD hook. routed: needs net.ipv4.ip_forward · bridged: br_netfilter calls the hook for a frame that stays on the bridge.
 `isMarked`: carries kube-proxy's masquerade mark, which KUBE-FORWARD accepts.
 */
export type Passage = {
	readonly node: string;
	readonly way: 'routed' | 'bridged';
	readonly direction: 'request' | 'reply';
	readonly isMarked: boolean;
};

const bothWays = (node: string, isMarked = false): readonly Passage[] => [
	{
		node, way: 'routed', direction: 'request', isMarked,
	},
	{
		node, way: 'routed', direction: 'reply', isMarked: false,
	},
];

const reply = (node: string, way: Passage['way']): readonly Passage[] => [{
	node, way, direction: 'reply', isMarked: false,
}];

/** The answer between two pods of one bridge: sent to the node where it masqueraded, through the bridge's hooks with br_netfilter, past them without. */
const neighbourReply = (route: Route, evidence: Evidence): readonly Passage[] => {
	const node = route.cell.fromNode;
	if (route.isThroughVip && isMasqueradingAll(evidence, node)) {
		return reply(node, 'routed');
	}

	return isBridgeFiltered(route, evidence) ? reply(node, 'bridged') : [];
};

const isBridgeFiltered = ({from, cell}: Route, evidence: Evidence): boolean => {
	const node = evidence.nodes.get(cell.fromNode);
	const plug = from && bridgeOfPod(evidence, from);
	return node !== undefined && plug !== undefined && valueOf(bridgeNetfilterOf(ipVersionOf(evidence))(node, plug.bridge)) === 1;
};

const directPassages = (route: Route, evidence: Evidence): readonly Passage[] => {
	const {cell: {fromNode}, place} = route;
	const isFiltered = place === 'same-bridge' && isBridgeFiltered(route, evidence);
	if (place === 'same-node') {
		return bothWays(fromNode);
	}

	return isFiltered
		? [{
			node: fromNode, way: 'bridged', direction: 'request', isMarked: false,
		}, ...reply(fromNode, 'bridged')]
		: [];
};

/** In ipvs mode a request to a ClusterIP enters the node by INPUT (kube-ipvs0 holds the address) and leaves by OUTPUT: FORWARD sees its replies only. */
const ipvsPassages = (route: Route, evidence: Evidence): readonly Passage[] =>
	route.place === 'same-bridge' ? neighbourReply(route, evidence) : reply(route.cell.fromNode, 'routed');

/** In iptables and nftables mode DNAT happens before routing, so that the request is forwarded like any other; self access is masqueraded. */
const natPassages = (route: Route, evidence: Evidence): readonly Passage[] => {
	const {place, cell: {fromNode}} = route;
	const [request, answer] = bothWays(fromNode, place === 'itself' || isMasqueradingAll(evidence, fromNode));
	return place === 'same-bridge' ? [request, ...neighbourReply(route, evidence)] : [request, answer];
};

const clientSide = (route: Route, evidence: Evidence): readonly Passage[] | undefined => {
	if (!route.isThroughVip) {
		return route.place === 'other-node' ? bothWays(route.cell.fromNode) : directPassages(route, evidence);
	}

	const node = evidence.nodes.get(route.cell.fromNode);
	const mode = node && valueOf(kernelProxyMode(node));
	if (mode === undefined) {
		return undefined;
	}

	return mode === 'ipvs' ? ipvsPassages(route, evidence) : natPassages(route, evidence);
};

const isLocal = ({cell, from}: Route): boolean => cell.fromKind === 'node' || from?.isHostNetwork === true;

/** A backend on its node's own network is reached by INPUT. */
const isForwardedTo = ({backend}: Route): boolean => backend?.isHostNetwork !== true;

/** Where packets of this route cross FORWARD, in both directions; undefined where that cannot be told. */
export const passagesOf = (route: Route, evidence: Evidence): readonly Passage[] | undefined => {
	const {place, backendNode} = route;
	if (place === 'unknown') {
		return undefined;
	}

	const there = place === 'other-node' && backendNode !== undefined && isForwardedTo(route) ? bothWays(backendNode) : [];
	if (isLocal(route)) {
		return there;
	}

	const here = place === 'same-node' && !isForwardedTo(route) ? [] : clientSide(route, evidence);
	return here && [...here, ...there];
};

/** A failing probe whose way through the nodes could not be told, and why. */
export const findUnclearWay = (evidence: Evidence): string | undefined => {
	const unclear = evidence.matrix
		.filter(cell => isFailing(cell))
		.flatMap(cell => routesOf(cell, evidence))
		.find(route => passagesOf(route, evidence) === undefined);
	if (!unclear) {
		return undefined;
	}

	const node = evidence.nodes.get(unclear.cell.fromNode);
	const mode: Known<string> = node ? kernelProxyMode(node) : {unknown: `${unclear.cell.fromNode} could not be read`};
	const why = 'unknown' in mode ? `the proxy mode of ${unclear.cell.fromNode}: ${mode.unknown}` : `whether ${unclear.cell.from} shares a bridge with the backend`;
	return `the way of the packets of ${unclear.cell.from} is not known (${why})`;
};

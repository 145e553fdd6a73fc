import type {Endpoint, Pod} from '../../cluster/cluster.ts';
import type {Evidence} from '../../evidence/evidence.ts';
import {bridgeOfPod} from '../../evidence/readings.ts';
import type {Attempt, Cell} from '../../probes/matrix.ts';
import {isPlugRead} from './bridges.ts';
import {formatAddress, podLabel} from './words.ts';

/**
 Where an endpoint is, seen from where the probe comes from.
 same-node: on the node but not on the same bridge (a host-network pod, or a routed one) · unknown: on the node, and it could not be read whether they share a bridge.
 */
export type Place = 'itself' | 'same-bridge' | 'same-node' | 'other-node' | 'unknown';

/** One way that an attempt of a cell can take: to one endpoint. */
export type Route = {
	readonly cell: Cell;
	/** The pod that probes; undefined where the node itself does. */
	readonly from: Pod | undefined;
	readonly endpoint: Endpoint;
	readonly backend: Pod | undefined;
	/** The endpoint's node, where it is known. */
	readonly backendNode: string | undefined;
	readonly place: Place;
	readonly isThroughVip: boolean;
};

/** The pods that take part: the clients that were asked from, and the backends. */
export const knownPods = ({target}: Evidence): readonly Pod[] => [target.client, ...(target.otherClient ? [target.otherClient] : []), ...target.backends];

/** The pod that a cell's probe comes from. */
export const podOfCell = (cell: Cell, evidence: Evidence): Pod | undefined =>
	cell.fromKind === 'pod' ? knownPods(evidence).find(pod => podLabel(pod) === cell.from) : undefined;

export const backendOf = (endpoint: Endpoint, {target}: Evidence): Pod | undefined => target.backends.find(pod => pod.ip === endpoint.ip);

const placeOnNode = (from: Pod | undefined, backend: Pod | undefined, evidence: Evidence): Place => {
	if (from === undefined || from.isHostNetwork || backend?.isHostNetwork === true) {
		return 'same-node';
	}

	if (backend === undefined || !isPlugRead(evidence, from) || !isPlugRead(evidence, backend)) {
		return 'unknown';
	}

	const here = bridgeOfPod(evidence, from)?.bridge.name;
	return here !== undefined && here === bridgeOfPod(evidence, backend)?.bridge.name ? 'same-bridge' : 'same-node';
};

const placeOf = (cell: Cell, endpoint: Endpoint, evidence: Evidence): Place => {
	const from = podOfCell(cell, evidence);
	const backend = backendOf(endpoint, evidence);
	if (from?.ip === endpoint.ip) {
		return 'itself';
	}

	const node = endpoint.node ?? backend?.node;
	if (node === undefined) {
		// Whoever probes does so on a node whose addresses were read, and it was not among them.
		return evidence.target.isFromRules === true ? 'other-node' : 'unknown';
	}

	return node === cell.fromNode ? placeOnNode(from, backend, evidence) : 'other-node';
};

const routeTo = (cell: Cell, endpoint: Endpoint, evidence: Evidence): Route => {
	const backend = backendOf(endpoint, evidence);
	return {
		cell, from: podOfCell(cell, evidence), endpoint, backend, backendNode: endpoint.node ?? backend?.node, place: placeOf(cell, endpoint, evidence), isThroughVip: cell.path !== 'endpoint',
	};
};

export const readyEndpoints = ({target}: Evidence): readonly Endpoint[] => target.endpoints.filter(endpoint => endpoint.isReady);

/** The endpoints that new connections go to; where the selector finds no pod, those it was meant for. */
export const examinedEndpoints = (evidence: Evidence): readonly Endpoint[] => (evidence.target.isMeant === true ? evidence.target.endpoints : readyEndpoints(evidence));

/** The endpoints that a ClusterIP leads to from this node, by the Service's internalTrafficPolicy. */
export const endpointsFrom = (evidence: Evidence, fromNode: string): readonly Endpoint[] => readyEndpoints(evidence)
	.filter(({node}) => evidence.target.service.internalTrafficPolicy !== 'Local' || node === fromNode);

/** Every way that the attempts of a cell can take: a ClusterIP leads to any ready endpoint, an endpoint's address to that one. */
export const routesOf = (cell: Cell, evidence: Evidence): readonly Route[] => {
	const endpoints = cell.path === 'endpoint'
		? evidence.target.endpoints.filter(({ip, port}) => ip === cell.toIp && port === cell.toPort)
		: endpointsFrom(evidence, cell.fromNode);
	return endpoints.map(endpoint => routeTo(cell, endpoint, evidence));
};

/** The ways that one attempt can have taken: one where packets or tables named its backend, else all of the cell's. */
export const routesOfAttempt = ({backend}: Attempt, routes: readonly Route[]): readonly Route[] => (backend === undefined
	? routes
	: routes.filter(({endpoint}) => backend === endpoint.ip || backend === formatAddress(endpoint)));

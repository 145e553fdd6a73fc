import {isPlugRead} from '../checks/shared/bridges.ts';
import {readListening} from '../checks/shared/listeners.ts';
import {backendOf, knownPods, podOfCell} from '../checks/shared/routes.ts';
import type {Endpoint, Pod} from '../cluster/cluster.ts';
import {podLabel} from '../cluster/pod-label.ts';
import {isInCidr} from '../datapath/cidr.ts';
import type {
	Attempt,
	Host,
	Place,
	World,
} from '../datapath/world.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {bridgeOfPod} from '../evidence/readings.ts';
import type {Cell} from '../probes/matrix.ts';
import {toNodeView} from './node-view.ts';

/** A pod that nobody looked into is on the bridge whose own network holds its address. */
const bridgeByAddress = ({ip, node}: Pod, {nodes}: Evidence): string | undefined => (valueOf(nodes.get(node)?.bridges) ?? [])
	.find(({addresses}) => addresses.some(address => isInCidr(ip, address) === true))?.name;

const placeOfPod = (pod: Pod, evidence: Evidence): Place => {
	if (pod.isHostNetwork) {
		return {kind: 'node', node: pod.node};
	}

	const plug = bridgeOfPod(evidence, pod);
	const name = bridgeByAddress(pod, evidence);
	const bridge = plug ? {name: plug.bridge.name, isHairpin: plug.port.hairpinMode === 1} : undefined;
	return {
		kind: 'pod',
		node: pod.node,
		gateway: valueOf(evidence.pods.get(podLabel(pod))?.gateway),
		bridge: isPlugRead(evidence, pod) ? {value: bridge} : (name === undefined ? {unknown: `what ${podLabel(pod)} is plugged into was not read`} : {value: {name, isHairpin: undefined}}),
	};
};

/** Whether somebody listens on an endpoint's port; of pods that were looked into. */
const listensOf = (ip: string, evidence: Evidence): Host['listens'] => port => {
	const {state} = readListening({
		ip, port, isReady: true, node: undefined, pod: undefined,
	}, evidence);
	return state === 'unknown' ? undefined : state === 'reachable';
};

const hostOfPod = (pod: Pod, evidence: Evidence): Host => ({
	ip: pod.ip, label: podLabel(pod), place: placeOfPod(pod, evidence), listens: listensOf(pod.ip, evidence),
});

/** An endpoint whose pod was not read: a pod of its node, as far as the address tells. */
const hostOfEndpoint = ({ip, node = ''}: Endpoint): Host => ({
	ip, label: ip, place: {kind: 'pod', node, bridge: {unknown: `the pod of ${ip} was not read`}}, listens: () => undefined,
});

/** What was read of nodes and pods, as the walk of a packet needs it. */
export const toWorld = (evidence: Evidence): World => {
	const pods = knownPods(evidence);
	const strangers = evidence.target.endpoints.filter(endpoint => backendOf(endpoint, evidence) === undefined && pods.every(({ip}) => ip !== endpoint.ip));
	return {
		nodes: new Map(evidence.nodes.values().map(node => [node.node, toNodeView(node, evidence)])),
		hosts: [...pods.map(pod => hostOfPod(pod, evidence)), ...strangers.map(endpoint => hostOfEndpoint(endpoint))],
	};
};

/** The attempt that a cell of the matrix makes. */
export const toAttempt = (cell: Cell, evidence: Evidence): Attempt => {
	const pod = podOfCell(cell, evidence);
	const isPod = pod !== undefined && !pod.isHostNetwork;
	return {
		from: {label: cell.from, ip: isPod ? pod.ip : undefined, place: isPod ? placeOfPod(pod, evidence) : {kind: 'node', node: cell.fromNode}},
		to: {ip: cell.toIp, port: cell.toPort},
		protocol: cell.protocol === 'UDP' ? 'udp' : 'tcp',
	};
};

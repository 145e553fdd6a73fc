import type {Node, Pod} from '../cluster/cluster.ts';
import type {Known, NodeEvidence} from '../evidence/evidence.ts';
import {bridgeOfPod, cniPlugin, kernelProxyMode} from '../evidence/readings.ts';
import {type SessionState, evidenceOf} from '../session-state.ts';
import type {Target} from '../target.ts';
import {formatTable} from './table.ts';

const show = <T>(known: Known<T> | undefined, format: (value: T) => string = String): string => {
	if (known === undefined) {
		return '-';
	}

	return 'unknown' in known ? '?' : format(known.value);
};

const podRow = (state: SessionState, pod: Pod, role: string): readonly string[] => {
	const place = bridgeOfPod(evidenceOf(state), pod);
	const evidence = state.pods.get(`${pod.namespace}/${pod.name}`);
	return [
		role, `${pod.namespace}/${pod.name}`, pod.ip, pod.node, pod.isReady ? 'Ready' : pod.phase, show(evidence?.gateway), place?.bridge.name ?? '-', place?.port.name ?? '-',
	];
};

const endpointRow = (ip: string, port: number, node: string | undefined, isReady: boolean): readonly string[] =>
	['endpoint', `${ip}:${port}`, ip, node ?? '-', isReady ? 'Ready' : 'NotReady', '-', '-', '-'];

const podRows = (state: SessionState, target: Target): ReadonlyArray<readonly string[]> => {
	const {client, otherClient, backends} = target;
	const isBackend = (pod: Pod) => backends.some(backend => backend.namespace === pod.namespace && backend.name === pod.name);
	return [
		['', 'POD', 'IP', 'NODE', 'STATUS', 'GATEWAY', 'BRIDGE', 'VETH'],
		podRow(state, client, isBackend(client) ? 'client+backend' : 'client'),
		...backends.filter(pod => pod.name !== client.name || pod.namespace !== client.namespace).map(pod => podRow(state, pod, 'backend')),
		...(otherClient ? [podRow(state, otherClient, 'other client')] : []),
		...target.endpoints.filter(({ip}) => backends.every(pod => pod.ip !== ip)).map(({ip, port, node, isReady}) => endpointRow(ip, port, node, isReady)),
	];
};

const versionOf = (evidence: NodeEvidence | undefined): string => {
	const mode = evidence && kernelProxyMode(evidence);
	return mode === undefined ? '?' : show(mode);
};

const nodeRow = (node: Node, evidence: NodeEvidence | undefined, way = '-'): readonly string[] => [
	'node', node.name, node.internalIp, way, node.isReady ? 'Ready' : 'NotReady', node.kubeletVersion, node.kernel, node.runtime, versionOf(evidence), evidence ? show(cniPlugin(evidence)) : '?',
];

const nodeRows = (state: SessionState, target: Target): ReadonlyArray<readonly string[]> => [
	['', 'NODE', 'IP', 'WAY', 'STATUS', 'KUBELET', 'KERNEL', 'RUNTIME', 'PROXY MODE', 'CNI'],
	...target.nodes.values().map(node => nodeRow(node, state.nodes.get(node.name), state.reached.get(node.name))),
];

/** Who takes part, as `kubectl get -o wide` would show it, and where each pod is plugged in. */
export const formatInventory = (state: SessionState, target: Target): readonly string[] => [
	...formatTable(podRows(state, target)),
	'',
	...formatTable(nodeRows(state, target)),
];

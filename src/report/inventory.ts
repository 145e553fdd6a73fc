import type {Endpoint, Node, Pod} from '../cluster/cluster.ts';
import {podLabel} from '../cluster/pod-label.ts';
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
	const evidence = state.pods.get(podLabel(pod));
	return [
		role, podLabel(pod), pod.ip, pod.node, pod.isReady ? 'Ready' : pod.phase, show(evidence?.gateway), place?.bridge.name ?? '-', place?.port.name ?? '-',
	];
};

const statusOfEndpoint = (isReady: boolean, isFromRules: boolean): string =>
	(isFromRules ? (isReady ? 'in use' : 'weight 0') : (isReady ? 'Ready' : 'NotReady'));

const endpointRow = ({ip, port, node, isReady}: Endpoint, {isFromRules = false}: Target): readonly string[] =>
	['endpoint', `${ip}:${port}`, ip, node ?? '?', statusOfEndpoint(isReady, isFromRules), '-', '-', '-'];

/** Who takes part, one row each. */
export const listPodRows = (state: SessionState, target: Target): ReadonlyArray<readonly string[]> => {
	const {client, otherClient, backends} = target;
	const isBackend = (pod: Pod) => backends.some(backend => backend.namespace === pod.namespace && backend.name === pod.name);
	return [
		['', 'POD', 'IP', 'NODE', 'STATUS', 'GATEWAY', 'BRIDGE', 'VETH'],
		podRow(state, client, isBackend(client) ? 'client+backend' : 'client'),
		...backends.filter(pod => pod.name !== client.name || pod.namespace !== client.namespace).map(pod => podRow(state, pod, 'backend')),
		...(otherClient ? [podRow(state, otherClient, 'other client')] : []),
		...target.endpoints.filter(({ip}) => backends.every(pod => pod.ip !== ip)).map(endpoint => endpointRow(endpoint, target)),
	];
};

const versionOf = (evidence: NodeEvidence | undefined): string => {
	const mode = evidence && kernelProxyMode(evidence);
	return mode === undefined ? '?' : show(mode);
};

const orUnknown = (text: string): string => (text === '' ? '?' : text);

const statusOfNode = ({isReady}: Node, isFromRules: boolean): string => (isFromRules ? '?' : (isReady ? 'Ready' : 'NotReady'));

const nodeRow = (node: Node, state: SessionState, {isFromRules = false}: Target): readonly string[] => {
	const evidence = state.nodes.get(node.name);
	const facts = [node.kubeletVersion, node.kernel, node.runtime].map(fact => orUnknown(fact));
	return [
		'node', node.name, orUnknown(node.internalIp), state.reached.get(node.name) ?? '-', statusOfNode(node, isFromRules), ...facts, versionOf(evidence), evidence ? show(cniPlugin(evidence)) : '?',
	];
};

/** The nodes that take part, one row each. */
export const listNodeRows = (state: SessionState, target: Target): ReadonlyArray<readonly string[]> => [
	['', 'NODE', 'IP', 'WAY', 'STATUS', 'KUBELET', 'KERNEL', 'RUNTIME', 'PROXY MODE', 'CNI'],
	...target.nodes.values().map(node => nodeRow(node, state, target)),
];

/** Who takes part, as `kubectl get -o wide` would show it, and where each pod is plugged in. */
export const formatInventory = (state: SessionState, target: Target): readonly string[] => [
	...formatTable(listPodRows(state, target)),
	'',
	...formatTable(listNodeRows(state, target)),
];

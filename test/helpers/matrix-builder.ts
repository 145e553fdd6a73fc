import type {Pod} from '../../src/cluster/cluster.ts';
import type {
	Attempt,
	Cell,
	Matrix,
	Outcome,
} from '../../src/probes/matrix.ts';
import type {Target} from '../../src/target.ts';

/** Outcomes by cell, `open` where nothing is said: `mars1 vip`, `mars1 10.244.0.19`, `k8s1 vip`. One word for one attempt; `none` for a probe that could not be made. */
export type Outcomes = Readonly<Record<string, Outcome | 'none' | readonly Attempt[]>>;

const attemptsOf = (outcome: Outcomes[string] | undefined): readonly Attempt[] => {
	if (outcome === 'none') {
		return [];
	}

	return typeof outcome === 'object' ? outcome : [{outcome: outcome ?? 'open', ms: 1}];
};

const cellOf = (from: Pod | string, role: Cell['role'], to: {readonly ip: string; readonly port: number}, more: Pick<Cell, 'path' | 'fromNode'>, outcomes: Outcomes): Cell => {
	const name = typeof from === 'string' ? from : from.name;
	const outcome = outcomes[`${name} ${more.path === 'endpoint' ? to.ip : 'vip'}`];
	return {
		from: typeof from === 'string' ? from : `${from.namespace}/${from.name}`,
		fromKind: typeof from === 'string' ? 'node' : 'pod',
		role,
		toIp: to.ip,
		toPort: to.port,
		protocol: 'TCP',
		attempts: attemptsOf(outcome),
		command: `nc -v -z -w 3 ${to.ip} ${to.port}`,
		...(outcome === 'none' && {error: 'neither bash, nc nor curl can make a connection'}),
		...more,
	};
};

const cellsOfPod = (pod: Pod, role: Cell['role'], {endpoints, service, port}: Target, outcomes: Outcomes): readonly Cell[] => [
	cellOf(pod, role, {ip: service.clusterIp, port: port.port}, {path: endpoints.some(({ip}) => ip === pod.ip) ? 'self' : 'vip', fromNode: pod.node}, outcomes),
	...endpoints.filter(({ip}) => ip !== pod.ip).map(endpoint => cellOf(pod, role, endpoint, {path: 'endpoint', fromNode: pod.node}, outcomes)),
];

/** Every cell that a session asks (src/probes/plan.ts). */
export const foundingMatrix = (target: Target, outcomes: Outcomes): Matrix => {
	const {client, otherClient, backends, service, port} = target;
	return [
		...cellsOfPod(client, 'client', target, outcomes),
		...(otherClient ? cellsOfPod(otherClient, 'other', target, outcomes) : []),
		...backends.filter(pod => pod.name !== client.name).flatMap(pod => cellsOfPod(pod, 'backend', target, outcomes).slice(0, 1)),
		cellOf(client.node, 'node', {ip: service.clusterIp, port: port.port}, {path: 'vip', fromNode: client.node}, outcomes),
	];
};

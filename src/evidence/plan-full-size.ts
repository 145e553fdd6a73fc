import type {Pod} from '../cluster/cluster.ts';
import {podLabel} from '../cluster/pod-label.ts';
import type {FullSizePlan} from '../probes/full-size.ts';
import type {Matrix} from '../probes/matrix.ts';
import {pointOfPod, probedBackends} from '../probes/plan.ts';
import type {Target} from '../target.ts';
import type {PodEvidence} from './evidence.ts';
import {valueOf} from './known.ts';

// Where traceroute(8) begins, since nobody listens there.
const firstPort = 33_434;

const findClosedPort = ({listeners}: PodEvidence): number => {
	const taken = new Set((valueOf(listeners) ?? []).filter(({protocol}) => protocol.startsWith('udp')).map(({port}) => port));
	return Array.from({length: taken.size + 1}, (_, index) => firstPort + index).find(port => !taken.has(port)) ?? firstPort;
};

const planWay = (from: Pod, to: Pod, pods: ReadonlyMap<string, PodEvidence>): readonly FullSizePlan[] => {
	const bytes = valueOf(pods.get(podLabel(from))?.mtu);
	const far = pods.get(podLabel(to));
	return bytes === undefined || far === undefined
		? []
		: [{
			point: pointOfPod(from), from: podLabel(from), fromNode: from.node, to: podLabel(to), toNode: to.node, toIp: to.ip, port: findClosedPort(far), bytes,
		}];
};

/** The backends on other nodes that the client can open a connection to: there a packet has to fit through what is between nodes. */
const reachedBackends = (target: Target, matrix: Matrix): readonly Pod[] => probedBackends(target).filter(pod => !target.client.isHostNetwork && pod.node !== target.client.node
	&& matrix.some(cell => cell.role === 'client' && cell.path === 'endpoint' && cell.toIp === pod.ip && cell.attempts.some(({outcome}) => outcome === 'open')));

/** The client's ways to pods of other nodes and back, as far as connections open on them. */
export const planFullSize = (target: Target, matrix: Matrix, pods: ReadonlyMap<string, PodEvidence>): readonly FullSizePlan[] =>
	reachedBackends(target, matrix).flatMap(backend => [...planWay(target.client, backend, pods), ...planWay(backend, target.client, pods)]);

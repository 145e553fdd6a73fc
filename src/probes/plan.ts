import type {Point} from '../access/access.ts';
import type {Endpoint, Pod} from '../cluster/cluster.ts';
import {podLabel} from '../cluster/pod-label.ts';
import type {Target} from '../target.ts';
import type {ProbePlan} from './probe.ts';

const maxEndpoints = 4;
const maxTries = 12;

/** The pod as a point, which is labelled as the pod is. */
export const pointOfPod = ({namespace, name, node, ip}: Pod): Point => ({
	kind: 'pod', namespace: namespace === '' ? 'pod' : namespace, pod: name, node, ip,
});

/** The endpoints that are probed one by one: ready ones first, a bounded number. */
export const probedEndpoints = ({endpoints}: Target): readonly Endpoint[] =>
	endpoints.toSorted((a, b) => Number(b.isReady) - Number(a.isReady)).slice(0, maxEndpoints);

/** The running backends that are probed and captured, in the order of their endpoints. */
export const probedBackends = (target: Target): readonly Pod[] => probedEndpoints(target)
	.map(endpoint => target.backends.find(pod => pod.ip === endpoint.ip && !pod.isHostNetwork))
	.filter(pod => pod !== undefined);

/** Enough for each backend to be hit several times whatever the scheduler, since one attempt proves nothing of the others. */
export const triesFor = ({endpoints}: Target): number => {
	const ready = endpoints.filter(endpoint => endpoint.isReady).length;
	return ready <= 1 ? 1 : Math.min(maxTries, ready * 4);
};

const fromPod = (pod: Pod, role: ProbePlan['role'], target: Target) => ({
	point: pointOfPod(pod),
	from: podLabel(pod),
	fromKind: 'pod' as const,
	fromNode: pod.node,
	role,
	protocol: target.port.protocol === 'UDP' ? 'UDP' as const : 'TCP' as const,
});

const toVip = (target: Target) => ({toIp: target.service.clusterIp, toPort: target.port.port});

const vipPlan = (pod: Pod, role: ProbePlan['role'], target: Target, tries: number): ProbePlan => ({
	...fromPod(pod, role, target),
	...toVip(target),
	path: target.endpoints.some(endpoint => endpoint.ip === pod.ip) ? 'self' : 'vip',
	tries,
});

const endpointPlans = (pod: Pod, role: ProbePlan['role'], target: Target): readonly ProbePlan[] => probedEndpoints(target)
	.filter(endpoint => endpoint.ip !== pod.ip)
	.map(endpoint => ({
		...fromPod(pod, role, target), toIp: endpoint.ip, toPort: endpoint.port, path: 'endpoint', tries: 1,
	}));

const nodePlan = (target: Target): ProbePlan => ({
	...fromPod(target.client, 'node', target),
	...toVip(target),
	point: {kind: 'node', node: target.client.node},
	from: target.client.node,
	fromKind: 'node',
	path: 'vip',
	tries: 1,
});

/** The probe whose packets are captured: from the client to the Service. */
export const planClientProbe = (target: Target): ProbePlan => vipPlan(target.client, 'client', target, triesFor(target));

/** All other cells of the matrix. */
export const planOtherProbes = (target: Target): readonly ProbePlan[] => {
	const {client, otherClient} = target;
	const backends = probedBackends(target).filter(pod => pod.name !== client.name || pod.namespace !== client.namespace);
	return [
		...endpointPlans(client, 'client', target),
		...(otherClient ? [vipPlan(otherClient, 'other', target, 1), ...endpointPlans(otherClient, 'other', target)] : []),
		...backends.map(pod => vipPlan(pod, 'backend', target, triesFor(target))),
		nodePlan(target),
	];
};

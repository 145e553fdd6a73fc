import {podLabel} from '../cluster/pod-label.ts';
import type {Target} from '../target.ts';
import {nameCell} from './matrix.ts';
import {
	planClientProbe,
	planOtherProbes,
	pointOfPod,
	probedBackends,
	probedEndpoints,
} from './plan.ts';
import type {ProbePlan} from './probe.ts';

type Place = Pick<ProbePlan, 'point' | 'from' | 'fromKind' | 'fromNode' | 'role'>;

const placesOf = (target: Target): readonly Place[] => [
	...target.nodes.keys().map((node): Place => ({
		point: {kind: 'node', node}, from: node, fromKind: 'node', fromNode: node, role: 'node',
	})),
	...probedBackends(target).map((pod): Place => ({
		point: pointOfPod(pod), from: podLabel(pod), fromKind: 'pod', fromNode: pod.node, role: 'backend',
	})),
];

const plansFrom = (place: Place, target: Target): readonly ProbePlan[] => {
	const {service, port} = target;
	const plan = {
		...place, protocol: port.protocol === 'UDP' ? 'UDP' as const : 'TCP' as const, tries: 1, isFurther: true,
	};
	return [
		{
			...plan, toIp: service.clusterIp, toPort: port.port, path: 'vip',
		},
		...probedEndpoints(target)
			.filter(({ip}) => place.point.kind === 'node' || place.point.ip !== ip)
			.map((endpoint): ProbePlan => ({
				...plan, toIp: endpoint.ip, toPort: endpoint.port, path: 'endpoint',
			})),
	];
};

/** Probes that are not made at first: from every node, and from backends to each other. */
export const planFurtherProbes = (target: Target): readonly ProbePlan[] => {
	const made = new Set([planClientProbe(target), ...planOtherProbes(target)].map(plan => nameCell(plan)));
	return placesOf(target).flatMap(place => plansFrom(place, target)).filter(plan => !made.has(nameCell(plan)));
};

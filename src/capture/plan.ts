import {pointLabel} from '../access/access.ts';
import type {Pod} from '../cluster/cluster.ts';
import {pointOfPod, probedBackends, probedEndpoints} from '../probes/plan.ts';
import type {Target} from '../target.ts';
import {backendFilter, clientFilter, nodeFilter} from './filters.ts';
import type {TapPlan} from './tap.ts';

const isSamePod = (a: Pod, b: Pod): boolean => a.namespace === b.namespace && a.name === b.name;

const planPod = (pod: Pod, role: TapPlan['role'], filter: string): TapPlan => {
	const point = pointOfPod(pod);
	return {
		point, label: pointLabel(point), role, interfaceName: 'default', filter,
	};
};

/** Where to capture: the client, each backend that is probed, and the client's node. */
export const planTaps = (target: Target): readonly TapPlan[] => {
	const {client, service} = target;
	const endpoints = probedEndpoints(target);
	const ports = [...new Set(endpoints.map(endpoint => endpoint.port))];
	const backends = probedBackends(target).filter(pod => !isSamePod(pod, client));
	return [
		planPod(client, 'client', clientFilter(client.ip)),
		...backends.map(pod => planPod(pod, 'backend', backendFilter(ports))),
		{
			point: {kind: 'node', node: client.node},
			label: client.node,
			role: 'node',
			interfaceName: 'any',
			filter: nodeFilter(client.ip, service.clusterIp, endpoints),
			entries: {clientIp: client.ip, vip: service.clusterIp},
		},
	];
};

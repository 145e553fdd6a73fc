import {podLabel} from '../cluster/pod-label.ts';
import type {LookupPlan} from '../probes/lookup.ts';
import {type Matrix, isOpen} from '../probes/matrix.ts';
import {pointOfPod} from '../probes/plan.ts';
import type {Target} from '../target.ts';
import type {PodEvidence} from './evidence.ts';
import {valueOf} from './known.ts';

/** Whether the client reaches the Service by its address, so that its name can be all that is wrong. */
export const isReachedByAddress = (matrix: Matrix): boolean => matrix.some(cell => cell.role === 'client' && cell.path !== 'endpoint' && isOpen(cell));

// Without a namespace it is a Service that only rules tell of; and what came from a cluster may be anything.
const isName = (text: string): boolean => /^[\-0-9a-z]+\.[\-0-9a-z]+\.svc\.[\-.0-9a-z]+$/v.test(text);

/** The questions that the client's own resolver would ask for the Service, where that is reached by its address. */
export const planLookups = ({client, service}: Target, matrix: Matrix, pods: ReadonlyMap<string, PodEvidence>): readonly LookupPlan[] => {
	const {servers, clusterDomain = ''} = valueOf(pods.get(podLabel(client))?.resolver) ?? {servers: []};
	const name = `${service.name}.${service.namespace}.svc.${clusterDomain}`;
	const type = service.clusterIp.includes(':') ? 'AAAA' : 'A';
	return isName(name) && isReachedByAddress(matrix)
		? servers.map(server => ({
			point: pointOfPod(client), from: podLabel(client), fromNode: client.node, server, name, type,
		}))
		: [];
};

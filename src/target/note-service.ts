import type {Endpoint, Pod} from '../cluster/cluster.ts';
import type {Examined} from './find-endpoints.ts';

const maxNamed = 5;

/** The endpoint controller leaves a named port out of the slice when no container of the pod has a port of that name. */
const explainNoEndpoints = ({port: {targetPort}}: Examined, backends: readonly Pod[]): string => {
	if (typeof targetPort === 'number' || backends.length === 0) {
		return '';
	}

	const isNameKnown = backends.some(({containers}) => containers.some(({ports}) => ports.some(({name}) => name === targetPort)));
	return isNameKnown ? '' : `: no container of its pods has a port named ${targetPort}`;
};

const noteEndpoints = (examined: Examined, endpoints: readonly Endpoint[], backends: readonly Pod[]): readonly string[] => {
	if (endpoints.length === 0) {
		return [`svc/${examined.service.name} has no endpoints for port ${examined.port.port}${explainNoEndpoints(examined, backends)}`];
	}

	const waiting = endpoints.filter(({isReady}) => !isReady);
	const names = waiting.slice(0, maxNamed).map(({ip, pod}) => pod ?? ip).join(', ');
	return waiting.length === 0 ? [] : [`${waiting.length} of ${endpoints.length} endpoints ${waiting.length === 1 ? 'is' : 'are'} not ready: ${names}`];
};

const noteHostNetwork = (backends: readonly Pod[]): readonly string[] => {
	const names = backends.filter(({isHostNetwork}) => isHostNetwork).map(({name}) => name);
	return names.length === 0
		? []
		: [`${names.slice(0, maxNamed).join(', ')} ${names.length === 1 ? 'uses' : 'use'} hostNetwork: the endpoint is the node itself, so packets to it are not bridged`];
};

/** Facts about the Service and its endpoints that decide where packets go and are no failure. */
export const noteService = (examined: Examined, endpoints: readonly Endpoint[], backends: readonly Pod[]): readonly string[] => {
	const {service} = examined;
	return [
		...(Object.keys(service.selector).length === 0 ? [`svc/${service.name} has no selector: somebody else keeps its endpoints`] : []),
		...noteEndpoints(examined, endpoints, backends),
		...(service.internalTrafficPolicy === 'Local' ? ['internalTrafficPolicy is Local: each node uses only the endpoints that run on it'] : []),
		...(service.sessionAffinity === 'ClientIP' ? ['sessionAffinity is ClientIP: a client stays with one endpoint'] : []),
		...noteHostNetwork(backends),
	];
};

/** What is examined in place of the endpoints that a Service does not have. */
export const noteMeant = ({service}: Examined, pods: readonly Pod[]): readonly string[] => {
	const names = pods.map(({name}) => name).join(', ');
	return [`svc/${service.name} has no endpoints: its selector finds no pod; ${names}, whose labels come near, ${pods.length === 1 ? 'is' : 'are'} examined as if ${pods.length === 1 ? 'it was' : 'they were'} behind it`];
};

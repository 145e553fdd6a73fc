import type {Endpoint, Service, ServicePort} from '../cluster/cluster.ts';
import type {KubectlAnswer} from '../cluster/kubectl.ts';
import {readEndpoints, readEndpointSlices} from '../cluster/read-endpoints.ts';
import {
	type IpFamily,
	dig,
	readList,
	readText,
} from '../cluster/read-json.ts';
import type {ClusterReader} from './cluster-reader.ts';
import {asUserFacingError} from './explain-missing.ts';

/** What is asked of the cluster, once the Service is known. */
export type Examined = {
	readonly service: Service;
	readonly port: ServicePort;
	readonly family: IpFamily;
};

export type FoundEndpoints = {
	readonly endpoints: readonly Endpoint[];
	readonly notes: readonly string[];
};

/** Since discovery.k8s.io/v1 exists (Kubernetes 1.21) kube-proxy reads slices only, so addresses in Endpoints alone lead nowhere. */
const findWithoutSlices = async (cluster: ClusterReader, {service, port, family}: Examined): Promise<FoundEndpoints> => {
	const answer = await cluster.endpoints(service.name);
	const stranded = answer.ok ? readEndpoints(answer.value, port, family) : [];
	return {
		endpoints: [],
		notes: stranded.length === 0
			? []
			: [
				`the Endpoints object of svc/${service.name} lists ${stranded.map(({ip}) => ip).slice(0, 5).join(', ')}, but there is no EndpointSlice, and kube-proxy reads only those`,
			],
	};
};

const findInEndpoints = async (cluster: ClusterReader, {service, port, family}: Examined, slices: KubectlAnswer & {ok: false}): Promise<FoundEndpoints> => {
	const answer = await cluster.endpoints(service.name);
	if (answer.ok) {
		return {
			endpoints: readEndpoints(answer.value, port, family),
			notes: slices.kind === 'not-found' ? [] : [`the EndpointSlices could not be read (${slices.because}); the Endpoints object was read instead`],
		};
	}

	if (answer.kind === 'not-found' && slices.kind === 'not-found') {
		return {endpoints: [], notes: []};
	}

	throw asUserFacingError(`the EndpointSlices of svc/${service.name}`, slices.kind === 'not-found' ? answer : slices);
};

/** The endpoints of the examined port from the answer about EndpointSlices, or from the Endpoints object where the API has no slices. */
export const findEndpoints = async (cluster: ClusterReader, examined: Examined, slices: KubectlAnswer): Promise<FoundEndpoints> => {
	if (!slices.ok) {
		return findInEndpoints(cluster, examined, slices);
	}

	if (readList(dig(slices.value, 'items')).length === 0) {
		return findWithoutSlices(cluster, examined);
	}

	const endpoints = readEndpointSlices(slices.value, examined.port, examined.family);
	const isCut = readText(dig(slices.value, 'metadata', 'continue')) !== '';
	return {endpoints, notes: isCut ? [`svc/${examined.service.name} has more EndpointSlices than were read: ${endpoints.length} endpoints are known here`] : []};
};

import type {Kubectl, KubectlAnswer} from '../cluster/kubectl.ts';
import {formatLabels} from '../cluster/label-selector.ts';
import type {FromArgument} from './parse-arguments.ts';

/** Enough for the pods of one Service, and few enough for a namespace of thousands. */
export const maxListedPods = 50;
const maxNeighbours = 20;
const maxSlices = 20;
const maxPolicies = 200;
const maxNames = 500;
const maxNamedPods = 200;

type Parameters = Readonly<Record<string, string | number>>;

const withParameters = (path: string, parameters: Parameters): string =>
	`${path}?${Object.entries(parameters).map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`;

type Labels = Readonly<Record<string, string>>;

/** Leaves out the pods with a label, so that a list cut short is not full of backends. The API cannot negate several labels together. */
const withoutLabel = (labels: Labels): Parameters => {
	const [entry, ...others] = Object.entries(labels);
	return entry === undefined || others.length > 0 ? {} : {labelSelector: `${entry[0]}!=${entry[1]}`};
};

const running = 'status.phase=Running';

/** The requests that finding a target may need: each method is one GET, as narrow as the API allows. */
export const createClusterReader = (kubectl: Kubectl, namespace: string) => {
	const core = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
	const apps = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}`;
	const slices = `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices`;
	const policies = `/apis/networking.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/networkpolicies`;
	const get = async (path: string, parameters?: Parameters): Promise<KubectlAnswer> =>
		kubectl.getRaw(parameters === undefined ? path : withParameters(path, parameters));
	const before = kubectl.requests;
	const listPods = async (parameters: Parameters) => get(`${core}/pods`, parameters);
	const listNeighbours = async (fieldSelector: string, except: Labels) => listPods({fieldSelector, ...withoutLabel(except), limit: maxNeighbours});
	return {
		namespace,
		/** Of this reader's time: a session may not be the first one that asks by this program. */
		requestsSoFar: () => kubectl.requests - before,
		version: async () => get('/version'),
		service: async (name: string) => get(`${core}/services/${encodeURIComponent(name)}`),
		endpointSlices: async (service: string) => get(slices, {labelSelector: `kubernetes.io/service-name=${service}`, limit: maxSlices}),
		endpoints: async (service: string) => get(`${core}/endpoints/${encodeURIComponent(service)}`),
		networkPolicies: async () => get(policies, {limit: maxPolicies}),
		pod: async (name: string) => get(`${core}/pods/${encodeURIComponent(name)}`),
		workload: async ({resource, name}: FromArgument) => get(`${apps}/${resource}/${encodeURIComponent(name)}`),
		podsWithLabels: async (labels: Labels) => listPods({labelSelector: formatLabels(labels), limit: maxListedPods}),
		podsSelectedBy: async (labelSelector: string) => listPods({labelSelector, limit: maxListedPods}),
		runningPods: async (except: Labels) => listNeighbours(running, except),
		podsOnNode: async (node: string, except: Labels) => listNeighbours(`${running},spec.nodeName=${node}`, except),
		podsOffNode: async (node: string, except: Labels) => listNeighbours(`${running},spec.nodeName!=${node}`, except),
		node: async (name: string) => get(`/api/v1/nodes/${encodeURIComponent(name)}`),
		namespaceObject: async () => get(`/api/v1/namespaces/${encodeURIComponent(namespace)}`),
		allNamespaces: async () => get('/api/v1/namespaces', {limit: maxNames}),
		allServices: async () => get(`${core}/services`, {limit: maxNames}),
		somePods: async () => listPods({limit: maxNamedPods}),
		someWorkloads: async ({resource}: FromArgument) => get(`${apps}/${resource}`, {limit: maxNames}),
	};
};

export type ClusterReader = ReturnType<typeof createClusterReader>;

import type {Endpoint, Pod, Service} from '../cluster/cluster.ts';
import type {Kubectl, KubectlAnswer} from '../cluster/kubectl.ts';
import {readNetworkPolicies} from '../cluster/network-policy.ts';
import {dig, familyOf, readSomeText} from '../cluster/read-json.ts';
import {readService} from '../cluster/read-service.ts';
import type {Target} from '../target.ts';
import {UserFacingError} from '../user-facing-error.ts';
import {choosePort, requireClusterIp} from './choose-port.ts';
import {type ClusterReader, createClusterReader} from './cluster-reader.ts';
import {asUserFacingError, explainMissingService, suggestVip} from './explain-missing.ts';
import {askForClient, settleClient} from './find-client.ts';
import {type Examined, findEndpoints} from './find-endpoints.ts';
import {noteMeant, noteService} from './note-service.ts';
import {
	type FromArgument,
	type ServiceArgument,
	checkNamespace,
	parseFromArgument,
	parseServiceArgument,
} from './parse-arguments.ts';
import {isWindows, noteNodes, withKnownAddress} from './read-nodes.ts';
import {type Surroundings, readSurroundings} from './read-surroundings.ts';

export type TargetRequest = {
	/** `svc/NAME[:PORT]` or `NAME[:PORT]`. */
	readonly service: string;
	/** `pod/NAME`, `deploy/NAME` and so on; undefined picks the pod that tells most. */
	readonly from: string | undefined;
	/** Undefined is the namespace of the kubeconfig's context. */
	readonly namespace?: string;
};

const requireService = async (cluster: ClusterReader, {name, port}: ServiceArgument, answer: KubectlAnswer): Promise<Service> => {
	if (!answer.ok) {
		throw answer.kind === 'not-found' ? await explainMissingService(cluster, name) : asUserFacingError(`svc/${name}`, suggestVip(answer, port));
	}

	const service = readService(answer.value);
	if (service === undefined) {
		throw new UserFacingError(`svc/${name} could not be read: the answer is no Service`, `look at it: kubectl get svc ${name} -n ${cluster.namespace} -o yaml`);
	}

	requireClusterIp(service);
	return service;
};

const examine = (service: Service, wanted: ServiceArgument): {readonly examined: Examined; readonly notes: readonly string[]} => {
	const {port, notes} = choosePort(service, wanted.port);
	const others = (service.otherIps ?? []).map(ip => `svc/${service.name} also has the address ${ip}, of the other IP family: ${service.clusterIp} alone is examined`);
	return {examined: {service, port, family: familyOf(service.clusterIp) ?? 4}, notes: [...notes, ...others]};
};

/** Policies act on both ends: those of the client's namespace where it has another one. */
const askForPolicies = async (cluster: ClusterReader, home: ClusterReader) => Promise.all([
	cluster.networkPolicies(),
	...(home === cluster ? [] : [home.networkPolicies()]),
]);

const askFirst = async (cluster: ClusterReader, home: ClusterReader, name: string, from: FromArgument | undefined) => Promise.all([
	cluster.service(name),
	cluster.endpointSlices(name),
	from === undefined ? undefined : askForClient(home, from),
	cluster.version(),
	askForPolicies(cluster, home),
]);

/** The client's namespace, where it is another one than the Service's. */
const openHome = (kubectl: Kubectl, cluster: ClusterReader, from: FromArgument | undefined): ClusterReader =>
	(from?.namespace === undefined || from.namespace === cluster.namespace ? cluster : createClusterReader(kubectl, from.namespace));

const chooseNamespace = async (kubectl: Kubectl, {namespace}: TargetRequest, wanted: ServiceArgument): Promise<string> => {
	if (namespace !== undefined && wanted.namespace !== undefined && namespace !== wanted.namespace) {
		throw new UserFacingError(`${wanted.name}.${wanted.namespace} is not in the namespace ${namespace}`, 'name the namespace once, with -n or behind the Service');
	}

	return checkNamespace(wanted.namespace ?? namespace ?? await kubectl.currentNamespace());
};

const refuseWindows = ({client, nodes}: Surroundings): void => {
	if (isWindows(nodes, client.node)) {
		throw new UserFacingError(`pod ${client.name} runs on ${client.node}, a Windows node, where hairpin cannot look`, 'name a pod on a Linux node with --from');
	}
};

/** An Endpoints object may leave out the node; the pod knows it. */
const withNode = (endpoint: Endpoint, pods: readonly Pod[]): Endpoint =>
	({...endpoint, node: endpoint.node ?? readSomeText(pods.find(({ip}) => ip === endpoint.ip)?.node)});

const hostIpsOf = (pods: readonly Pod[]): ReadonlyMap<string, string> =>
	new Map(pods.filter(({hostIp}) => hostIp !== undefined).map(({node, hostIp}) => [node, hostIp ?? '']));

const assemble = (examined: Examined, surroundings: Surroundings, notes: readonly string[], serverVersion: string | undefined): Target => {
	const {client, otherClient, backends, endpoints, isMeant, nodes} = surroundings;
	const hostIps = hostIpsOf([...backends, ...(otherClient ? [otherClient] : []), client]);
	return {
		service: examined.service,
		port: examined.port,
		endpoints: endpoints.map(endpoint => withNode(endpoint, backends)),
		backends,
		client,
		otherClient,
		nodes: new Map(nodes.map(reading => [reading.node.name, withKnownAddress(reading, hostIps)])),
		notes: [...notes, ...surroundings.notes, ...(isMeant ? noteMeant(examined, backends) : noteService(examined, endpoints, backends)), ...noteNodes(nodes)],
		serverVersion,
		...(isMeant && {isMeant}),
	};
};

/**
Finds the client, the Service port and everything behind it, in at most twelve requests however large the namespace.
Throws a `UserFacingError` where there is nothing to examine; what is merely worth knowing is in `notes`.
*/
export const resolveTarget = async (kubectl: Kubectl, request: TargetRequest, onProgress: (text: string) => void = () => undefined): Promise<Target> => {
	const wanted = parseServiceArgument(request.service);
	const from = request.from === undefined ? undefined : parseFromArgument(request.from);
	const cluster = createClusterReader(kubectl, await chooseNamespace(kubectl, request, wanted));
	const home = openHome(kubectl, cluster, from);
	onProgress(`reading svc/${wanted.name} in the namespace ${cluster.namespace}`);
	const [serviceAnswer, slices, clientAnswer, version, policies] = await askFirst(cluster, home, wanted.name, from);
	const service = await requireService(cluster, wanted, serviceAnswer);
	const {examined, notes} = examine(service, wanted);
	const found = await findEndpoints(cluster, examined, slices);
	const settled = from && clientAnswer ? await settleClient(home, from, clientAnswer, {...found, family: examined.family}) : undefined;
	onProgress(`reading the pods and nodes behind svc/${wanted.name}`);
	const surroundings = await readSurroundings(cluster, examined, found.endpoints, settled?.client);
	refuseWindows(surroundings);
	const serverVersion = version.ok ? readSomeText(dig(version.value, 'gitVersion')) : undefined;
	return {...assemble(examined, surroundings, [...notes, ...found.notes, ...(settled?.notes ?? [])], serverVersion), policies: readNetworkPolicies(policies)};
};

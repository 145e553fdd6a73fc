import type {Endpoint, Pod} from '../cluster/cluster.ts';
import type {KubectlAnswer} from '../cluster/kubectl.ts';
import {readPods} from '../cluster/read-pod.ts';
import {UserFacingError} from '../user-facing-error.ts';
import type {ClusterReader} from './cluster-reader.ts';
import {asUserFacingError} from './explain-missing.ts';
import type {Examined} from './find-endpoints.ts';
import {orderEndpoints} from './order-endpoints.ts';
import {endpointOfMeant, findMeantPods} from './meant-pods.ts';
import {pickClient, pickOtherClient, refuseAsClient} from './pick-pods.ts';
import {readBackends} from './read-backends.ts';
import {type NodeReading, isWindows, readNodes} from './read-nodes.ts';

/** Everything around the Service: who asks, who else could, who answers, and on which nodes. */
export type Surroundings = {
	readonly client: Pod;
	readonly otherClient: Pod | undefined;
	readonly backends: readonly Pod[];
	/** In the order of what they tell. */
	readonly endpoints: readonly Endpoint[];
	/** Whether backends and endpoints are only those that the Service was probably meant for. */
	readonly isMeant: boolean;
	readonly nodes: readonly NodeReading[];
	readonly notes: readonly string[];
};

const maxRequests = 12;
/** The nodes of the client and of the other client, which may be known only after the first nodes were asked for. */
const nodesKnownLate = 2;
/** As many as are probed one by one. */
const maxNodesOfEndpoints = 4;

const nodesOf = (endpoints: readonly Endpoint[], backends: readonly Pod[]): readonly string[] => {
	const names = endpoints.length > 0 ? endpoints.slice(0, maxNodesOfEndpoints).map(({node}) => node) : backends.slice(0, maxNodesOfEndpoints).map(({node}) => node);
	return [...new Set(names.filter(node => node !== undefined && node !== '') as readonly string[])];
};

/** Pods that could be clients: on the node where most can be seen unless the client is known, and on the others. */
const askForNeighbours = async (cluster: ClusterReader, {service: {selector}}: Examined, home: string | undefined, isClientKnown: boolean): Promise<readonly KubectlAnswer[]> => {
	if (home === undefined) {
		return [await cluster.runningPods(selector)];
	}

	return Promise.all([...(isClientKnown ? [] : [cluster.podsOnNode(home, selector)]), cluster.podsOffNode(home, selector)]);
};

const notePick = (client: Pod, endpoints: readonly Endpoint[]): string => {
	const named = `no --from was given: ${client.name} on ${client.node} was picked as the client`;
	if (endpoints.some(({ip}) => ip === client.ip)) {
		return `${named}; it is itself a backend, because no other pod of the namespace can be one`;
	}

	const beside = endpoints.find(({node}) => node === client.node);
	return beside ? `${named}, because the backend ${beside.pod ?? beside.ip} runs on the same node` : `${named}; no backend runs on its node`;
};

const failureOf = (answers: readonly KubectlAnswer[]): (KubectlAnswer & {ok: false}) | undefined => answers.find(answer => !answer.ok);

const requirePick = (neighbours: readonly KubectlAnswer[], candidates: readonly Pod[], endpoints: readonly Endpoint[]): Pod => {
	const client = pickClient(candidates, endpoints);
	if (client) {
		return client;
	}

	const failure = failureOf(neighbours);
	if (failure) {
		throw asUserFacingError('pods that could be the client', failure);
	}

	const refusal = candidates.map(pod => refuseAsClient(pod)).find(reason => reason !== undefined);
	throw new UserFacingError(`no pod of the namespace can be the client${refusal ? `: ${refusal.because}` : ''}`, 'start one, or name one with --from');
};

const noteNoOther = (neighbours: readonly KubectlAnswer[], client: Pod): string => {
	const failure = failureOf(neighbours);
	return failure
		? `a second client could not be looked for: ${failure.because}`
		: `no other pod on another node than ${client.node} can be a second client, so the path between nodes is not compared`;
};

/** What is behind the Service, or where that is nothing, what was probably meant to be. */
const findBehind = ({service, port}: Examined, found: Pick<Surroundings, 'endpoints' | 'backends'>, pods: ReadonlyArray<Pod | undefined>): Pick<Surroundings, 'endpoints' | 'backends' | 'isMeant'> => {
	const meant = found.endpoints.length > 0 || found.backends.length > 0 ? [] : findMeantPods(service.selector, pods.filter(pod => pod !== undefined));
	return meant.length > 0 ? {endpoints: meant.flatMap(pod => endpointOfMeant(pod, port)), backends: meant, isMeant: true} : {...found, isMeant: false};
};

/** Reads the pods and nodes around the endpoints. `client` is the one that `--from` names; without it the most telling pod is picked. */
export const readSurroundings = async (cluster: ClusterReader, examined: Examined, found: readonly Endpoint[], named: Pod | undefined): Promise<Surroundings> => {
	const home = named?.node ?? orderEndpoints(found, undefined).find(({node}) => node !== undefined)?.node;
	const endpoints = orderEndpoints(found, home);
	const askedBackends = readBackends(cluster, examined, endpoints);
	// Where nothing is behind the Service, what was meant to be may run beside the client.
	const askedNeighbours = askForNeighbours(cluster, examined, home, named !== undefined && found.length > 0);
	const earlyNodes = [...new Set([...(home === undefined ? [] : [home]), ...nodesOf(endpoints, [])])];
	const room = () => Math.max(0, maxRequests - cluster.requestsSoFar());
	const roomForEarly = Math.max(0, room() - nodesKnownLate);
	const [backends, neighbours, early] = await Promise.all([
		askedBackends, askedNeighbours, readNodes(cluster, earlyNodes.slice(0, roomForEarly), roomForEarly, examined.family),
	]);
	const candidates = [...neighbours.flatMap(answer => (answer.ok ? readPods(answer.value, examined.family) : [])), ...backends.pods];
	const behind = findBehind(examined, {endpoints, backends: backends.pods}, [named, ...candidates]);
	const client = named ?? requirePick(neighbours, candidates, behind.endpoints);
	const otherClient = pickOtherClient(candidates, client, behind.endpoints);
	const known = new Set(early.map(({node}) => node.name));
	const lateNodes = new Set([client.node, ...(otherClient ? [otherClient.node] : []), ...nodesOf(behind.endpoints, behind.backends)]).difference(known);
	const late = await readNodes(cluster, [...lateNodes], room(), examined.family);
	const nodes = [...early, ...late];
	return {
		client,
		otherClient: otherClient && isWindows(nodes, otherClient.node) ? undefined : otherClient,
		...behind,
		nodes,
		notes: [
			...(named ? [] : [notePick(client, behind.endpoints)]),
			...(otherClient ? [] : [noteNoOther(neighbours, client)]),
			...backends.notes,
		],
	};
};

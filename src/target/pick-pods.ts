import type {Endpoint, Pod} from '../cluster/cluster.ts';

/** Why no probe can be made in a pod, and what to do; undefined when one can. */
export type Refusal = {readonly because: string; readonly tryThis: string};

const describeContainers = ({containers}: Pod): string => containers
	.filter(({state}) => state !== 'running')
	.map(({name, state}) => `${name} ${state}`)
	.join(', ');

const refuseByPhase = (pod: Pod): Refusal | undefined => {
	if (pod.phase !== 'Running') {
		const why = pod.phase === 'Pending' && pod.node === '' ? 'no node was found for it' : describeContainers(pod);
		return {
			because: `pod ${pod.name} is ${pod.phase}${why === '' ? '' : ` (${why})`}, so nothing can be probed from it`,
			tryThis: `see kubectl describe pod ${pod.name} -n ${pod.namespace}, or name a running pod with --from`,
		};
	}

	if (pod.containers.length > 0 && pod.containers.every(({state}) => state !== 'running')) {
		return {
			because: `no container of pod ${pod.name} runs (${describeContainers(pod)}), so nothing can be probed from it`,
			tryThis: `see kubectl logs ${pod.name} -n ${pod.namespace} --previous, or name a running pod with --from`,
		};
	}

	return undefined;
};

/** Says why a pod cannot be the client. A pod in the host's network is refused because its traffic is its node's. */
export const refuseAsClient = (pod: Pod): Refusal | undefined => {
	const byPhase = refuseByPhase(pod);
	if (byPhase !== undefined) {
		return byPhase;
	}

	if (pod.isHostNetwork) {
		return {
			because: `pod ${pod.name} uses the network of its node ${pod.node} (hostNetwork): its traffic is the node's, and takes another path than a pod's`,
			tryThis: 'name a pod with a network of its own; what the nodes reach is shown as well',
		};
	}

	if (pod.ip === '' || pod.node === '') {
		return {because: `pod ${pod.name} has no ${pod.ip === '' ? 'address in the Service\'s IP family' : 'node'}`, tryThis: `see kubectl get pod ${pod.name} -n ${pod.namespace} -o wide`};
	}

	return undefined;
};

const isBackend = (pod: Pod, endpoints: readonly Endpoint[]): boolean => endpoints.some(({ip}) => ip === pod.ip);

/** The pods that can be a client, the ones that satisfy more of the wishes first; the earlier wish counts more. */
export const rankClients = (pods: readonly Pod[], wishes: ReadonlyArray<(pod: Pod) => boolean>): readonly Pod[] => {
	const score = (pod: Pod): number => wishes.reduce((sum, wish) => (2 * sum) + Number(wish(pod)), 0);
	return pods.filter(pod => refuseAsClient(pod) === undefined).toSorted((a, b) => score(b) - score(a));
};

/** The client among the pods of a workload: ready, on a node with a backend. */
export const pickFromWorkload = (pods: readonly Pod[], endpoints: readonly Endpoint[]): Pod | undefined => rankClients(pods, [
	pod => pod.isReady,
	pod => endpoints.some(({node}) => node === pod.node),
	pod => !isBackend(pod, endpoints),
]).at(0);

/** The client when none was named: no backend itself if there is another, on a node with a backend. */
export const pickClient = (pods: readonly Pod[], endpoints: readonly Endpoint[]): Pod | undefined => rankClients(pods, [
	pod => !isBackend(pod, endpoints),
	pod => endpoints.some(({node}) => node === pod.node),
	pod => pod.isReady,
]).at(0);

/** A pod on another node than the client's, and if possible on one without a backend. */
export const pickOtherClient = (pods: readonly Pod[], client: Pod, endpoints: readonly Endpoint[]): Pod | undefined => rankClients(
	pods.filter(pod => pod.node !== client.node && !isBackend(pod, endpoints)),
	[pod => pod.isReady, pod => endpoints.every(({node}) => node !== pod.node)],
).at(0);

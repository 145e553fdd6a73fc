import type {KubectlAnswer} from '../cluster/kubectl.ts';
import type {KubectlFailure} from '../cluster/kubectl-failure.ts';
import {UserFacingError} from '../user-facing-error.ts';
import type {ClusterReader} from './cluster-reader.ts';
import {namesIn, nearestNames, suggestNames} from './nearest-names.ts';
import type {FromArgument} from './parse-arguments.ts';

/** These say for themselves why nothing at all can be read. */
const wholeSentences = new Set<KubectlFailure['kind']>(['no-kubectl', 'no-kubeconfig', 'bad-kubeconfig', 'unauthorized', 'unreachable', 'timeout']);

const clusterlessKinds = new Set<KubectlFailure['kind']>(['no-kubectl', 'no-kubeconfig', 'bad-kubeconfig']);
const offer = '; to practise without a cluster: hairpin demo';

/** A next step, with the practice that needs no cluster. */
export const offerPractice = (tryThis: string): string => (tryThis.endsWith(offer) ? tryThis : `${tryThis}${offer}`);

/** The failure of a request without whose answer there is no target. */
export const asUserFacingError = (what: string, {kind, because, tryThis}: KubectlFailure): UserFacingError =>
	new UserFacingError(wholeSentences.has(kind) ? because : `${what} could not be read: ${because}`, `${tryThis}${clusterlessKinds.has(kind) ? offer : ''}`);

const apiIsAway = new Set<KubectlFailure['kind']>(['no-kubectl', 'unreachable', 'timeout']);

/** The same failure; where there is no API server to ask, its next step names the way that needs none. */
export const suggestVip = (failure: KubectlFailure, port: string | undefined): KubectlFailure => (apiIsAway.has(failure.kind)
	? {...failure, tryThis: `${failure.tryThis}; or ask the nodes themselves, without an API server: hairpin check --vip CLUSTER_IP:${/^\d+$/v.test(port ?? '') ? port : 'PORT'} --from POD_IP --ssh NODE --ssh NODE`}
	: failure);

const listedNames = (answer: KubectlAnswer): readonly string[] | undefined => (answer.ok ? namesIn(answer.value) : undefined);

/** A namespace that does not exist looks like an empty one in every other request. */
const explainMissingNamespace = async (cluster: ClusterReader, prefix: string): Promise<UserFacingError | undefined> => {
	const answer = await cluster.namespaceObject();
	if (answer.ok || answer.kind !== 'not-found') {
		return undefined;
	}

	const names = listedNames(await cluster.allNamespaces());
	if (names === undefined) {
		return new UserFacingError('the server that the kubeconfig names does not answer like a Kubernetes API', 'look at its address: kubectl config view --minify');
	}

	return new UserFacingError(`there is no namespace ${cluster.namespace}`, suggestNames(cluster.namespace, names, prefix));
};

const listingHint = (cluster: ClusterReader, resource: string, another = '-n') => `see kubectl get ${resource} -n ${cluster.namespace}, or name another namespace with ${another}`;

const anotherHome = '--from NAMESPACE/pod/NAME';

/** Why a Service was not found: the namespace is missing, or the name is another. */
export const explainMissingService = async (cluster: ClusterReader, name: string): Promise<UserFacingError> => {
	const [missingNamespace, answer] = await Promise.all([explainMissingNamespace(cluster, '-n '), cluster.allServices()]);
	const names = listedNames(answer);
	return missingNamespace ?? new UserFacingError(
		`there is no Service ${name} in the namespace ${cluster.namespace}`,
		names === undefined || names.length === 0 ? listingHint(cluster, 'services') : `${suggestNames(name, names, 'svc/')} For another namespace give -n`,
	);
};

const homeOf = ({namespace}: FromArgument): string => (namespace === undefined ? '' : `${namespace}/`);

/** The Service's own namespace is known to be there. */
const explainMissingHome = async (cluster: ClusterReader, {namespace}: FromArgument): Promise<UserFacingError | undefined> =>
	(namespace === undefined ? undefined : explainMissingNamespace(cluster, ''));

/** Why a pod was not found; a workload of that name is what was meant when its pods begin with it. */
export const explainMissingPod = async (cluster: ClusterReader, from: FromArgument): Promise<UserFacingError> => {
	const {name} = from;
	const names = listedNames(await cluster.somePods());
	const because = `there is no pod ${name} in the namespace ${cluster.namespace}`;
	if (names === undefined || names.length === 0) {
		return await explainMissingHome(cluster, from) ?? new UserFacingError(because, listingHint(cluster, 'pods', anotherHome));
	}

	const isWorkload = nearestNames(name, names).some(near => near.startsWith(`${name}-`));
	return new UserFacingError(because, `${suggestNames(name, names, `${homeOf(from)}pod/`)}${isWorkload ? ` To take any pod of a workload: --from ${homeOf(from)}deploy/${name}` : ''}`);
};

/** Why a workload was not found. */
export const explainMissingWorkload = async (cluster: ClusterReader, from: FromArgument): Promise<UserFacingError> => {
	const names = listedNames(await cluster.someWorkloads(from));
	const because = `there is no ${from.label} in the namespace ${cluster.namespace}`;
	if (names === undefined || names.length === 0) {
		return await explainMissingHome(cluster, from) ?? new UserFacingError(because, listingHint(cluster, from.resource, anotherHome));
	}

	return new UserFacingError(because, suggestNames(from.name, names, `${homeOf(from)}${from.label.split('/', 1)[0]}/`));
};

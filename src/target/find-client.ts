import type {Endpoint, Pod} from '../cluster/cluster.ts';
import type {KubectlAnswer} from '../cluster/kubectl.ts';
import {type KubectlFailure, kubectlFailure} from '../cluster/kubectl-failure.ts';
import {formatWorkloadSelector} from '../cluster/label-selector.ts';
import type {IpFamily} from '../cluster/read-json.ts';
import {readPod, readPods} from '../cluster/read-pod.ts';
import {UserFacingError} from '../user-facing-error.ts';
import type {ClusterReader} from './cluster-reader.ts';
import {asUserFacingError, explainMissingPod, explainMissingWorkload} from './explain-missing.ts';
import type {FromArgument} from './parse-arguments.ts';
import {pickFromWorkload, refuseAsClient} from './pick-pods.ts';

export type FoundClient = {
	readonly client: Pod;
	readonly notes: readonly string[];
};

/** Asks for what `--from` names: the pod, or the pods of the workload. */
export const askForClient = async (cluster: ClusterReader, from: FromArgument): Promise<KubectlAnswer> => {
	if (from.resource === 'pods') {
		return cluster.pod(from.name);
	}

	const workload = await cluster.workload(from);
	if (!workload.ok) {
		return workload;
	}

	const selector = formatWorkloadSelector(workload.value);
	return selector === ''
		? kubectlFailure('garbage', 'it has no selector that could be read', `look at it: kubectl get ${from.label} -n ${cluster.namespace} -o yaml`)
		: cluster.podsSelectedBy(selector);
};

const requirePod = (from: FromArgument, pod: Pod | undefined): FoundClient => {
	if (pod === undefined) {
		throw new UserFacingError(`${from.label} could not be read: the answer is no Pod`, `look at it: kubectl get pod ${from.name} -o yaml`);
	}

	const refusal = refuseAsClient(pod);
	if (refusal) {
		throw new UserFacingError(refusal.because, refusal.tryThis);
	}

	return {client: pod, notes: []};
};

const requireOneOf = (from: FromArgument, pods: readonly Pod[], endpoints: readonly Endpoint[]): FoundClient => {
	const client = pickFromWorkload(pods, endpoints);
	if (client) {
		return {client, notes: pods.length === 1 ? [] : [`${client.name} on ${client.node} was picked from ${from.label}`]};
	}

	const first = pods.at(0);
	const refusal = first && refuseAsClient(first);
	throw new UserFacingError(
		refusal ? `${from.label} has no pod to probe from: ${refusal.because}` : `${from.label} has no pods`,
		refusal?.tryThis ?? 'is it scaled to 0? Name another workload or a pod with --from',
	);
};

const withPodHint = (failure: KubectlFailure): KubectlFailure =>
	(failure.kind === 'forbidden' ? {...failure, tryThis: `name one of its pods, which needs no such right: --from pod/NAME; or ${failure.tryThis}`} : failure);

/** The client that `--from` names, from the answer of `askForClient`; throws when it cannot be one. */
export const settleClient = async (
	cluster: ClusterReader,
	from: FromArgument,
	answer: KubectlAnswer,
	{endpoints, family}: {readonly endpoints: readonly Endpoint[]; readonly family: IpFamily},
): Promise<FoundClient> => {
	const isPod = from.resource === 'pods';
	if (!answer.ok) {
		throw answer.kind === 'not-found'
			? await (isPod ? explainMissingPod(cluster, from) : explainMissingWorkload(cluster, from))
			: asUserFacingError(from.label, isPod ? answer : withPodHint(answer));
	}

	return isPod ? requirePod(from, readPod(answer.value, family)) : requireOneOf(from, readPods(answer.value, family), endpoints);
};

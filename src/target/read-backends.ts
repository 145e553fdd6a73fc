import type {Endpoint, Pod} from '../cluster/cluster.ts';
import {type KubectlAnswer} from '../cluster/kubectl.ts';
import {readPod, readPods} from '../cluster/read-pod.ts';
import {type ClusterReader, maxListedPods} from './cluster-reader.ts';
import type {Examined} from './find-endpoints.ts';

export type FoundPods = {
	readonly pods: readonly Pod[];
	readonly notes: readonly string[];
};

const maxBackends = 20;
/** Above what one list brings, the pods are read one by one: few, since each costs a request. */
const maxReadByName = 3;

const noteFailure = (answer: KubectlAnswer, what: string): readonly string[] => (answer.ok ? [] : [`${what} could not be read: ${answer.because}`]);

const readByName = async (cluster: ClusterReader, names: readonly string[], {family}: Examined): Promise<FoundPods> => {
	const answers = await Promise.all(names.map(async name => ({name, answer: await cluster.pod(name)})));
	return {
		pods: answers.map(({answer}) => (answer.ok ? readPod(answer.value, family) : undefined)).filter(pod => pod !== undefined),
		notes: answers.flatMap(({name, answer}) => noteFailure(answer, `the backend pod ${name}`)),
	};
};

const readBySelector = async (cluster: ClusterReader, {service, family}: Examined): Promise<FoundPods> => {
	const answer = await cluster.podsWithLabels(service.selector);
	return {pods: answer.ok ? readPods(answer.value, family) : [], notes: noteFailure(answer, `the pods behind svc/${service.name}`)};
};

const noteCut = (total: number, read: number): readonly string[] => (total > read ? [`${total} endpoints are pods: ${read} of these pods were read`] : []);

const readListed = async (cluster: ClusterReader, examined: Examined, names: readonly string[]): Promise<FoundPods> => {
	const {pods, notes} = await readBySelector(cluster, examined);
	const wanted = names.slice(0, maxBackends).map(name => pods.find(pod => pod.name === name)).filter(pod => pod !== undefined);
	return {pods: wanted, notes: notes.length > 0 ? notes : noteCut(names.length, wanted.length)};
};

/** The pods behind the endpoints, in their order and a bounded number; where there are no endpoints, what the selector finds. */
export const readBackends = async (cluster: ClusterReader, examined: Examined, endpoints: readonly Endpoint[]): Promise<FoundPods> => {
	const hasSelector = Object.keys(examined.service.selector).length > 0;
	if (endpoints.length === 0) {
		return hasSelector ? readBySelector(cluster, examined) : {pods: [], notes: []};
	}

	const names = [...new Set(endpoints.map(({pod}) => pod).filter(pod => pod !== undefined))];
	if (hasSelector && names.length > 1 && names.length <= maxListedPods) {
		return readListed(cluster, examined, names);
	}

	const read = names.slice(0, maxReadByName);
	const {pods, notes} = await readByName(cluster, read, examined);
	return {pods, notes: [...notes, ...noteCut(names.length, read.length)]};
};

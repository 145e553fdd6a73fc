import {processAnnotation, sessionLabel} from '../access/node-pod/manifest.ts';
import {isProcessAlive} from '../access/owner.ts';
import type {KubectlAnswer, KubectlProgram} from '../cluster/kubectl.ts';
import type {KubectlFailure} from '../cluster/kubectl-failure.ts';
import {
	dig,
	readList,
	readName,
	readText,
} from '../cluster/read-json.ts';
import type {Leftover} from './leftover.ts';

const selector = encodeURIComponent('app.kubernetes.io/managed-by=hairpin');
const goneTimeoutMs = 60_000;

const remove = (kubectl: KubectlProgram, words: readonly string[]) => async (): Promise<string | undefined> => {
	const answer = await kubectl.command(['delete', ...words, '--ignore-not-found', `--timeout=${goneTimeoutMs}ms`], {timeoutMs: goneTimeoutMs});
	return answer.ok ? undefined : answer.because;
};

/** A session of this machine lives as its process does. One of another machine is believed to live while its pod runs, which ends within half a minute of silence. */
const isPodInUse = (pod: unknown): boolean => {
	const isAlive = isProcessAlive(readText(dig(pod, 'metadata', 'annotations', processAnnotation)));
	const phase = readText(dig(pod, 'status', 'phase'));
	return isAlive ?? (phase === 'Running' || phase === 'Pending');
};

const describeOwner = (object: unknown): string => {
	const owner = readText(dig(object, 'metadata', 'labels', 'hairpin/owner'), '');
	return `${owner === '' ? '' : `of ${owner}, `}session ${readText(dig(object, 'metadata', 'labels', sessionLabel), 'unknown')}`;
};

const describePod = (kubectl: KubectlProgram, pod: unknown): Leftover => {
	const [name, namespace] = [readName(dig(pod, 'metadata', 'name')), readName(dig(pod, 'metadata', 'namespace'))];
	const words = ['pod', name, '--namespace', namespace, '--grace-period=1'];
	return {
		kind: 'pod',
		name: `${namespace}/${name}`,
		detail: `on ${readText(dig(pod, 'spec', 'nodeName'), '?')}, ${readText(dig(pod, 'status', 'phase'), '?')}, ${describeOwner(pod)}`,
		isInUse: isPodInUse(pod),
		command: `kubectl delete ${words.join(' ')}`,
		remove: remove(kubectl, words),
	};
};

/** A namespace is removed only when nobody's pods are left in it. */
const removeEmptyNamespace = (kubectl: KubectlProgram, name: string) => async (): Promise<string | undefined> => {
	const pods = await kubectl.getRaw(`/api/v1/namespaces/${encodeURIComponent(name)}/pods?limit=1`);
	if (!pods.ok) {
		return pods.because;
	}

	return readList(dig(pods.value, 'items')).length > 0 ? 'there are pods in it' : remove(kubectl, ['namespace', name])();
};

const describeNamespace = (kubectl: KubectlProgram, namespace: unknown, pods: readonly Leftover[]): Leftover => {
	const name = readName(dig(namespace, 'metadata', 'name'));
	const isAlive = isProcessAlive(readText(dig(namespace, 'metadata', 'annotations', processAnnotation)));
	return {
		kind: 'namespace',
		name,
		detail: describeOwner(namespace),
		isInUse: isAlive === true || pods.some(pod => pod.isInUse && pod.name.startsWith(`${name}/`)),
		command: `kubectl delete namespace ${name}`,
		remove: removeEmptyNamespace(kubectl, name),
	};
};

const itemsOf = (answer: KubectlAnswer): readonly unknown[] => (answer.ok ? readList(dig(answer.value, 'items')) : []);

/** Asks in all namespaces, or, where that is forbidden, in the one that is meant for our pods. */
const askForPods = async (kubectl: KubectlProgram, namespace: string): Promise<KubectlAnswer> => {
	const everywhere = await kubectl.getRaw(`/api/v1/pods?labelSelector=${selector}&limit=500`);
	return !everywhere.ok && everywhere.kind === 'forbidden'
		? kubectl.getRaw(`/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?labelSelector=${selector}&limit=500`)
		: everywhere;
};

export type FoundObjects = {
	readonly leftovers: readonly Leftover[];
	/** Why something could not be looked for. */
	readonly failures: readonly KubectlFailure[];
};

/** Pods and namespaces that sessions made in the cluster, in the order in which they can be removed. */
export const findObjects = async (kubectl: KubectlProgram, namespace: string): Promise<FoundObjects> => {
	const [podList, namespaceList] = await Promise.all([
		askForPods(kubectl, namespace),
		kubectl.getRaw(`/api/v1/namespaces?labelSelector=${selector}&limit=500`),
	]);
	const pods = itemsOf(podList).map(pod => describePod(kubectl, pod));
	return {
		leftovers: [...pods, ...itemsOf(namespaceList).map(item => describeNamespace(kubectl, item, pods))],
		failures: [podList, namespaceList].filter(answer => !answer.ok),
	};
};

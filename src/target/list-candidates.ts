import type {Kubectl} from '../cluster/kubectl.ts';
import {
	dig,
	hasCondition,
	readList,
	readSomeText,
} from '../cluster/read-json.ts';
import {asUserFacingError, offerPractice} from './explain-missing.ts';
import {createClusterReader} from './cluster-reader.ts';

/** A Service or a pod that could be examined. `trouble` is what is wrong at first sight, empty where nothing is. */
export type Candidate = {readonly kind: 'svc' | 'pod'; readonly name: string; readonly detail: string; readonly trouble: string};

export type Candidates =
	| {readonly namespace: string; readonly services: readonly Candidate[]; readonly pods: readonly Candidate[]}
	| {readonly because: string; readonly tryThis: string};

const nameOf = (item: unknown): string => readSomeText(dig(item, 'metadata', 'name')) ?? '';

const isSelected = (service: unknown, pod: unknown): boolean => {
	const selector = Object.entries(dig(service, 'spec', 'selector') ?? {});
	return selector.length > 0 && selector.every(([key, value]) => dig(pod, 'metadata', 'labels', key) === value);
};

const toService = (service: unknown, pods: readonly unknown[]): Candidate => {
	const ports = readList(dig(service, 'spec', 'ports')).map(port => String(dig(port, 'port')));
	const backends = pods.filter(pod => isSelected(service, pod));
	const ready = backends.filter(pod => hasCondition(pod, 'Ready')).length;
	const hasSelector = Object.keys(dig(service, 'spec', 'selector') ?? {}).length > 0;
	return {
		kind: 'svc',
		name: nameOf(service),
		detail: `${readSomeText(dig(service, 'spec', 'clusterIP')) ?? 'no address'}:${ports.join(',')}`,
		trouble: hasSelector && ready === 0 ? 'no ready pod' : '',
	};
};

const toPod = (pod: unknown): Candidate => {
	const phase = readSomeText(dig(pod, 'status', 'phase')) ?? 'Unknown';
	return {
		kind: 'pod', name: nameOf(pod), detail: readSomeText(dig(pod, 'spec', 'nodeName')) ?? '', trouble: phase === 'Running' && hasCondition(pod, 'Ready') ? '' : (phase === 'Running' ? 'not ready' : phase),
	};
};

const byName = (a: Candidate, b: Candidate): number => a.name.localeCompare(b.name);

/** Services and pods of the namespace, in two requests, at most some hundred of each. */
export const listCandidates = async (kubectl: Kubectl): Promise<Candidates> => {
	const cluster = createClusterReader(kubectl, await kubectl.currentNamespace());
	const [services, pods] = await Promise.all([cluster.allServices(), cluster.somePods()]);
	if (!services.ok || !pods.ok) {
		const refused = [services, pods].find(answer => !answer.ok);
		const {because, tryThis} = refused && !refused.ok ? asUserFacingError('the namespace', refused) : {because: 'nothing could be listed', tryThis: 'name them: hairpin svc/NAME --from pod/NAME'};
		return {because, tryThis: offerPractice(tryThis)};
	}

	const podItems = readList(dig(pods.value, 'items'));
	return {
		namespace: cluster.namespace,
		services: readList(dig(services.value, 'items')).map(service => toService(service, podItems)).toSorted(byName),
		pods: podItems.map(pod => toPod(pod)).toSorted(byName),
	};
};

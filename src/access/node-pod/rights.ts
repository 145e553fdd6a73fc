import type {KubectlProgram} from '../../cluster/kubectl.ts';
import {dig, readList, readText} from '../../cluster/read-json.ts';
import type {Failure} from '../ssh-failure.ts';

/** One right that Kubernetes can grant. */
export type Right = {readonly verb: string; readonly resource: string};

const podRights: readonly Right[] = [
	...['create', 'get', 'list', 'delete'].map(verb => ({verb, resource: 'pods'})),
	{verb: 'create', resource: 'pods/exec'},
];

const hasAny = (list: unknown, ...wanted: readonly string[]): boolean => readList(list).some(item => item === '*' || wanted.includes(readText(item)));

const isGranting = (rule: unknown, {verb, resource}: Right): boolean =>
	hasAny(dig(rule, 'verbs'), verb) && hasAny(dig(rule, 'apiGroups'), '') && hasAny(dig(rule, 'resources'), resource, `*/${resource.split('/', 2)[1] ?? ''}`)
	&& readList(dig(rule, 'resourceNames')).length === 0;

/** Which of the wanted rights a SelfSubjectRulesReview does not grant; none where the review says of itself that it is incomplete. */
export const missingRights = (review: unknown, wanted: readonly Right[]): readonly Right[] => {
	const rules = readList(dig(review, 'status', 'resourceRules'));
	return dig(review, 'status', 'incomplete') === true ? [] : wanted.filter(right => rules.every(rule => !isGranting(rule, right)));
};

/** `create, get pods, create pods/exec`. */
export const describeRights = (rights: readonly Right[]): string => Map.groupBy(rights, ({resource}) => resource).entries()
	.map(([resource, group]) => `${group.map(({verb}) => verb).join(', ')} ${resource}`).toArray().join(' and ');

export type Forbidden = Failure & {readonly isForbidden: true};

/** What the cluster lets us do in a namespace of ours, found out before anything is made there. */
export type Permission = Forbidden | (Failure & {readonly isForbidden?: false}) | {readonly willMakeNamespace: boolean};

const forbid = (namespace: string, rights: readonly Right[], isHidden: boolean): Forbidden => ({
	isForbidden: true,
	because: `you have no right to ${describeRights(rights)} in the namespace ${namespace}${isHidden ? ' (nor to see whether it exists)' : ''}, so no pod of ours can look at nodes`,
	tryThis: 'ask for these rights (the README has a ClusterRole for them), name a namespace where you have them with --debug-namespace, or reach nodes with --ssh NODE=USER@HOST',
});

const enforced = (namespace: unknown): string => readText(dig(namespace, 'metadata', 'labels', 'pod-security.kubernetes.io/enforce'), 'privileged');

/** Asks once which rights there are, and looks at the namespace: whether it exists, and whether its PodSecurity lets our pods in. */
export const askPermission = async (kubectl: KubectlProgram, namespace: string): Promise<Permission> => {
	const [review, found] = await Promise.all([
		kubectl.create({apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: {namespace}}),
		kubectl.getRaw(`/api/v1/namespaces/${encodeURIComponent(namespace)}`),
	]);
	if (!review.ok && review.kind !== 'forbidden') {
		return review;
	}

	const isNamespaceMissing = !found.ok && found.kind === 'not-found';
	const wanted = isNamespaceMissing ? [{verb: 'create', resource: 'namespaces'}, ...podRights] : podRights;
	const missing = review.ok ? missingRights(review.value, wanted) : [];
	if (missing.length > 0) {
		return forbid(namespace, missing, !found.ok && found.kind === 'forbidden');
	}

	const level = found.ok ? enforced(found.value) : 'privileged';
	return level === 'privileged'
		? {willMakeNamespace: isNamespaceMissing}
		: {
			isForbidden: true,
			because: `the namespace ${namespace} enforces PodSecurity ${level}, which allows no pod on a node's network`,
			tryThis: 'name another namespace with --debug-namespace (one that does not exist is made, and removed afterwards), or reach nodes with --ssh NODE=USER@HOST',
		};
};

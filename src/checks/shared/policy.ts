import type {Pod} from '../../cluster/cluster.ts';
import type {
	LabelSelector,
	NetworkPolicy,
	PolicyPeer,
	PolicyPort,
	PolicyRule,
} from '../../cluster/network-policy.ts';
import {isInCidr} from '../../datapath/cidr.ts';

/** Where a connection goes. Policies are judged by the pod's port, after the Service was translated. */
export type PolicyTarget = {readonly protocol: string; readonly port: number; readonly pod: Pod};

/** `maybe`: it hangs on labels of namespaces, which are not read, or on words that are not known here. */
type Answer = 'yes' | 'no' | 'maybe';

const certainly = (isTrue: boolean): Answer => (isTrue ? 'yes' : 'no');

const allOf = (answers: readonly Answer[]): Answer => (answers.includes('no') ? 'no' : (answers.includes('maybe') ? 'maybe' : 'yes'));

const anyOf = (answers: readonly Answer[]): Answer => (answers.includes('yes') ? 'yes' : (answers.includes('maybe') ? 'maybe' : 'no'));

type Labels = Readonly<Record<string, string>>;

const matchExpression = ({key, operator, values}: LabelSelector['expressions'][number], labels: Labels): Answer => {
	const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
	const answers = new Map<string, boolean>([
		['In', value !== undefined && values.includes(value)], ['NotIn', value === undefined || !values.includes(value)], ['Exists', value !== undefined], ['DoesNotExist', value === undefined],
	]);
	const answer = answers.get(operator);
	return answer === undefined ? 'maybe' : certainly(answer);
};

const matchSelector = ({labels, expressions}: LabelSelector, of: Labels): Answer => allOf([
	...Object.entries(labels).map(([key, value]) => certainly(Object.hasOwn(of, key) && of[key] === value)),
	...expressions.map(expression => matchExpression(expression, of)),
]);

// Every namespace has this label with its own name; others are not read.
const nameLabel = 'kubernetes.io/metadata.name';

const matchNamespace = ({labels, expressions}: LabelSelector, namespace: string): Answer => allOf([
	...Object.entries(labels).map(([key, value]): Answer => (key === nameLabel ? certainly(value === namespace) : 'maybe')),
	...expressions.map((expression): Answer => (expression.key === nameLabel ? matchExpression(expression, {[nameLabel]: namespace}) : 'maybe')),
]);

const matchPeer = ({pods, namespaces, block}: PolicyPeer, pod: Pod, namespace: string): Answer => {
	if (block) {
		const isInside = isInCidr(pod.ip, block.cidr);
		const exceptions = new Set(block.except.map(cidr => isInCidr(pod.ip, cidr)));
		return isInside === undefined || exceptions.has(undefined) ? 'maybe' : certainly(isInside && !exceptions.has(true));
	}

	return allOf([
		namespaces ? matchNamespace(namespaces, pod.namespace) : certainly(pod.namespace === namespace),
		pods ? matchSelector(pods, pod.labels) : 'yes',
	]);
};

const matchPort = ({protocol, port, endPort}: PolicyPort, target: PolicyTarget): Answer => {
	if (protocol !== target.protocol) {
		return 'no';
	}

	if (typeof port === 'string') {
		return certainly(target.pod.containers.some(({ports}) => ports.some(({name, containerPort}) => name === port && containerPort === target.port)));
	}

	return certainly(port === undefined || (target.port >= port && target.port <= (endPort ?? port)));
};

const matchRule = ({peers, ports}: PolicyRule, peer: Pod, target: PolicyTarget, namespace: string): Answer => allOf([
	peers.length === 0 ? 'yes' : anyOf(peers.map(one => matchPeer(one, peer, namespace))),
	ports.length === 0 ? 'yes' : anyOf(ports.map(port => matchPort(port, target))),
]);

/**
 Policies of one direction that select a pod of their namespace, and let a peer through nowhere.
 Not certain: whether they select it, or let the peer through, hangs on what is not known.
 */
export type Denial = {readonly pod: Pod; readonly direction: 'ingress' | 'egress'; readonly policies: readonly string[]; readonly isCertain: boolean};

type Ends = {readonly pod: Pod; readonly peer: Pod; readonly direction: Denial['direction']; readonly target: PolicyTarget};

/** Where any policy selects a pod, only what one of them lets through passes; undefined where it passes. */
const judgeEnd = (policies: readonly NetworkPolicy[], {pod, peer, direction, target}: Ends): Denial | undefined => {
	if (pod.isHostNetwork) {
		return undefined;
	}

	const chosen = policies.filter(({namespace}) => namespace === pod.namespace).map(policy => ({...policy, isSelecting: policy[direction] === undefined ? 'no' : matchSelector(policy.selector, pod.labels)} as const)).filter(({isSelecting}) => isSelecting !== 'no');
	// What a policy lets through counts only as far as it selects the pod.
	const answer = anyOf(chosen.flatMap(policy => (policy[direction] ?? []).map(rule => allOf([policy.isSelecting, matchRule(rule, peer, target, pod.namespace)]))));
	return answer === 'yes' || chosen.length === 0
		? undefined
		: {
			pod, direction, policies: chosen.map(({name}) => name), isCertain: answer === 'no' && chosen.some(({isSelecting}) => isSelecting === 'yes'),
		};
};

/** What denies a connection from a pod to a backend, or may, by the policies of each one's namespace. */
export const findDenials = (policies: readonly NetworkPolicy[], client: Pod, target: PolicyTarget): readonly Denial[] => [
	judgeEnd(policies, {
		pod: client, peer: target.pod, direction: 'egress', target,
	}),
	judgeEnd(policies, {
		pod: target.pod, peer: client, direction: 'ingress', target,
	}),
].filter(denial => denial !== undefined);

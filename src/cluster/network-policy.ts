import type {KubectlAnswer} from './kubectl.ts';
import {
	dig,
	readList,
	readName,
	readPort,
	readSomeText,
	readText,
	readTexts,
} from './read-json.ts';

/** Of pods or of namespaces: all of it must hold, so that an empty one selects everything. */
export type LabelSelector = {
	readonly labels: Readonly<Record<string, string>>;
	readonly expressions: ReadonlyArray<{readonly key: string; readonly operator: string; readonly values: readonly string[]}>;
};

/** Whom a rule lets through: pods, those of other namespaces where `namespaces` is given, or a network. */
export type PolicyPeer = {
	readonly pods: LabelSelector | undefined;
	readonly namespaces: LabelSelector | undefined;
	readonly block: {readonly cidr: string; readonly except: readonly string[]} | undefined;
};

export type PolicyPort = {
	readonly protocol: string;
	readonly port: number | string | undefined;
	readonly endPort: number | undefined;
};

/** No peers, or no ports: all of them. */
export type PolicyRule = {readonly peers: readonly PolicyPeer[]; readonly ports: readonly PolicyPort[]};

/** A NetworkPolicy. A direction that it says nothing of is undefined; one without rules lets nothing through. */
export type NetworkPolicy = {
	readonly name: string;
	readonly namespace: string;
	readonly selector: LabelSelector;
	readonly ingress: readonly PolicyRule[] | undefined;
	readonly egress: readonly PolicyRule[] | undefined;
};

/** Every NetworkPolicy of the namespaces of both ends, or why they are not known. */
export type NetworkPolicies = {readonly policies: readonly NetworkPolicy[]} | {readonly unknown: string};

const readSelector = (value: unknown): LabelSelector => ({
	labels: readTexts(dig(value, 'matchLabels')),
	expressions: readList(dig(value, 'matchExpressions')).map(expression => ({
		key: readText(dig(expression, 'key')), operator: readText(dig(expression, 'operator')), values: readList(dig(expression, 'values')).map(one => readText(one)),
	})),
});

const readOptionalSelector = (value: unknown): LabelSelector | undefined => (value === undefined || value === null ? undefined : readSelector(value));

const readPeer = (value: unknown): PolicyPeer => {
	const cidr = readSomeText(dig(value, 'ipBlock', 'cidr'));
	return {
		pods: readOptionalSelector(dig(value, 'podSelector')),
		namespaces: readOptionalSelector(dig(value, 'namespaceSelector')),
		block: cidr === undefined ? undefined : {cidr, except: readList(dig(value, 'ipBlock', 'except')).map(one => readText(one))},
	};
};

const readPolicyPort = (value: unknown): PolicyPort => ({
	protocol: readText(dig(value, 'protocol'), 'TCP'),
	port: readPort(dig(value, 'port')) ?? readSomeText(dig(value, 'port')),
	endPort: readPort(dig(value, 'endPort')),
});

const readRules = (value: unknown, peers: 'from' | 'to'): readonly PolicyRule[] => readList(value).map(rule => ({
	peers: readList(dig(rule, peers)).map(peer => readPeer(peer)),
	ports: readList(dig(rule, 'ports')).map(port => readPolicyPort(port)),
}));

/** Without policyTypes a policy is about what comes in, and about what goes out where it has rules for that (networking.k8s.io/v1). */
const readPolicy = (value: unknown): NetworkPolicy => {
	const spec = dig(value, 'spec');
	const types = readList(dig(spec, 'policyTypes'));
	const isOf = (type: 'Ingress' | 'Egress', isOtherwise: boolean): boolean => (types.length === 0 ? isOtherwise : types.includes(type));
	return {
		name: readName(dig(value, 'metadata', 'name')),
		namespace: readName(dig(value, 'metadata', 'namespace')),
		selector: readSelector(dig(spec, 'podSelector')),
		ingress: isOf('Ingress', true) ? readRules(dig(spec, 'ingress'), 'from') : undefined,
		egress: isOf('Egress', dig(spec, 'egress') !== undefined) ? readRules(dig(spec, 'egress'), 'to') : undefined,
	};
};

/** Why a list of the API does not tell all of a namespace's NetworkPolicies: it was refused, or cut short. */
const explainGap = (answer: KubectlAnswer): string | undefined => {
	if (!answer.ok) {
		return `the NetworkPolicies could not be read: ${answer.because}`;
	}

	return readSomeText(dig(answer.value, 'metadata', 'continue')) === undefined ? undefined : 'there are too many NetworkPolicies in the namespace';
};

/** The NetworkPolicies of lists of the API, one for each namespace; unknown where one of them does not tell. */
export const readNetworkPolicies = (answers: readonly KubectlAnswer[]): NetworkPolicies => {
	const gap = answers.map(answer => explainGap(answer)).find(because => because !== undefined);
	return gap === undefined
		? {policies: answers.flatMap(answer => (answer.ok ? readList(dig(answer.value, 'items')) : [])).map(item => readPolicy(item))}
		: {unknown: gap};
};

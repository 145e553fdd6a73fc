import {createGate} from '../access/gate.ts';
import type {Node} from '../cluster/cluster.ts';
import type {Kubectl} from '../cluster/kubectl.ts';
import type {KubectlFailure} from '../cluster/kubectl-failure.ts';
import {
	dig,
	isObjectName,
	readList,
	readSomeText,
} from '../cluster/read-json.ts';
import {readNode, unreadNode} from '../cluster/read-node.ts';
import {asUserFacingError} from '../target/explain-missing.ts';
import {namesIn, suggestNames} from '../target/nearest-names.ts';
import {UserFacingError} from '../user-facing-error.ts';

export type NodeRequest = {
	readonly names: readonly string[];
	readonly selector: string | undefined;
};

export type FoundNodes = {
	readonly nodes: readonly Node[];
	/** Why some are missing, or less is known of some. */
	readonly notes: readonly string[];
	/** False where the list could not be read to its end. */
	readonly isWhole: boolean;
};

// A Node lists the images that it holds, which makes some of them 50 kB long.
const nodesPerPage = 100;
const maxPages = 1000;
const maxNames = 500;
const requestsAtATime = 8;

const pathOf = (parameters: Readonly<Record<string, string | number | undefined>>): string =>
	`/api/v1/nodes?${Object.entries(parameters).filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${encodeURIComponent(value ?? '')}`).join('&')}`;

const refuseList = (failure: KubectlFailure, selector: string | undefined): UserFacingError => {
	if (selector !== undefined && failure.because.includes('(BadRequest)')) {
		return new UserFacingError(`the API server does not understand the selector ${selector} (${failure.because})`, 'selectors look like -l kubernetes.io/os=linux or -l "pool in (a,b)"');
	}

	const {because, tryThis} = asUserFacingError('the list of nodes', failure);
	return new UserFacingError(because, `${tryThis}; or name the nodes: hairpin nodes NODE...`);
};

const refuseEmptiness = (selector: string | undefined): UserFacingError => (selector === undefined
	? new UserFacingError('the cluster has no nodes', 'name a node that is not in it: hairpin nodes NODE --ssh NODE=USER@HOST')
	: new UserFacingError(`no node has the labels ${selector}`, 'see them with: kubectl get nodes --show-labels'));

const listNodes = async (kubectl: Kubectl, selector: string | undefined, signal: AbortSignal): Promise<FoundNodes> => {
	const nodes: Node[] = [];
	let next: string | undefined;
	for (let page = 0; page < maxPages; page++) {
		signal.throwIfAborted();
		// eslint-disable-next-line no-await-in-loop
		const answer = await kubectl.getRaw(pathOf({limit: nodesPerPage, labelSelector: selector, continue: next}));
		if (page === 0 && !answer.ok) {
			throw refuseList(answer, selector);
		}

		if (!answer.ok) {
			return {nodes, notes: [`only the first ${nodes.length} nodes are looked at, since the rest of the list could not be read: ${answer.because}`], isWhole: false};
		}

		// A copy, so that the page itself is not kept for the names in it.
		nodes.push(...structuredClone(readList(dig(answer.value, 'items')).map(item => readNode(item, 4)).filter(node => node !== undefined)));
		next = readSomeText(dig(answer.value, 'metadata', 'continue'));
		if (next === undefined) {
			break;
		}
	}

	if (nodes.length === 0) {
		throw refuseEmptiness(selector);
	}

	return {nodes, notes: [], isWhole: next === undefined};
};

const refuseName = async (kubectl: Kubectl, name: string): Promise<UserFacingError> => {
	const answer = await kubectl.getRaw(pathOf({limit: maxNames}));
	const names = answer.ok ? namesIn(answer.value) : [];
	return new UserFacingError(`there is no node ${name}`, names.length > 0 ? suggestNames(name, names) : 'see: kubectl get nodes');
};

type NamedNode = {readonly node: Node; readonly failure?: KubectlFailure};

const readNamed = async (kubectl: Kubectl, name: string): Promise<NamedNode> => {
	const answer = await kubectl.getRaw(`/api/v1/nodes/${encodeURIComponent(name)}`);
	const node = answer.ok ? readNode(answer.value, 4) : undefined;
	return node ? {node} : {node: unreadNode(name, ''), ...(!answer.ok && {failure: answer})};
};

/** Nodes that the API does not tell about can be reached all the same, by their names. */
const noteUnread = (named: readonly NamedNode[]): readonly string[] =>
	Map.groupBy(named.filter(({failure}) => failure !== undefined), ({failure}) => failure?.because).entries()
		.map(([because, same]) => `what the API knows of ${same.map(({node}) => node.name).join(', ')} could not be read (${because}); looked at all the same`)
		.toArray();

const readNames = async (kubectl: Kubectl, given: readonly string[]): Promise<FoundNodes> => {
	const names = [...new Set(given.map(name => name.replace(/^nodes?\//v, '')))];
	const strange = names.find(name => !isObjectName(name));
	if (strange !== undefined) {
		throw new UserFacingError(`${strange} cannot be the name of a node`, 'names are as kubectl get nodes shows them');
	}

	const gate = createGate(requestsAtATime);
	const named = await Promise.all(names.map(async name => {
		await gate.enter();
		try {
			return await readNamed(kubectl, name);
		} finally {
			gate.leave();
		}
	}));
	const missing = named.find(({failure}) => failure?.kind === 'not-found');
	if (missing) {
		throw await refuseName(kubectl, missing.node.name);
	}

	return {nodes: named.map(({node}) => node), notes: noteUnread(named), isWhole: true};
};

/** Nodes of Windows have none of this. */
const withoutWindows = ({nodes, notes, isWhole}: FoundNodes): FoundNodes => {
	const windows = nodes.filter(({os}) => os === 'windows').map(({name}) => name);
	const idle = nodes.filter(({isReady}) => !isReady).map(({name}) => name);
	return {
		nodes: nodes.filter(({os}) => os !== 'windows'),
		notes: [
			...notes,
			...(windows.length > 0 ? [`not looked at, because they run Windows: ${windows.join(', ')}`] : []),
			...(idle.length > 0 ? [`NotReady: ${idle.join(', ')}`] : []),
		],
		isWhole,
	};
};

/** The nodes that are asked for: by name, by label, or all. Throws `UserFacingError` where there are none. */
export const findNodes = async (kubectl: Kubectl, {names, selector}: NodeRequest, signal: AbortSignal): Promise<FoundNodes> =>
	withoutWindows(names.length > 0 ? await readNames(kubectl, names) : await listNodes(kubectl, selector, signal));

import {setTimeout as sleep} from 'node:timers/promises';
import type {Access, Connection} from '../access/access.ts';
import {cleanLine} from '../clean.ts';
import type {NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import type {Consent} from '../consent.ts';
import type {ChangeNews} from './change-news.ts';
import type {Change} from './change.ts';
import {
	type Heard,
	type Line,
	type Setting,
	applySteps,
	askProgram,
	isHeardToTheEnd,
	removeLeftovers,
} from './node-program.ts';
import type {PreparedNode} from './prepare.ts';

/** What changing nodes needs. Nothing goes without consent. */
export type NodeTools = {
	readonly consent: Consent;
	/** Opened with it. */
	readonly access: Access;
	/** Opens the way onto a node anew, where the old one was lost. */
	readonly renew: (node: string) => Promise<Connection>;
	readonly readNode: (node: string) => Promise<NodeEvidence | undefined>;
	readonly tell: (news: ChangeNews) => void;
	readonly id: string;
	readonly forSeconds: number;
};

export type NodeOutcome =
	| {readonly status: 'applied'}
	/** All of it was put back, or nothing was begun. */
	| {readonly status: 'rolled-back'; readonly because: string}
	/** What is there is not known. */
	| {readonly status: 'lost'; readonly because: string};

const describeSetting = ({kind, name}: Setting): string => `${kind} ${name}`;

/** How long an effect is waited for: kube-proxy needs some 10 s after its restart, more on a slow node. */
const effectTimeoutMs = 90_000;
const recoverTimeoutMs = 90_000;
const pollMs = 500;

const nameStep = (steps: readonly Setting[], number: number): string => (number >= 0 && number < steps.length ? describeSetting(steps[number]) : 'the journal on the node');

const describeFailure = (lines: readonly Line[], steps: readonly Setting[]): string => {
	const changed = lines.find(({word}) => word === 'changed');
	if (changed) {
		return `${nameStep(steps, changed.number)} is not as it was when the change was shown; somebody else changed it`;
	}

	const failed = lines.find(({word}) => word === 'failed' || word === 'restart-failed');
	return failed ? `${failed.word === 'failed' ? nameStep(steps, failed.number) : 'restart'}: ${cleanLine(failed.rest)}` : 'it did not say why';
};

const stepNews = new Map([['begun', 'step-begun'], ['done', 'step-done'], ['restored', 'step-restored']] as const) as ReadonlyMap<string, 'step-begun' | 'step-done' | 'step-restored'>;

const tellLine = ({tell}: NodeTools, node: string, steps: readonly Setting[]) => ({word, number, rest}: Line): void => {
	const type = stepNews.get(word);
	if (type !== undefined) {
		tell({type, node, step: nameStep(steps, number)});
	} else if (word === 'restarted') {
		tell({type: 'unit-restarted', node, unit: cleanLine(rest)});
	}
};

/** Asks the journal on a node that was lost until it tells how far it came. */
const recover = async (tools: NodeTools, node: string): Promise<Heard | undefined> => {
	const end = performance.now() + recoverTimeoutMs;
	while (performance.now() < end) {
		// eslint-disable-next-line no-await-in-loop
		const connection = await tools.renew(node);
		// eslint-disable-next-line no-await-in-loop
		const heard = connection.ok ? await askProgram(tools.access, node, 'tell', tools.id) : undefined;
		if (heard?.lines.some(({word}) => word === 'applied' || word === 'nothing') === true) {
			return heard;
		}

		// eslint-disable-next-line no-await-in-loop
		await sleep(pollMs);
	}

	return undefined;
};

const interpret = (lines: readonly Line[], steps: readonly Setting[]): NodeOutcome | undefined => {
	if (lines.some(({word}) => word === 'applied')) {
		return {status: 'applied'};
	}

	const isBack = lines.some(({word}) => word === 'rolled-back' || word === 'changed') || lines.some(({word, number}) => word === 'failed' && number === -1);
	const because = describeFailure(lines, steps);
	return isBack ? {status: 'rolled-back', because} : (lines.some(({word}) => word === 'failed' || word === 'restart-failed') ? {status: 'lost', because} : undefined);
};

/** Makes the steps of one node, all or none. Where the connection breaks, the node goes on by itself, and is asked again. */
export const makeSteps = async (tools: NodeTools, {node, steps, units}: PreparedNode): Promise<NodeOutcome> => {
	const heard = await applySteps(tools.access, node, {
		id: tools.id, steps, units, forSeconds: tools.forSeconds,
	}, tellLine(tools, node, steps));
	if (isHeardToTheEnd(heard)) {
		const outcome = interpret(heard.lines, steps);
		if (outcome) {
			return outcome;
		}
	}

	tools.tell({type: 'node-lost', node, because: heard.problem});
	const found = await recover(tools, node);
	if (found?.lines.some(({word}) => word === 'nothing') === true) {
		return {status: 'rolled-back', because: heard.problem === '' ? 'it never began' : heard.problem};
	}

	return found ? {status: 'applied'} : {status: 'lost', because: `the connection broke (${heard.problem}), and the node could not be asked again`};
};

/** What a node's kernel and daemons show, seen until it is so. */
export type Effect = {
	readonly isSo: (evidence: NodeEvidence) => boolean;
	/** Whether it is the end of a change that is waited for. */
	readonly isEnding: boolean;
};

/** Waits until a change acts on a node, or acts no more, as its kernel shows: that a unit is active says little. Resolves with whether it came to that. */
export const isSoInTime = async ({readNode, tell}: Pick<NodeTools, 'readNode' | 'tell'>, node: string, {isSo, isEnding}: Effect): Promise<boolean> => {
	const begin = performance.now();
	tell({type: 'effect-awaited', node, isEnding});
	while (performance.now() - begin < effectTimeoutMs) {
		// eslint-disable-next-line no-await-in-loop
		const evidence = await readNode(node);
		if (evidence && isSo(evidence)) {
			tell({
				type: 'effect-seen', node, isEnding, seconds: (performance.now() - begin) / 1000,
			});
			return true;
		}

		// eslint-disable-next-line no-await-in-loop
		await sleep(pollMs);
	}

	return false;
};

/** Removes the rules of the mode that was left. Resolves with what could not be removed. */
export const cleanUp = async ({access, tell}: Pick<NodeTools, 'access' | 'tell'>, node: string, mode: string): Promise<readonly string[]> => {
	const left = (await removeLeftovers(access, node, mode)).map(what => cleanLine(what));
	tell({
		type: 'leftovers-removed', node, mode, left,
	});
	return left;
};

/** Puts back what was done on one node. Resolves with why that was not possible. */
export const rollBack = async (tools: Pick<NodeTools, 'access' | 'id' | 'tell'>, node: string, because: string): Promise<string | undefined> => {
	const {lines, problem} = await askProgram(tools.access, node, 'undo', tools.id);
	const isBack = lines.some(({word}) => word === 'undone' || word === 'nothing');
	if (isBack) {
		tools.tell({type: 'node-rolled-back', node, because});
		return undefined;
	}

	return `${node} could not be put back: ${lines.length === 0 ? problem : describeFailure(lines, [])}`;
};

export const actsOn = ({recipe, value, plan}: Change) => (evidence: NodeEvidence): boolean => valueOf(recipe.isInForce(evidence, value, plan)) === true;

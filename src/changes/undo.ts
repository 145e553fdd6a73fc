import type {Access, Connection} from '../access/access.ts';
import {cleanLine} from '../clean.ts';
import type {NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {type Effect, cleanUp, isSoInTime} from './apply-node.ts';
import {
	type Entry,
	type NodeEntry,
	withNode,
	withObjects,
	writeEntry,
} from './journal.ts';
import {
	type Heard,
	type Line,
	askProgram,
	isHeardToTheEnd,
} from './node-program.ts';
import {findRecipe} from './recipes/index.ts';
import {proxyMode} from './recipes/proxy-mode.ts';
import {emptyPlan} from './recipes/shared.ts';
import {type UndoProblem, type UndoTools, undoObjects} from './undo-objects.ts';

export type UndoNodesTools = UndoTools & {
	readonly access: Access;
	/** Opens the way onto a node anew, where the old one was lost. */
	readonly renew: (node: string) => Promise<Connection>;
	readonly readNode: (node: string) => Promise<NodeEvidence | undefined>;
};

/** How one node was put back: `lines` are what somebody else wrote since, where that is why not. */
export type NodeUndone = {readonly node: string; readonly problem: string | undefined; readonly difference: readonly string[]};

const attempts = 4;

const nameSetting = ({settings}: NodeEntry, number: number): string => {
	const setting = settings.at(number);
	return setting === undefined || number < 0 ? 'a setting' : `${setting.kind} ${setting.name}`;
};

const explain = (entry: NodeEntry, lines: readonly Line[]): string | undefined => {
	const changed = lines.filter(({word}) => word === 'changed');
	if (changed.length > 0) {
		return `${changed.map(({number, rest}) => `${nameSetting(entry, number)} was changed by somebody else since (it is ${cleanLine(rest, 80)})`).join('; ')}; nothing was put back`;
	}

	const failed = lines.find(({word}) => word === 'failed' || word === 'restart-failed');
	return failed && (failed.word === 'failed' ? `${nameSetting(entry, failed.number)}: ${cleanLine(failed.rest)}` : `restart: ${cleanLine(failed.rest)}`);
};

/** When a change that daemons read from their configuration acts no more. Undefined for a change that is not known any more. */
const endOf = ({change}: Entry): Effect | undefined => {
	const found = findRecipe(change);
	return found && {isSo: evidence => valueOf(found.recipe.isInForce(evidence, found.value, emptyPlan)) === false, isEnding: true};
};

/** A daemon acts as its configuration says some moments after it was started. Resolves with why it does not. */
const awaitEnd = async (tools: UndoNodesTools, entry: Entry, node: string): Promise<string | undefined> => {
	const end = endOf(entry);
	return end === undefined || await isSoInTime(tools, node, end) ? undefined : 'its configuration is as it was, but 90 s later it still acted; undo it again to look once more';
};

/** After the mode is back, the rules of the one that was left have to go. */
const undoMode = async (tools: UndoNodesTools, node: string, {before, after}: NonNullable<NodeEntry['leftoversOf']>): Promise<string | undefined> => {
	if (!await isSoInTime(tools, node, {isSo: evidence => valueOf(proxyMode.isInForce(evidence, before, emptyPlan)) === true, isEnding: true})) {
		return `mode ${before} was not back within 90 s; undo it again to look once more`;
	}

	const left = await cleanUp(tools, node, after);
	return left.length === 0 ? undefined : `mode ${before} is back, but of mode ${after} there is still: ${left.join(', ')}; undo it again to remove it`;
};

/** Sees that what was put back acts again. Resolves with why it does not. */
const seeUndone = async (tools: UndoNodesTools, entry: Entry, {node, leftoversOf, units, settings}: NodeEntry): Promise<string | undefined> => {
	if (leftoversOf) {
		return undoMode(tools, node, leftoversOf);
	}

	return units.length > 0 && settings.length > 0 ? awaitEnd(tools, entry, node) : undefined;
};

/** Kubelet's restart cuts the connection through its pods: the node goes on by itself, and to ask again does no harm. */
const askUntilHeard = async (tools: UndoNodesTools, id: string, entry: NodeEntry): Promise<Heard> => {
	let heard: Heard = {lines: [], problem: ''};
	for (let attempt = 0; attempt < attempts && !isHeardToTheEnd(heard); attempt++) {
		// eslint-disable-next-line no-await-in-loop
		const connection = attempt === 0 ? undefined : await tools.renew(entry.node);
		if (connection?.ok !== false) {
			// eslint-disable-next-line no-await-in-loop
			heard = await askProgram(tools.access, entry.node, 'undo', id, ({word, number}) => {
				if (word === 'restored') {
					tools.tell({type: 'step-restored', node: entry.node, step: nameSetting(entry, number)});
				}
			});
		}
	}

	return heard;
};

const undoNode = async (tools: UndoNodesTools, entry: Entry, nodeEntry: NodeEntry): Promise<NodeUndone> => {
	const {node} = nodeEntry;
	const connection = await tools.access.connect(node);
	if (!connection.ok) {
		return {node, problem: `not reached: ${connection.because}`, difference: []};
	}

	const {lines, problem} = await askUntilHeard(tools, entry.id, nodeEntry);
	if (lines.some(({word}) => word === 'undone' || word === 'nothing')) {
		const left = await seeUndone(tools, entry, nodeEntry);
		if (left === undefined) {
			tools.tell({type: 'node-undone', node});
		}

		return {node, problem: left, difference: []};
	}

	return {node, problem: explain(nodeEntry, lines) ?? (problem === '' ? 'the connection broke; undo it again' : problem), difference: lines.filter(({word}) => word === 'difference').map(({rest}) => cleanLine(rest))};
};

/** As `awaitEnd` on a node that need not be reached to put a change back. */
const seeRolledOut = async (tools: UndoNodesTools, entry: Entry, node: string): Promise<readonly string[]> => {
	const connection = await tools.access.connect(node);
	if (!connection.ok) {
		tools.tell({type: 'effect-unseen', node, because: connection.because});
		return [];
	}

	const left = await awaitEnd(tools, entry, node);
	return left === undefined ? [] : [`${node}: ${left}`];
};

/** Sees that pods of a rollout act as before. Nodes with a setting of their own are seen when that is put back. */
const seeRollout = async (tools: UndoNodesTools, entry: Entry): Promise<UndoProblem | undefined> => {
	const isTouched = entry.objects.some(({progress}) => progress !== 'planned' && progress !== 'undone');
	const watched = (entry.watched ?? []).filter(({node}) => isTouched && entry.nodes.every(other => other.node !== node));
	const left = await Promise.all(watched.map(async ({node}) => seeRolledOut(tools, entry, node)));
	return left.flat().length === 0 ? undefined : {problem: left.flat().join('; '), difference: []};
};

/** Puts a change back as far as it was made: objects first, then all nodes. Resolves with what could not be. Doing it again does no harm. */
export const undoChange = async (entry: Entry, tools: UndoNodesTools): Promise<{readonly entry: Entry; readonly problems: readonly NodeUndone[]}> => {
	let now = entry;
	const objectProblem = await undoObjects(tools, entry) ?? await seeRollout(tools, entry);
	if (objectProblem === undefined && entry.objects.length > 0) {
		now = withObjects(now, 'undone');
	}

	const touched = entry.nodes.filter(({progress}) => progress !== 'planned' && progress !== 'undone');
	const nodes = objectProblem === undefined ? await Promise.all(touched.map(async node => undoNode(tools, entry, node))) : [];
	for (const {node, problem} of nodes) {
		now = problem === undefined ? withNode(now, node, 'undone') : now;
	}

	await writeEntry(now);
	return {entry: now, problems: [...(objectProblem === undefined ? [] : [{node: 'the API', ...objectProblem}]), ...nodes.filter(({problem}) => problem !== undefined)]};
};

import type {Access, Connection} from '../access/access.ts';
import {cleanLine} from '../clean.ts';
import type {NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {proxyModeOfNode} from '../evidence/readings.ts';
import {isInEffectInTime, cleanUp} from './apply-node.ts';
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
import {type UndoTools, undoObjects} from './undo-objects.ts';

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

/** After the mode is back, the rules of the one that was left have to go. */
const undoMode = async (tools: UndoNodesTools, {node, leftoversOf}: NodeEntry): Promise<void> => {
	if (leftoversOf && await isInEffectInTime(tools, node, evidence => valueOf(proxyModeOfNode(evidence)) === leftoversOf.before)) {
		await cleanUp(tools, node, leftoversOf.after);
	}
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

const undoNode = async (tools: UndoNodesTools, id: string, entry: NodeEntry): Promise<NodeUndone> => {
	const {node} = entry;
	const connection = await tools.access.connect(node);
	if (!connection.ok) {
		return {node, problem: `not reached: ${connection.because}`, difference: []};
	}

	const {lines, problem} = await askUntilHeard(tools, id, entry);
	if (lines.some(({word}) => word === 'undone' || word === 'nothing')) {
		await undoMode(tools, entry);
		tools.tell({type: 'node-undone', node});
		return {node, problem: undefined, difference: []};
	}

	return {node, problem: explain(entry, lines) ?? (problem === '' ? 'the connection broke; undo it again' : problem), difference: lines.filter(({word}) => word === 'difference').map(({rest}) => cleanLine(rest))};
};

/** Puts a change back as far as it was made: objects first, then all nodes. Resolves with what could not be. Doing it again does no harm. */
export const undoChange = async (entry: Entry, tools: UndoNodesTools): Promise<{readonly entry: Entry; readonly problems: readonly NodeUndone[]}> => {
	let now = entry;
	const objectProblem = await undoObjects(tools, entry);
	if (objectProblem === undefined && entry.objects.length > 0) {
		now = withObjects(now, 'undone');
	}

	const touched = entry.nodes.filter(({progress}) => progress !== 'planned' && progress !== 'undone');
	const nodes = objectProblem === undefined ? await Promise.all(touched.map(async node => undoNode(tools, entry.id, node))) : [];
	for (const {node, problem} of nodes) {
		now = problem === undefined ? withNode(now, node, 'undone') : now;
	}

	await writeEntry(now);
	return {entry: now, problems: [...(objectProblem === undefined ? [] : [{node: 'the API', ...objectProblem}]), ...nodes.filter(({problem}) => problem !== undefined)]};
};

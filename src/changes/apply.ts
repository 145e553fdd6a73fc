import type {KubectlFailure} from '../cluster/kubectl-failure.ts';
import type {KubectlProgram} from '../cluster/kubectl.ts';
import {
	type NodeTools,
	actsOn,
	cleanUp,
	isSoInTime,
	makeSteps,
	rollBack,
} from './apply-node.ts';
import type {Change, ObjectPlan} from './change.ts';
import {
	type Entry,
	type Progress,
	describeJournal,
	withNode,
	withObjects,
	writeEntry,
} from './journal.ts';
import {explainUntouched, patchObject, restartDaemonSet} from './objects.ts';
import type {PreparedNode} from './prepare.ts';
import {undoObjects} from './undo-objects.ts';

export type ApplyTools = NodeTools & {
	readonly kubectl: KubectlProgram;
	/** Probes again. Resolves with what worked before and does not any more, in words. Undefined where no target was named. */
	readonly rejudge: (() => Promise<readonly string[]>) | undefined;
	readonly signal: AbortSignal;
};

/** How a change went on all nodes. `because` is one sentence. */
export type ApplyOutcome =
	| {readonly isApplied: true; readonly entry: Entry}
	| {readonly isApplied: false; readonly entry: Entry; readonly because: string};

const nodesAtATime = 8;

/** The journal of one change, written before whatever it tells of. */
const keepJournal = (first: Entry) => {
	let entry = first;
	let written = Promise.resolve();
	// One after the other: nodes that are changed at the same time write the same file.
	const write = async (next: Entry): Promise<void> => {
		entry = next;
		const before = written;
		written = (async () => {
			await before.catch(() => undefined);
			await writeEntry(entry);
		})();
		await written;
	};

	return {
		entry: () => entry,
		begin: async () => write(entry),
		node: async (node: string, progress: Progress) => write(withNode(entry, node, progress)),
		objects: async (progress: Progress) => write(withObjects(entry, progress)),
	};
};

type Journal = ReturnType<typeof keepJournal>;

type Job = {readonly change: Change; readonly tools: ApplyTools; readonly journal: Journal};

const undoNode = async ({tools, journal}: Job, node: PreparedNode, because: string): Promise<string> => {
	const problem = await rollBack(tools, node.node, because);
	if (problem === undefined) {
		await journal.node(node.node, 'rolled-back');
	}

	return `${node.node}: ${because}${problem === undefined ? '' : `; ${problem}`}`;
};

/** Changes one node and sees that it acts. Resolves with why not, after it was put back. */
const changeNode = async (job: Job, node: PreparedNode, isCanary: boolean): Promise<string | undefined> => {
	const {change, tools, journal} = job;
	tools.tell({type: 'node-begun', node: node.node, isCanary});
	await journal.node(node.node, 'begun');
	const outcome = await makeSteps(tools, node);
	if (outcome.status !== 'applied') {
		await journal.node(node.node, outcome.status === 'lost' ? 'begun' : 'rolled-back');
		return `${node.node}: ${outcome.because}`;
	}

	await journal.node(node.node, 'applied');
	if (!await isSoInTime(tools, node.node, {isSo: actsOn(change), isEnding: false})) {
		return undoNode(job, node, 'it did not act within 90 s');
	}

	if (node.leftoversOf) {
		await cleanUp(tools, node.node, node.leftoversOf.before);
	}

	return undefined;
};

/** Sees that nothing which worked is worse now; else the node is put back. */
const rejudge = async (job: Job, node: PreparedNode): Promise<string | undefined> => {
	const worse = await job.tools.rejudge?.();
	if (worse === undefined) {
		return undefined;
	}

	job.tools.tell({type: 'rejudged', node: node.node, worse});
	return worse.length === 0 ? undefined : undoNode(job, node, `after it ${worse.join(', ')}`);
};

/** All of them come to their end before one that failed is told. */
const changeTogether = async (job: Job, nodes: readonly PreparedNode[]): Promise<readonly string[]> => {
	const results = await Promise.allSettled(nodes.map(async node => changeNode(job, node, false)));
	const broken = results.find(result => result.status === 'rejected');
	if (broken) {
		throw broken.reason as Error;
	}

	return results.flatMap(result => (result.status === 'fulfilled' && result.value !== undefined ? [result.value] : []));
};

/** The first node alone; when that is well, the others, some at a time. Stops at the first that is not. */
const changeNodes = async (job: Job, [canary, ...others]: readonly PreparedNode[]): Promise<string | undefined> => {
	const problem = await changeNode(job, canary, true) ?? (others.length > 0 ? await rejudge(job, canary) : undefined);
	if (problem !== undefined) {
		return problem;
	}

	for (let begin = 0; begin < others.length; begin += nodesAtATime) {
		if (job.tools.signal.aborted) {
			return 'it was stopped before the remaining nodes were changed';
		}

		// eslint-disable-next-line no-await-in-loop
		const problems = await changeTogether(job, others.slice(begin, begin + nodesAtATime));
		if (problems.length > 0) {
			return problems.join('; ');
		}
	}

	return undefined;
};

/** What somebody else undoes by pieces is undone by us as a whole. */
const undoAllObjects = async (job: Job, because: string): Promise<string> => {
	const left = await undoObjects(job.tools, job.journal.entry());
	if (left === undefined) {
		await job.journal.objects('rolled-back');
	}

	return left === undefined ? because : `${because}; ${left.problem}`;
};

/** What was refused before anything was changed needs no undo, and no rollout. */
const giveUpObject = async (job: Job, object: ObjectPlan, failure: KubectlFailure): Promise<string> => {
	const name = `${object.resource} ${object.namespace}/${object.name}`;
	const untouched = await explainUntouched(job.tools.kubectl, object, failure);
	if (untouched === undefined || object !== job.change.plan.objects[0]) {
		return undoAllObjects(job, `${name} could not be changed: ${failure.because}`);
	}

	await job.journal.objects('rolled-back');
	return `${name} ${untouched}`;
};

/** Changes objects of the cluster and waits for what reads them. */
const changeObjects = async (job: Job): Promise<string | undefined> => {
	const {change: {plan}, tools, journal} = job;
	if (plan.objects.length === 0) {
		return undefined;
	}

	await journal.objects('begun');
	for (const object of plan.objects) {
		// eslint-disable-next-line no-await-in-loop
		const answer = await patchObject(tools.kubectl, tools.consent, object);
		if (!answer.ok) {
			return giveUpObject(job, object, answer);
		}

		tools.tell({type: 'object-changed', object: `${object.resource} ${object.namespace}/${object.name}`});
	}

	for (const rollout of plan.rollouts) {
		tools.tell({type: 'rollout-begun', name: rollout.name});
		// eslint-disable-next-line no-await-in-loop
		const problem = await restartDaemonSet(tools.kubectl, tools.consent, rollout);
		if (problem !== undefined) {
			return undoAllObjects(job, `the pods of ${rollout.name} did not come back: ${problem}`);
		}

		tools.tell({type: 'rollout-ended', name: rollout.name});
	}

	await journal.objects('applied');
	return undefined;
};

/** A DaemonSet acts on every node at once, so that there is no first one. */
const awaitRollout = async (job: Job, nodes: readonly string[]): Promise<string | undefined> => {
	const acting = await Promise.all(nodes.map(async node => isSoInTime(job.tools, node, {isSo: actsOn(job.change), isEnding: false})));
	const idle = nodes.filter((_, index) => !acting[index]);
	return idle.length === 0 ? undefined : undoAllObjects(job, `it did not act within 90 s on ${idle.join(', ')}`);
};

/** Makes a change that was shown: the journal first, then one node, then the others. */
export const applyChange = async (change: Change, prepared: readonly PreparedNode[], entry: Entry, tools: ApplyTools & {readonly nodes: readonly string[]}): Promise<ApplyOutcome> => {
	const journal = keepJournal(entry);
	const job: Job = {change, tools, journal};
	await journal.begin();
	tools.tell({type: 'journal-written', file: describeJournal(entry.id)});
	const problem = await changeObjects(job)
		?? (change.plan.rollouts.length > 0 ? await awaitRollout(job, tools.nodes) : undefined)
		?? (prepared.length > 0 ? await changeNodes(job, prepared) : undefined);
	return problem === undefined ? {isApplied: true, entry: journal.entry()} : {isApplied: false, entry: journal.entry(), because: problem};
};

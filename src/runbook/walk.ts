import {cleanLine} from '../clean.ts';
import {UserFacingError} from '../user-facing-error.ts';
import {changingDeeds} from './deeds-change.ts';
import {lookingDeeds} from './deeds-look.ts';
import {talkingDeeds} from './deeds-talk.ts';
import {
	type Runbook,
	type Step,
	type StepKind,
	kindOf,
} from './runbook.ts';
import {
	type Done,
	type Outcome,
	type Scene,
	type SceneChange,
	type WalkTools,
	type WalkedStep,
	fill,
	noteTarget,
} from './scene.ts';

/** A walk that is over. */
export type Walk = {
	readonly steps: readonly WalkedStep[];
	/** As everywhere (design.md §9): 0 walked to its end · 1 a step was not as expected · 2 it could not be told · 3 a step could not be done. */
	readonly exitCode: number;
	readonly sentence: string;
	/** Changes that this walk made, and did not put back. */
	readonly inForce: readonly SceneChange[];
	/** Why a step could not be done. */
	readonly failure: UserFacingError | undefined;
};

const deeds = {...talkingDeeds, ...lookingDeeds, ...changingDeeds} satisfies Record<StepKind, unknown>;

const endings: Readonly<Record<Outcome, number | undefined>> = {
	done: undefined, met: undefined, unmet: 1, undecided: 2, stopped: 2, failed: 3,
};

const headings: Readonly<Record<StepKind, string>> = {
	text: 'read',
	inventory: 'who takes part',
	probe: 'who reaches whom',
	check: 'judge what was found',
	capture: 'capture on both ends',
	compare: 'line the captures up',
	run: 'run',
	fix: 'fix',
	verify: 'verify',
	undo: 'undo',
	ask: 'a question',
	choose: 'which case it is',
	stop: 'stop',
};

/** A heading for a step that has none of its own. */
export const describeStep = (step: Step): string => {
	if ('run' in step) {
		return `run at the ${step.at.replace('-', ' ')}: ${step.run.join(' ')}`;
	}

	if ('fix' in step) {
		return `fix ${step.fix}${step.nodes === undefined ? '' : ` on ${step.nodes}`}`;
	}

	return 'undo' in step ? `undo ${step.undo}` : headings[kindOf(step)];
};

const titleOf = (scene: Scene, step: Step): string => {
	const title = step.title ?? describeStep(step);
	try {
		return cleanLine(fill(scene, title), 200);
	} catch {
		return cleanLine(title, 200);
	}
};

type Doing = {readonly done: Done; readonly failure: UserFacingError | undefined};

/** Does one step. What a person can act on ends the walk; what is a defect of ours is thrown. */
const doStep = async (scene: Scene, step: Step): Promise<Doing> => {
	try {
		const deed = deeds[kindOf(step)] as (scene: Scene, step: Step) => Promise<Done>;
		return {done: await deed(scene, step), failure: undefined};
	} catch (error) {
		if (error instanceof UserFacingError) {
			return {done: {outcome: 'failed', says: error.because, evidence: [`try: ${error.tryThis}`]}, failure: error};
		}

		throw error;
	}
};

type Ending = {readonly exitCode: number; readonly sentence: string; readonly failure: UserFacingError | undefined};

const walkStep = async (scene: Scene, step: Step, number: string, walked: WalkedStep[]): Promise<Ending | undefined> => {
	const {tell, now} = scene.tools;
	const kind = kindOf(step);
	const title = titleOf(scene, step);
	tell({
		type: 'step-begun', number, kind, title,
	});
	const startedMs = now();
	const {done, failure} = await doStep(scene, step);
	const {outcome, says, expectations = [], evidence = [], change, branch = [], exitCode = endings[outcome]} = done;
	const ended: WalkedStep = {
		number, kind, name: step.name, title, outcome, says, expectations, evidence, change, ms: Math.round(now() - startedMs),
	};
	walked.push(ended);
	tell({type: 'step-ended', step: ended});
	return exitCode === undefined ? walkSteps(scene, branch, `${number}.`, walked) : {exitCode, sentence: `step ${number} (${title}): ${says}`, failure};
};

const walkSteps = async (scene: Scene, steps: readonly Step[], prefix: string, walked: WalkedStep[]): Promise<Ending | undefined> => {
	for (const [index, step] of steps.entries()) {
		// eslint-disable-next-line no-await-in-loop
		const ending = await walkStep(scene, step, `${prefix}${index + 1}`, walked);
		if (ending) {
			return ending;
		}
	}

	return undefined;
};

/** Walks through a runbook, step by step, to its end or to the first step that is not as it must be. `isAboutTarget`: values of the target are there from the first step on. */
export const walk = async ({steps}: Runbook, tools: WalkTools, isAboutTarget: boolean): Promise<Walk> => {
	const scene: Scene = {
		tools, values: new Map(tools.values), state: undefined, changes: [],
	};
	if (isAboutTarget) {
		noteTarget(scene, await tools.looker.resolve());
	}

	const walked: WalkedStep[] = [];
	const ending = await walkSteps(scene, steps, '', walked);
	return {
		steps: walked,
		exitCode: ending?.exitCode ?? 0,
		sentence: ending?.sentence ?? `walked to its end: ${walked.length} steps`,
		inForce: scene.changes.filter(({isInForce}) => isInForce),
		failure: ending?.failure,
	};
};

import type {Access} from './access/access.ts';
import type {Check} from './check.ts';
import {type Diagnosis, diagnose} from './diagnosis.ts';
import {planTellingApart} from './diagnosis/tell-apart.ts';
import {planFullSize} from './evidence/plan-full-size.ts';
import {planLookups} from './evidence/plan-lookups.ts';
import {type FullSize, tryFullSize} from './probes/full-size.ts';
import {type Lookup, lookUp} from './probes/lookup.ts';
import {type Cell, isFailing} from './probes/matrix.ts';
import {planFurtherProbes} from './probes/plan-further.ts';
import {type ProbePlan, probe} from './probes/probe.ts';
import {lookAgain} from './probes/second-look.ts';
import {type SessionState, evidenceOf} from './session-state.ts';
import type {Target} from './target.ts';

export type FurtherNews =
	| {readonly type: 'probe-answered'; readonly cell: Cell}
	| {readonly type: 'full-size-tried'; readonly ways: readonly FullSize[]}
	| {readonly type: 'name-looked-up'; readonly lookups: readonly Lookup[]};

/** Everything that was seen by the first probes, and the means to look further. */
type FurtherLook = {
	readonly access: Access;
	readonly checks: readonly Check[];
	readonly target: Target;
	readonly reached: ReadonlySet<string>;
	/** The probes that were made. */
	readonly plans: readonly ProbePlan[];
	readonly timeoutMs: number;
	readonly signal: AbortSignal;
	readonly state: () => SessionState;
	readonly tell: (news: FurtherNews) => void;
};

const lookAtUnexplained = async ({unexplained}: Diagnosis, {tell, ...look}: FurtherLook): Promise<void> => {
	for (const cell of await lookAgain(unexplained, look)) {
		tell({type: 'probe-answered', cell});
	}
};

/** One failure alone could be chance, and would accuse somebody: it is made again, and that counts. Undefined where it could not be made. */
const askFurther = async (plan: ProbePlan, {access, timeoutMs, signal}: FurtherLook): Promise<Cell | undefined> => {
	const first = await probe(access, plan, timeoutMs, signal);
	const cell = isFailing(first) ? await probe(access, {...plan, tries: 2}, timeoutMs, signal) : first;
	return cell.attempts.length === 0 ? undefined : cell;
};

/** Where several causes explain the same failures: makes the probes that only some of them would stop. One that could not be made says nothing. */
const tellApart = async ({cause, tied}: Diagnosis, look: FurtherLook): Promise<void> => {
	if (!cause || tied.length === 0) {
		return;
	}

	const {target, reached, state, tell} = look;
	const possible = planFurtherProbes(target).filter(({fromNode}) => reached.has(fromNode));
	const telling = planTellingApart([cause, ...tied].map(({check}) => check), possible, evidenceOf(state()));
	const cells = await Promise.all(telling.map(async plan => askFurther(plan, look)));
	const answered = cells.filter(cell => cell !== undefined);
	for (const cell of answered) {
		tell({type: 'probe-answered', cell});
	}
};

const tryLargePackets = async ({access, target, signal, state, tell}: FurtherLook): Promise<void> => {
	const plans = planFullSize(target, state().matrix, state().pods);
	if (plans.length > 0) {
		tell({type: 'full-size-tried', ways: await Promise.all(plans.map(async plan => tryFullSize(access, plan, signal)))});
	}
};

const lookUpName = async ({access, target, signal, state, tell}: FurtherLook): Promise<void> => {
	const plans = planLookups(target, state().matrix, state().pods);
	if (plans.length > 0) {
		tell({type: 'name-looked-up', lookups: await Promise.all(plans.map(async plan => lookUp(access, plan, signal)))});
	}
};

/** What the first probes leave open is asked: failures that nothing explains, causes that explain the same, whether large packets arrive where small ones do, and the Service's name where its address is reached. */
export const lookFurther = async (look: FurtherLook): Promise<void> => {
	const isFailed = look.state().matrix.some(cell => isFailing(cell));
	const diagnosis = isFailed ? diagnose(look.checks, evidenceOf(look.state())) : undefined;
	await Promise.all([...(diagnosis ? [lookAtUnexplained(diagnosis, look), tellApart(diagnosis, look)] : []), tryLargePackets(look), lookUpName(look)]);
};

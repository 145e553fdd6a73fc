import type {Access} from '../access/access.ts';
import {type Cell, isFailing, nameCell} from './matrix.ts';
import {type ProbePlan, probe} from './probe.ts';

// One more attempt that works could be luck.
const tries = 2;

/** A failing cell, after it was asked again: what works now was transient, what works in part comes and goes, and what fails again stays as it was seen first. */
export const withSecondLook = (first: Cell, again: Cell): Cell => {
	if (again.attempts.every(({outcome}) => outcome !== 'open')) {
		return first;
	}

	return isFailing(again)
		? {...first, attempts: [...first.attempts, ...again.attempts]}
		: {...first, attempts: again.attempts, earlier: first.attempts};
};

export type SecondLook = {
	readonly access: Access;
	readonly plans: readonly ProbePlan[];
	readonly timeoutMs: number;
	readonly signal: AbortSignal;
};

/** Makes the probes again that failed where nothing explains it. Resolves with the cells that look otherwise now. */
export const lookAgain = async (unexplained: readonly Cell[], {access, plans, timeoutMs, signal}: SecondLook): Promise<readonly Cell[]> => {
	const looks = await Promise.all(unexplained.map(async first => {
		const plan = plans.find(candidate => nameCell(candidate) === nameCell(first));
		return plan ? withSecondLook(first, await probe(access, {...plan, tries}, timeoutMs, signal)) : first;
	}));
	return looks.filter((look, index) => look !== unexplained[index]);
};

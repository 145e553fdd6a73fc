import type {Check, Finding} from './check.ts';
import {findCause, isTargetCell} from './diagnosis/find-cause.ts';
import {summarize} from './diagnosis/summarize.ts';
import type {Evidence} from './evidence/evidence.ts';
import {type Cell, isOpen} from './probes/matrix.ts';

/**
 healthy: the client reaches the Service, and nothing that was found keeps another client from it ·
 fault: something that was found makes probes fail · undecided: it fails and nothing explains it, or it could not be asked.
 */
export type Conclusion = 'healthy' | 'fault' | 'undecided';

/** What the verdicts mean together. All lists are in the order on screen. */
export type Diagnosis = {
	readonly findings: readonly Finding[];
	/** What explains most of the failing cells, the target's own among them. */
	readonly cause: Finding | undefined;
	/** Broken as well: explains failing cells, or was seen itself. */
	readonly contributing: readonly Finding[];
	/** Those of them that explain just what the cause explains, so that nothing which was seen tells which it is. */
	readonly tied: readonly Finding[];
	/** Does no harm now, but will. */
	readonly latent: readonly Finding[];
	readonly ruledOut: readonly Finding[];
	/** Could not be judged; the verdict says why. */
	readonly undetermined: readonly Finding[];
	/** Failing cells that nothing broken explains. */
	readonly unexplained: readonly Cell[];
	readonly conclusion: Conclusion;
	readonly sentence: string;
};

const ofStatus = (findings: readonly Finding[], status: Finding['verdict']['status']): readonly Finding[] => findings.filter(({verdict}) => verdict.status === status);

const conclude = (target: Cell | undefined, cause: Finding | undefined): Conclusion => {
	if (cause) {
		return 'fault';
	}

	return target && isOpen(target) ? 'healthy' : 'undecided';
};

/** What every check makes of the evidence, in the order of the checks. */
export const judgeAll = (checks: readonly Check[], evidence: Evidence): readonly Finding[] => checks.map(check => ({check, verdict: check.judge(evidence)}));

/** Judges every check and finds which verdicts explain the failing cells. Pure, and without an opinion where nothing explains them. */
export const diagnose = (checks: readonly Check[], evidence: Evidence): Diagnosis => {
	const findings = judgeAll(checks, evidence);
	const target = evidence.matrix.find(cell => isTargetCell(cell));
	const {cause, contributing, tied, unexplained} = findCause(ofStatus(findings, 'broken'), evidence, target);
	const parts = {
		findings,
		cause,
		contributing,
		tied,
		latent: ofStatus(findings, 'latent'),
		ruledOut: ofStatus(findings, 'ok'),
		undetermined: ofStatus(findings, 'unknown'),
		unexplained,
		conclusion: conclude(target, cause),
	};
	return {...parts, sentence: summarize(parts, evidence, target)};
};

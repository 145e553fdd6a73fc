import type {Check} from '../check.ts';
import type {Evidence} from '../evidence/evidence.ts';
import type {Cell} from '../probes/matrix.ts';
import type {ProbePlan} from '../probes/probe.ts';
import {canExplain} from './can-explain.ts';

/** More would be no cheap look any more. */
const maxProbes = 3;

const toCell = ({point: _point, tries: _tries, ...cell}: ProbePlan): Cell => ({...cell, attempts: [{outcome: 'timeout', ms: 0}], command: ''});

/** Which of the checks would explain it if this probe failed: `10`. */
const signatureOf = (plan: ProbePlan, tied: readonly Check[], evidence: Evidence): string =>
	tied.map(check => (canExplain(check, toCell(plan), evidence) ? '1' : '0')).join('');

/** Of these probes those that can tell tied causes apart, since its failure would be explained by some of them and not by others: one for each way in which they part. Pure. */
export const planTellingApart = (tied: readonly Check[], plans: readonly ProbePlan[], evidence: Evidence): readonly ProbePlan[] => {
	const bySignature = Map.groupBy(plans, plan => signatureOf(plan, tied, evidence));
	return bySignature.entries()
		.filter(([signature]) => signature.includes('1') && signature.includes('0'))
		.map(([, [plan]]) => plan)
		.take(maxProbes)
		.toArray();
};

import type {Runbook} from './runbook.ts';
import type {Walk} from './walk.ts';

/** `hairpin/walk/v1` (see walk-v1.schema.json beside this file). */
export const formatWalkJson = ({title}: Runbook, name: string, {steps, exitCode, sentence, inForce, failure}: Walk): string => `${JSON.stringify({
	schema: 'hairpin/walk/v1',
	runbook: name,
	title,
	steps: steps.map(({number, kind, name: stepName, title: stepTitle, outcome, says, expectations, evidence, change, ms}) => ({
		number,
		kind,
		name: stepName ?? null,
		title: stepTitle,
		outcome,
		says,
		expectations: expectations.map(({what, wanted, found, isMet}) => ({
			what, wanted, found, met: isMet ?? null,
		})),
		evidence,
		change: change ?? null,
		ms,
	})),
	inForce: inForce.map(({entry: {id, title: changeTitle}}) => ({id, title: changeTitle})),
	sentence,
	tryThis: failure?.tryThis ?? null,
	exitCode,
}, undefined, '\t')}\n`;

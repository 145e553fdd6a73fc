import type {Check} from '../check.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {type Attempt, type Cell, nameCell} from '../probes/matrix.ts';

/** As if it failed in every way at once: whatever predicts one of them is in the way. */
const asIfFailing = (cell: Cell): readonly Cell[] => (['timeout', 'refused', 'unreachable'] as const)
	.map(outcome => ({...cell, attempts: cell.attempts.map((attempt): Attempt => ({...attempt, outcome}))}));

const withCell = (evidence: Evidence, cell: Cell): Evidence => ({
	...evidence, matrix: [...evidence.matrix.filter(other => nameCell(other) !== nameCell(cell)), cell],
});

/** Whether a check would explain a probe if it failed, in one way or another. */
export const canExplain = (check: Check, cell: Cell, evidence: Evidence): boolean =>
	asIfFailing(cell).some(failing => check.explains(failing, withCell(evidence, failing)));

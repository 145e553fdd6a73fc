import type {Finding} from '../check.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {type Cell, isFailing, isOpen} from '../probes/matrix.ts';

/** The cell that the user asked about: from the client through the ClusterIP. */
export const isTargetCell = ({role, path}: Cell): boolean => role === 'client' && path !== 'endpoint';

/** Whether a backend reaches itself is a question of its own: its failure keeps nobody else from the Service. */
export const isAside = ({role, path}: Cell): boolean => role === 'backend' && path === 'self';

type Explanation = {readonly finding: Finding; readonly cells: readonly Cell[]};

const isCertain = ({verdict}: Finding): boolean => verdict.status === 'broken' && verdict.confidence === 'certain';

/** A fault that must have stopped a probe which got through is not what it seems: it explains nothing. */
const isContradicted = ({check}: Finding, evidence: Evidence): boolean =>
	evidence.matrix.some(cell => isOpen(cell) && check.explains(cell, evidence));

const explain = (finding: Finding, failing: readonly Cell[], evidence: Evidence): Explanation => ({
	finding, cells: isContradicted(finding, evidence) ? [] : failing.filter(cell => finding.check.explains(cell, evidence)),
});

/** Most cells first, then the certain ones; sorting is stable, so that the order on screen decides between equals. */
const byWeight = (a: Explanation, b: Explanation): number =>
	a.cells.length === b.cells.length ? Number(isCertain(b.finding)) - Number(isCertain(a.finding)) : b.cells.length - a.cells.length;

/** Whether another fault brought this one about, and must be repaired first. */
const isConsequence = ({finding: {check}}: Explanation, explanations: readonly Explanation[], evidence: Evidence): boolean =>
	explanations.some(({finding}) => finding.check.bringsAbout?.(check.id, evidence) === true);

/** What must be repaired first comes first. */
const inOrderOfRepair = (explanations: readonly Explanation[], evidence: Evidence): readonly Explanation[] => {
	const consequences = explanations.filter(explanation => isConsequence(explanation, explanations, evidence));
	return [...explanations.filter(explanation => !consequences.includes(explanation)), ...consequences];
};

/** A cause explains the target's cell where that fails; where it does not, what keeps other clients from the Service. */
const canBeCause = ({cells}: Explanation, target: Cell | undefined): boolean =>
	target !== undefined && isFailing(target) ? cells.includes(target) : cells.some(cell => !isAside(cell));

/** Whether nothing that was seen tells an explanation from the first: just the same failures, no packet that proves one of them, and neither comes of the other. */
const isTied = (explanation: Explanation, first: Explanation, evidence: Evidence): boolean =>
	explanation !== first
	&& isCertain(explanation.finding) === isCertain(first.finding)
	&& explanation.cells.length === first.cells.length
	&& explanation.cells.every(cell => first.cells.includes(cell))
	&& !isConsequence(explanation, [first], evidence);

const isSeen = ({verdict}: Finding): boolean => verdict.status === 'broken' && verdict.isSeen === true;

/** Which broken findings explain the failing cells, what must be repaired first before what comes of it; and those that were seen themselves. */
export const findCause = (broken: readonly Finding[], evidence: Evidence, target: Cell | undefined) => {
	const failing = evidence.matrix.filter(cell => isFailing(cell));
	const explanations = inOrderOfRepair(broken.map(finding => explain(finding, failing, evidence)).filter(({cells}) => cells.length > 0), evidence);
	const possible = explanations.filter(explanation => canBeCause(explanation, target)).toSorted(byWeight);
	const ordered = inOrderOfRepair(possible, evidence);
	const seen = broken.filter(finding => isSeen(finding));
	// Only where the client gets its connection can what was seen beside the probes be all that is wrong.
	const cause = ordered.at(0)?.finding ?? (target && isOpen(target) ? seen.at(0) : undefined);
	return {
		cause,
		tied: ordered.filter(explanation => isTied(explanation, ordered[0], evidence)).map(({finding}) => finding),
		contributing: [...explanations.map(({finding}) => finding), ...seen].filter(finding => finding !== cause),
		unexplained: failing.filter(cell => explanations.every(({cells}) => !cells.includes(cell))),
	};
};

import type {Prediction} from '../changes/predict.ts';
import type {FixResult, PreparedFix} from '../fix/fix-session.ts';
import {type Cell, cellOutcome, isFurther} from '../probes/matrix.ts';

const describePrediction = ({cell, expected, by}: Prediction) => ({
	from: cell.from, to: `${cell.toIp}:${cell.toPort}`, now: cellOutcome(cell), expected, by: by ?? null,
});

const describeCells = (cells: readonly Cell[]) => cells.map(cell => ({from: cell.from, to: `${cell.toIp}:${cell.toPort}`, outcome: cellOutcome(cell)}));

const undone = {
	after: null, conclusion: null, cause: null, journal: null, applied: false, problem: null,
};

const describeResult = (result: FixResult): Readonly<Record<keyof typeof undone, unknown>> => ({
	after: result.after ? describeCells(result.after.matrix.filter(cell => !isFurther(cell))) : null,
	conclusion: result.after?.diagnosis?.conclusion ?? null,
	cause: result.after?.diagnosis?.cause?.check.id ?? null,
	journal: result.entry.id,
	applied: result.isApplied,
	problem: result.isApplied ? null : result.because,
});

/** `hairpin/fix/v1`. Without a result nothing was done. */
export const formatFixJson = ({preview, before}: PreparedFix, result: FixResult | undefined, exitCode: number): string => `${JSON.stringify({
	schema: 'hairpin/fix/v1',
	change: preview.change,
	title: preview.title,
	price: preview.price,
	cuts: preview.cuts,
	notes: preview.notes,
	nodes: preview.nodes,
	objects: preview.objects,
	rollouts: preview.rollouts,
	predictions: preview.predictions.map(prediction => describePrediction(prediction)),
	before: before ? describeCells(before.matrix.filter(cell => !isFurther(cell))) : null,
	...(result ? describeResult(result) : undone),
	exitCode,
}, undefined, '\t')}\n`;

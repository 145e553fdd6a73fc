import type {Evidence} from '../evidence/evidence.ts';
import {type Outcome, nameCell} from '../probes/matrix.ts';
import {type Prediction, predictCells, predictedOutcomes} from '../prediction/predict.ts';
import type {Change} from './change.ts';

/** How a probe will end by the rules as they will be: `opens`, or why it does not. */
export type Foreseen = {readonly opens: true} | {readonly opens: false; readonly because: string};

/** Where a walk ends, in words: `FORWARD on k8s1: rejected`. */
const describeEnd = ({walks}: Prediction): string => {
	const lost = walks.find(({outcome}) => outcome.does === 'lost') ?? walks.find(({outcome}) => outcome.does === 'delivered' && outcome.isAccepted === false);
	const step = lost?.outcome.does === 'lost' ? lost.steps[lost.outcome.at] : lost?.steps.at(-1);
	return step === undefined ? 'no rule leads on' : `by the rules: ${step.stage}${step.node === undefined ? '' : ` on ${step.node}`}, ${step.because}`;
};

const foreseeCell = (prediction: Prediction): Foreseen | undefined => {
	const outcomes: ReadonlySet<Outcome | 'unknown'> = new Set(prediction.walks.flatMap((walk): ReadonlyArray<Outcome | 'unknown'> => predictedOutcomes(walk) ?? ['unknown']));
	if (outcomes.size === 0 || outcomes.has('unknown') || (outcomes.has('open') && outcomes.size > 1)) {
		return undefined;
	}

	return outcomes.has('open') ? {opens: true} : {opens: false, because: describeEnd(prediction)};
};

/**
 What the rules say of each probe after a change, by the names of its cells then; only of those whose outcome of now they tell rightly, each time with the evidence as if the change acted.
 Nothing where the change makes rules that are not foreseen. Pure.
 */
export const foresee = (before: Evidence, after: Evidence, {recipe, value}: Change): ReadonlyMap<string, Foreseen> => {
	if (recipe.isForeseen?.(value, before) === false) {
		return new Map();
	}

	const now = predictCells(before);
	return new Map(predictCells(after).flatMap((prediction, index) => {
		const foreseen = now[index].agreement === 'agrees' ? foreseeCell(prediction) : undefined;
		return foreseen ? [[nameCell(prediction.cell), foreseen] as const] : [];
	}));
};

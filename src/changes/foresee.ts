import type {Evidence} from '../evidence/evidence.ts';
import type {Walk} from '../datapath/walk.ts';
import {formatAddress} from '../datapath/world.ts';
import {nameCell} from '../probes/matrix.ts';
import {
	type Prediction,
	isCut,
	predictCells,
	predictedOutcomes,
} from '../prediction/predict.ts';
import type {Change} from './change.ts';

/** How a probe will end by the rules as they will be: `opens`, or why it does not. */
export type Foreseen = {readonly opens: true} | {readonly opens: false; readonly because: string};

/** Where a walk ends, in words: `by the rules: FORWARD on k8s1, dropped without a word (the policy DROP of FORWARD)`. */
const describeEnd = ({outcome, steps, backend}: Walk, isOneOfMany: boolean): string => {
	const step = outcome.does === 'lost' ? steps[outcome.at] : steps.findLast(({direction}) => direction === 'request');
	if (step === undefined) {
		return 'by the rules';
	}

	const {
		stage, node, because, by,
	} = step;
	const where = node === undefined || node === stage ? stage : `${stage} on ${node}`;
	return `by the rules${isOneOfMany && backend ? ` with ${formatAddress(backend)}` : ''}: ${where}, ${because}${by === undefined ? '' : ` (${by})`}`;
};

/** One way that cannot succeed is enough to fail; to succeed, all must be known to, and none may be left out. */
const foreseeCell = ({walks}: Prediction): Foreseen | undefined => {
	const failing = walks.find(walk => predictedOutcomes(walk)?.includes('open') === false);
	if (failing) {
		return {opens: false, because: describeEnd(failing, walks.length > 1)};
	}

	const isOpen = walks.length > 0 && !isCut(walks) && walks.every(walk => predictedOutcomes(walk)?.every(outcome => outcome === 'open') === true);
	return isOpen ? {opens: true} : undefined;
};

/**
 What the rules say of each probe after a change, by the names of its cells then; only of those whose outcome of now they tell rightly, each time with the evidence as if the change acted.
 Nothing where the change makes rules that are not foreseen. Pure.
 */
export const foresee = (before: Evidence, after: Evidence, {recipe}: Change): ReadonlyMap<string, Foreseen> => {
	if (recipe.isRewritingRules === true) {
		return new Map();
	}

	const now = predictCells(before);
	return new Map(predictCells(after).flatMap((prediction, index) => {
		const foreseen = now[index].agreement === 'agrees' ? foreseeCell(prediction) : undefined;
		return foreseen ? [[nameCell(prediction.cell), foreseen] as const] : [];
	}));
};

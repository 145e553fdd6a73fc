import {maxWays} from '../datapath/journey.ts';
import {type Walk, walk} from '../datapath/walk.ts';
import {formatAddress} from '../datapath/world.ts';
import type {Evidence} from '../evidence/evidence.ts';
import type {Attempt, Cell, Outcome} from '../probes/matrix.ts';
import {toAttempt, toWorld} from './to-world.ts';

/** What the rules do to the attempts of one cell, with each backend, and whether the probes met just that. */
export type Prediction = {
	readonly cell: Cell;
	readonly walks: readonly Walk[];
	/** unknown: the rules do not tell, or nothing was probed. */
	readonly agreement: 'agrees' | 'disagrees' | 'unknown';
};

/** How an attempt can end by a walk; undefined where the rules do not tell. */
export const predictedOutcomes = ({outcome, steps}: Walk): readonly Outcome[] | undefined => {
	switch (outcome.does) {
		case 'unknown': {
			return undefined;
		}

		case 'lost': {
			// A tunnel that asks for its neighbours through itself does not find them either, once it is stopped.
			return steps[outcome.at].stage.startsWith('tunnel, ') && outcome.answer === 'timeout' ? ['timeout', 'unreachable'] : [outcome.answer];
		}

		case 'delivered': {
			return outcome.isAccepted === undefined ? ['open', 'refused'] : [outcome.isAccepted ? 'open' : 'refused'];
		}
	}
};

const isOfBackend = ({backend}: Walk, attempt: Attempt): boolean =>
	attempt.backend === undefined || backend === undefined || attempt.backend === backend.ip || attempt.backend === formatAddress(backend);

/** Whether there may be more ways than those that were walked. */
export const isCut = (walks: readonly Walk[]): boolean => walks.length >= maxWays;

/** Whether an attempt went as one of its walks says; undefined where one of them could be anything. */
const isAsWalked = (attempt: Attempt, walks: readonly Walk[]): boolean | undefined => {
	const met = walks.filter(one => isOfBackend(one, attempt));
	const predicted = met.map(one => predictedOutcomes(one));
	if (met.length === 0 && isCut(walks)) {
		return undefined;
	}

	return predicted.some(outcomes => outcomes?.includes(attempt.outcome)) ? true : (predicted.includes(undefined) ? undefined : false);
};

const agree = ({attempts}: Cell, walks: readonly Walk[]): Prediction['agreement'] => {
	const answers = new Set(attempts.map(attempt => isAsWalked(attempt, walks)));
	return answers.has(false) ? 'disagrees' : (answers.has(undefined) || answers.size === 0 ? 'unknown' : 'agrees');
};

/** Walks the attempts of every cell through the rules that were read. Pure. */
export const predictCells = (evidence: Evidence): readonly Prediction[] => {
	const world = toWorld(evidence);
	return evidence.matrix.map(cell => {
		const walks = walk(toAttempt(cell, evidence), world);
		return {cell, walks, agreement: agree(cell, walks)};
	});
};

import {findWorse} from '../changes/predict.ts';
import {type Cell, cellOutcome, nameCell} from '../probes/matrix.ts';

const describe = (cell: Cell): string => `${cell.from} → ${cell.toIp}:${cell.toPort} ${cellOutcome(cell)}`;

/**
Whether anything is worse than it was before a change: what worked then and fails now, twice in a row.
One failure alone may be of a connection that the change itself cut, or of another fault that comes and goes.
Resolves with what is worse, in words.
*/
export const rejudge = async (before: readonly Cell[], probe: () => Promise<readonly Cell[]>): Promise<readonly string[]> => {
	const first = findWorse(before, await probe());
	if (first.length === 0) {
		return [];
	}

	const names = new Set(first.map(cell => nameCell(cell)));
	const second = findWorse(before, await probe());
	return second.filter(cell => names.has(nameCell(cell))).map(cell => describe(cell));
};

import type {Bundle} from './read-bundle.ts';

/** Where a bundle ends whose session was cut off; undefined for one that was written to its end. */
export const describeCut = ({lines, isWhole}: Pick<Bundle, 'lines' | 'isWhole'>): string | undefined => {
	if (isWhole) {
		return undefined;
	}

	const [first, last] = [lines.at(0), lines.at(-1)];
	return first && last ? `it ends ${((last.atMs - first.atMs) / 1000).toFixed(1)} s after its first question` : 'it ends before its first question';
};

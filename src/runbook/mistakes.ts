import {type LineCounter} from 'yaml';
import {nearestNames} from '../target/nearest-names.ts';

/** Something that is wrong in a file, and where it begins, counted in characters. */
export type Mistake = {readonly at: number; readonly because: string};

/** The same with its place as editors count it, from 1. */
export type PlacedMistake = {readonly line: number; readonly column: number; readonly because: string};

const mostShown = 50;

/** In the order of the file, each once, and not more than anybody reads. */
export const placeMistakes = (mistakes: readonly Mistake[], lines: LineCounter): readonly PlacedMistake[] => {
	const placed = mistakes.toSorted((a, b) => a.at - b.at).map(({at, because}) => {
		const {line, col: column} = lines.linePos(at);
		return {line: Math.max(1, line), column: Math.max(1, column), because};
	});
	const distinct = Map.groupBy(placed, ({line, column, because}) => `${line}:${column}:${because}`).values().map(([first]) => first).toArray();
	const left = distinct.length - mostShown;
	return left > 0 ? [...distinct.slice(0, mostShown), {...distinct[mostShown], because: `and ${left} more mistakes from here on`}] : distinct;
};

/** `; did you mean x?`, where a known word is near. */
export const suggestWord = (wanted: string, words: readonly string[]): string => {
	const nearest = nearestNames(wanted.slice(0, 100), words).slice(0, 2);
	return nearest.length === 0 ? '' : `; did you mean ${nearest.join(' or ')}?`;
};

/** Words as a sentence has them: `a, b or c`. */
export const joinWords = (words: readonly string[], most = 14): string => {
	const shown = words.slice(0, most);
	const head = words.length > most ? [...shown, `${words.length - most} more`] : shown;
	return head.length < 2 ? head.join('') : `${head.slice(0, -1).join(', ')} or ${head.at(-1) ?? ''}`;
};

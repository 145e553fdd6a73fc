import {checkNames} from './check-names.ts';
import type {Matching} from './match-scalar.ts';
import {matchShape} from './match-shape.ts';
import {type PlacedMistake, placeMistakes} from './mistakes.ts';
import {readYaml} from './read-yaml.ts';
import type {Runbook} from './runbook.ts';
import {runbookShape} from './runbook-shape.ts';

export type ParsedRunbook =
	| {readonly runbook: Runbook}
	/** In the order of the file; never empty. */
	| {readonly mistakes: readonly PlacedMistake[]};

/** Text to a runbook, or to everything that is wrong with it. Never throws. */
export const parseRunbook = (text: string): ParsedRunbook => {
	const {document, lines, mistakes} = readYaml(text);
	if (!document || mistakes.length > 0) {
		return {mistakes: placeMistakes(mistakes, lines)};
	}

	const matching: Matching = {
		text, mistakes: [], uses: [], places: new Map(),
	};
	const value = matchShape(matching, runbookShape, document.contents, {path: '', at: 0, depth: 0});
	const found = [...matching.mistakes, ...checkNames(value as Partial<Runbook> | null ?? {}, matching)];
	return found.length > 0 ? {mistakes: placeMistakes(found, lines)} : {runbook: value as Runbook};
};

/** `FILE:LINE:COLUMN: what is wrong`, as compilers say it. */
export const formatMistake = (file: string, {line, column, because}: PlacedMistake): string => `${file}:${line}:${column}: ${because}`;

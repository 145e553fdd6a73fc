import {
	type Node,
	type Scalar,
	isMap,
	isScalar,
	isSeq,
} from 'yaml';
import {cleanLine} from '../clean.ts';
import {type Mistake, joinWords, suggestWord} from './mistakes.ts';
import type {
	FlagShape,
	NothingShape,
	NumberShape,
	Shape,
	TextShape,
} from './shape.ts';
import {listUses} from './variables.ts';

/** A variable that stands in a text. */
export type Use = {readonly name: string; readonly at: number; readonly path: string};

/** What was found while a document was read: values by their paths tell where they stand. */
export type Matching = {
	readonly text: string;
	readonly mistakes: Mistake[];
	readonly uses: Use[];
	readonly places: Map<string, number>;
};

/** Where a node stands: its path in the document, the character where it begins or what holds it, and how deep. */
export type Place = {readonly path: string; readonly at: number; readonly depth: number};

export type Given = Node | null | undefined;

export const startOf = (node: Given, otherwise: number): number => node?.range?.[0] ?? otherwise;

export const isNothing = (node: Given): boolean => node === null || node === undefined || (isScalar(node) && node.value === null);

const sortOf = (node: Given): string => {
	if (isNothing(node)) {
		return 'nothing';
	}

	if (isMap(node)) {
		return 'fields';
	}

	if (isSeq(node)) {
		return 'a list';
	}

	const value: unknown = isScalar(node) ? node.value : undefined;
	return typeof value === 'boolean' ? `${String(value)} (a text needs quotes)` : `a ${typeof value === 'string' ? 'text' : typeof value}`;
};

const wantedSorts: Readonly<Record<Exclude<Shape['kind'], 'either' | 'later'>, string>> = {
	text: 'a text', flag: 'true or false', number: 'a number', nothing: 'nothing', list: 'a list', fields: 'a map of fields', named: 'a map with names of your own',
};

/** Notes a mistake. */
export const tell = ({mistakes}: Matching, at: number, because: string): null => {
	mistakes.push({at, because});
	return null;
};

export const refuseSort = (matching: Matching, shape: Exclude<Shape, {kind: 'either' | 'later'}>, node: Given, at: number): null => {
	const wanted = shape.kind === 'text' && shape.words ? joinWords(shape.words) : wantedSorts[shape.kind];
	return tell(matching, startOf(node, at), `${wanted} is expected (${shape.says}), not ${sortOf(node)}`);
};

/** Numbers as they were written: 0x10 and 1.10 are words here. */
const textOf = ({value, source}: Scalar, {isAnyScalar}: TextShape): string | undefined => {
	if (typeof value === 'string') {
		return value;
	}

	return isAnyScalar === true && (typeof value === 'number' || typeof value === 'boolean') ? source ?? String(value) : undefined;
};

const noteUses = (matching: Matching, node: Scalar, text: string, path: string): void => {
	const [from, to] = node.range ?? [0, 0];
	const source = matching.text.slice(from, to);
	for (const name of listUses(text)) {
		matching.uses.push({name, at: from + Math.max(0, source.indexOf(`$(${name})`)), path});
	}
};

const whyRefused = (shape: TextShape, text: string): string | undefined => {
	const shown = `"${cleanLine(text, 60)}"`;
	if (text.length > shape.longest) {
		return `this is longer than ${shape.longest} characters (${shape.says})`;
	}

	if (shape.words && !shape.words.includes(text)) {
		return `${joinWords(shape.words)} is expected (${shape.says}), not ${shown}${suggestWord(text, shape.words)}`;
	}

	if (shape.pattern && !new RegExp(shape.pattern.source, 'v').test(text)) {
		return `${shape.pattern.wanted} is expected (${shape.says}), not ${shown}`;
	}

	const isFull = shape.isFilled === true && listUses(text).length > 0;
	const refusal = isFull ? undefined : shape.refuse?.(text);
	return refusal && `${cleanLine(refusal.because, 200)}; expected is ${refusal.expected}${suggestWord(text, shape.names ?? [])}`;
};

export const matchText = (matching: Matching, shape: TextShape, node: Given, {path, at}: Place): string | null => {
	const text = isScalar(node) ? textOf(node, shape) : undefined;
	if (text === undefined || !isScalar(node)) {
		return refuseSort(matching, shape, node, at);
	}

	if (shape.isFilled === true) {
		noteUses(matching, node, text, path);
	}

	const because = whyRefused(shape, text);
	return because === undefined ? text : tell(matching, startOf(node, at), because);
};

export const matchNumber = (matching: Matching, shape: NumberShape, node: Given, {at}: Place): number | null => {
	const value: unknown = isScalar(node) ? node.value : undefined;
	if (typeof value !== 'number') {
		return refuseSort(matching, shape, node, at);
	}

	return value >= shape.from && value <= shape.to ? value : tell(matching, startOf(node, at), `a number from ${shape.from} to ${shape.to} is expected (${shape.says})`);
};

/** Plain values. */
export const matchScalar = (matching: Matching, shape: TextShape | NumberShape | FlagShape | NothingShape, node: Given, place: Place): unknown => {
	switch (shape.kind) {
		case 'text': {
			return matchText(matching, shape, node, place);
		}

		case 'number': {
			return matchNumber(matching, shape, node, place);
		}

		case 'flag': {
			return isScalar(node) && typeof node.value === 'boolean' ? node.value : refuseSort(matching, shape, node, place.at);
		}

		case 'nothing': {
			return isNothing(node) ? null : refuseSort(matching, shape, node, place.at);
		}
	}
};

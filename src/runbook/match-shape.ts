import {
	type Pair,
	isMap,
	isScalar,
	isSeq,
} from 'yaml';
import {cleanLine} from '../clean.ts';
import {
	type Given,
	type Matching,
	type Place,
	isNothing,
	matchScalar,
	refuseSort,
	startOf,
	tell,
} from './match-scalar.ts';
import {joinWords, suggestWord} from './mistakes.ts';
import {
	type EitherShape,
	type FieldsShape,
	type ListShape,
	type NamedShape,
	type Shape,
	deepest,
	namePattern,
} from './shape.ts';

const matchList = (matching: Matching, shape: ListShape, node: Given, {path, at, depth}: Place): readonly unknown[] | null => {
	if (!isSeq(node)) {
		return refuseSort(matching, shape, node, at);
	}

	const start = startOf(node, at);
	if (node.items.length < shape.least || node.items.length > shape.most) {
		tell(matching, start, `from ${shape.least} to ${shape.most} entries are expected (${shape.says}), not ${node.items.length}`);
	}

	return node.items.slice(0, shape.most).map((item, index) => matchShape(matching, shape.of, item as Given, {path: `${path}/${index}`, at: start, depth: depth + 1}));
};

type Entry = {readonly key: string; readonly at: number; readonly value: Given};

/** The fields of a map; keys that are no texts, or are there twice, are told and left out. */
const listEntries = (matching: Matching, pairs: readonly Pair[], at: number): readonly Entry[] => {
	const seen = new Set<string>();
	return pairs.flatMap(({key, value}): readonly Entry[] => {
		const keyAt = startOf(key as Given, at);
		const name: unknown = isScalar(key) ? key.value : undefined;
		if (typeof name !== 'string') {
			tell(matching, keyAt, 'a field needs a name that is a text; put it in quotes');
			return [];
		}

		if (seen.has(name)) {
			tell(matching, keyAt, `"${cleanLine(name, 60)}" is there twice`);
			return [];
		}

		seen.add(name);
		return [{key: name, at: keyAt, value: value as Given}];
	});
};

const tellMissing = (matching: Matching, {required = [], oneOf, needs = {}}: FieldsShape, entries: readonly Entry[], at: number): void => {
	const keys = new Set(entries.map(({key}) => key));
	const missing = required.filter(field => !keys.has(field));
	for (const name of missing) {
		tell(matching, at, `"${name}" is missing`);
	}

	const chosen = entries.filter(({key}) => oneOf?.includes(key));
	if (oneOf && chosen.length === 0) {
		tell(matching, at, `it is not said what to do: one of ${joinWords(oneOf, 20)} is expected`);
	}

	for (const {key, at: keyAt} of chosen.slice(1)) {
		tell(matching, keyAt, `"${key}" and "${chosen[0].key}" are two things to do: make two steps of them`);
	}

	for (const {key, at: keyAt} of entries) {
		const lacking = (Object.hasOwn(needs, key) ? needs[key] : []).filter(field => !keys.has(field));
		for (const needed of lacking) {
			tell(matching, keyAt, `"${key}" needs "${needed}" beside it`);
		}
	}
};

const matchFields = (matching: Matching, shape: FieldsShape, node: Given, {path, at, depth}: Place): object | null => {
	if (!isMap(node)) {
		return refuseSort(matching, shape, node, at);
	}

	const start = startOf(node, at);
	const entries = listEntries(matching, node.items, start);
	tellMissing(matching, shape, entries, start);
	return Object.fromEntries(entries.flatMap(({key, at: keyAt, value}) => {
		if (!Object.hasOwn(shape.fields, key)) {
			tell(matching, keyAt, `"${cleanLine(key, 60)}" is not known here: ${joinWords(Object.keys(shape.fields), 40)} are${suggestWord(key, Object.keys(shape.fields))}`);
			return [];
		}

		return [[key, matchShape(matching, shape.fields[key], value, {path: `${path}/${key}`, at: keyAt, depth: depth + 1})]];
	}));
};

const matchNamed = (matching: Matching, shape: NamedShape, node: Given, {path, at, depth}: Place): object | null => {
	if (!isMap(node)) {
		return refuseSort(matching, shape, node, at);
	}

	const start = startOf(node, at);
	const entries = listEntries(matching, node.items, start);
	if (entries.length === 0 || entries.length > shape.most) {
		tell(matching, start, `from 1 to ${shape.most} fields are expected (${shape.says}), not ${entries.length}`);
	}

	const missing = (shape.required ?? []).filter(field => entries.every(({key}) => key !== field));
	for (const name of missing) {
		tell(matching, start, `"${name}" is missing (${shape.says})`);
	}

	return Object.fromEntries(entries.slice(0, shape.most).map(({key, at: keyAt, value}) => {
		if (!new RegExp(namePattern.source, 'v').test(key)) {
			tell(matching, keyAt, `${namePattern.wanted} is expected, not "${cleanLine(key, 60)}"`);
		}

		const matched = matchShape(matching, shape.of, value, {path: `${path}/${key}`, at: keyAt, depth: depth + 1});
		// The name is what is of the author's own.
		matching.places.set(`${path}/${key}`, keyAt);
		return [key, matched];
	}));
};

const isOfSort = (shape: Shape, node: Given): boolean => {
	switch (shape.kind) {
		case 'nothing': {
			return isNothing(node);
		}

		case 'list': {
			return isSeq(node);
		}

		case 'fields':
		case 'named': {
			return isMap(node);
		}

		case 'later': {
			return isOfSort(shape.shape(), node);
		}

		case 'either': {
			return shape.of.some(one => isOfSort(one, node));
		}

		case 'text':
		case 'number':
		case 'flag': {
			return isScalar(node) && node.value !== null;
		}
	}
};

// What is expected is told by the last one: before it stands what may be left out.
const anything: Shape = {kind: 'nothing', says: 'nothing'};

const choose = ({of}: EitherShape, node: Given): Shape => of.find(shape => isOfSort(shape, node)) ?? of.at(-1) ?? anything;

/** The plain value of a node, as far as it has the shape. Everything that has not is told, with its place. */
export const matchShape = (matching: Matching, shape: Shape, node: Given, place: Place): unknown => {
	if (place.depth > deepest) {
		return tell(matching, startOf(node, place.at), 'this is nested deeper than any runbook');
	}

	matching.places.set(place.path, startOf(node, place.at));
	switch (shape.kind) {
		case 'list': {
			return matchList(matching, shape, node, place);
		}

		case 'fields': {
			return matchFields(matching, shape, node, place);
		}

		case 'named': {
			return matchNamed(matching, shape, node, place);
		}

		case 'either': {
			return matchShape(matching, choose(shape, node), node, place);
		}

		case 'later': {
			return matchShape(matching, shape.shape(), node, place);
		}

		case 'text':
		case 'number':
		case 'flag':
		case 'nothing': {
			return matchScalar(matching, shape, node, place);
		}
	}
};

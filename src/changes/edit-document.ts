import {isDeepStrictEqual} from 'node:util';
import {
	applyEdits,
	modify,
	parse,
	printParseErrorCode,
	type ParseError,
} from 'jsonc-parser';
import {
	type Document,
	type Pair,
	type YAMLMap,
	LineCounter,
	isMap,
	isScalar,
	parseAllDocuments,
	stringify,
} from 'yaml';
import type {KeyPath, Scalar} from './change.ts';

export type Edited =
	| {readonly text: string}
	/** Why the text is left alone. */
	| {readonly refused: string};

const formatScalar = (value: Scalar): string => (typeof value === 'string' && value.includes('\n') ? JSON.stringify(value) : stringify(value).trimEnd());

const splice = (text: string, from: number, to: number, inserted: string): string => text.slice(0, from) + inserted + text.slice(to);

const findPair = (map: YAMLMap, key: string | number): Pair | undefined => map.items.find(({key: name}) => isScalar(name) && name.value === key);

/** How far the fields of a map are indented, as its first one shows. */
const indentOf = (text: string, map: YAMLMap): string => {
	const first = map.items.at(0)?.key;
	const start = isScalar(first) ? first.range?.[0] ?? 0 : 0;
	const lineStart = text.lastIndexOf('\n', start - 1) + 1;
	return ' '.repeat(start - lineStart);
};

const eolOf = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n');

/** `iptables:`, and in it `masqueradeAll: true`, for what is missing of a path. */
const composeBlock = (path: KeyPath, value: Scalar, indent: string, eol: string): string =>
	path.map((key, depth) => `${indent}${'  '.repeat(depth)}${String(key)}:${depth === path.length - 1 ? ` ${formatScalar(value)}` : ''}${eol}`).join('');

const insertIntoFlow = (text: string, map: YAMLMap, path: KeyPath, value: Scalar): Edited => {
	const end = (map.range?.[1] ?? 1) - 1;
	const inner = `${path.map(String).join(': {')}: ${formatScalar(value)}${'}'.repeat(path.length - 1)}`;
	const isOpen = map.items.length === 0 || text.slice(0, end).trimEnd().endsWith(',');
	return {text: splice(text, end, end, `${isOpen ? '' : ', '}${inner}`)};
};

const insertIntoMap = (text: string, map: YAMLMap, path: KeyPath, value: Scalar): Edited => {
	if (map.flow === true) {
		return insertIntoFlow(text, map, path, value);
	}

	const last = map.items.at(-1);
	const node = last?.value ?? last?.key;
	const end = (node as {readonly range?: readonly number[]} | undefined)?.range?.[1] ?? text.length;
	const lineEnd = text.indexOf('\n', end);
	const at = text[end - 1] === '\n' ? end : (lineEnd === -1 ? text.length : lineEnd + 1);
	const lead = at > 0 && text[at - 1] !== '\n' ? eolOf(text) : '';
	return {text: splice(text, at, at, lead + composeBlock(path, value, indentOf(text, map), eolOf(text)))};
};

/** `iptables:` with nothing behind it, or `~`. */
const fillEmpty = (text: string, {map, pair}: {readonly map: YAMLMap; readonly pair: Pair}, path: KeyPath, value: Scalar): Edited => {
	const {key, value: node} = pair;
	if (!isScalar(node) || node.value !== null || map.flow === true || !isScalar(key)) {
		return {refused: `${isScalar(key) ? String(key.value) : 'a key'} has no fields`};
	}

	const [from, to] = node.range ?? [0, 0];
	const bare = splice(text, from, to, '');
	const lineEnd = bare.indexOf('\n', key.range?.[1] ?? 0);
	const at = lineEnd === -1 ? bare.length : lineEnd + 1;
	return {text: splice(bare, at, at, `${lineEnd === -1 ? eolOf(text) : ''}${composeBlock(path, value, `${indentOf(text, map)}  `, eolOf(text))}`)};
};

/** A key with nothing behind it has an empty scalar between its colon and a comment; a block scalar has its line's end in it. */
const replaceScalar = (text: string, [from, to]: readonly [number, number], value: Scalar): string => {
	const isEmpty = from === to;
	const before = isEmpty && text[from - 1] === ':' ? ' ' : '';
	const after = isEmpty ? (/^[^\s,\}]/v.test(text.slice(to)) ? ' ' : '') : /\r?\n$/v.exec(text.slice(from, to))?.[0] ?? '';
	return splice(text, from, to, `${before}${formatScalar(value)}${after}`);
};

const setInMap = (text: string, map: YAMLMap, path: KeyPath, value: Scalar): Edited => {
	const [key, ...rest] = path;
	const pair = findPair(map, key);
	if (!pair) {
		return insertIntoMap(text, map, path, value);
	}

	const node = pair.value;
	if (rest.length > 0) {
		return isMap(node) ? setInMap(text, node, rest, value) : fillEmpty(text, {map, pair}, rest, value);
	}

	return isScalar(node) && node.range ? {text: replaceScalar(text, [node.range[0], node.range[1]], value)} : {refused: `${String(key)} is not a single value`};
};

const describeProblem = (documents: readonly Document[], lines: LineCounter): string | undefined => {
	const [error] = documents.flatMap(({errors}) => errors);
	if (error === undefined) {
		return documents.length === 1 ? undefined : `it has ${documents.length} YAML documents, and one is wanted`;
	}

	const {line, col} = lines.linePos(error.pos[0]);
	return `line ${line}, column ${col} is not YAML: ${error.message.split('\n', 1)[0].replace(/ at line.*$/v, '')}`;
};

/** Maps and lists without aliases. */
const plain = (document: Document): unknown => {
	const text = JSON.stringify(document.toJS());
	return JSON.parse(text) as unknown;
};

const withValue = (tree: unknown, [key, ...rest]: KeyPath, value: Scalar): unknown => {
	const fields = (tree ?? {}) as Readonly<Record<string, unknown>>;
	return {...fields, [key]: rest.length === 0 ? value : withValue(fields[key], rest, value)};
};

/** What is said once may count elsewhere, by an alias or a merge, and a tag may make another value of the same letters. */
const refuseOthers = (document: Document, edited: Edited, path: KeyPath, value: Scalar): Edited => {
	if ('refused' in edited) {
		return edited;
	}

	const expected = withValue(plain(document), path, value);
	const [again, ...rest] = parseAllDocuments(edited.text, {prettyErrors: false}) as Document[];
	return rest.length === 0 && again.errors.length === 0 && isDeepStrictEqual(plain(again), expected)
		? edited
		: {refused: `${path.map(String).join('.')} is written so that a change of it would change more`};
};

/** Gives one key of a YAML document a value. Comments, order, quoting and every other byte stay; what is missing of the path is added behind its siblings. */
export const editYaml = (text: string, path: KeyPath, value: Scalar): Edited => {
	const lines = new LineCounter();
	const parsed = parseAllDocuments(text, {lineCounter: lines, prettyErrors: false});
	const documents: readonly Document[] = Array.isArray(parsed) ? parsed as Document[] : [];
	const problem = describeProblem(documents, lines);
	if (problem !== undefined) {
		return {refused: problem};
	}

	const root = documents[0].contents;
	return isMap(root) ? refuseOthers(documents[0], setInMap(text, root, path, value), path, value) : {refused: 'it has no fields'};
};

/** The same of a JSON document. */
export const editJson = (text: string, path: KeyPath, value: Scalar): Edited => {
	const errors: ParseError[] = [];
	parse(text, errors);
	if (errors.length > 0) {
		return {refused: `byte ${errors[0].offset} is not JSON: ${printParseErrorCode(errors[0].error)}`};
	}

	try {
		return {text: applyEdits(text, modify(text, [...path], value, {}))};
	} catch {
		// Thrown where something on the way is neither an object nor a list.
		return {refused: `there is no place for ${path.map(String).join('.')}`};
	}
};

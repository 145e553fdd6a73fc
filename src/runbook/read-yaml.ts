import {
	type Document,
	LineCounter,
	Lexer,
	parseDocument,
	visit,
} from 'yaml';
import {cleanLine} from '../clean.ts';
import type {Mistake} from './mistakes.ts';

/** A runbook is written by hand: what is longer than this is none, and would take long to read. */
export const limits = {
	characters: 64_000, tokens: 24_000, brackets: 24, indicatorsInLine: 8,
} as const;

export type ReadYaml = {readonly document: Document | undefined; readonly lines: LineCounter; readonly mistakes: readonly Mistake[]};

const bracketSteps: ReadonlyMap<string, number> = new Map([['[', 1], ['{', 1], [']', -1], ['}', -1]]);

// The lexer tells documents and kinds of scalars by control characters of its own.
const marks: ReadonlySet<string> = new Set(['\u{2}', '\u{18}', '\u{1F}']);

// Where tokens of one line nest without brackets: `- - ? key: value`.
const indicators: ReadonlySet<string> = new Set(['-', '?', ':']);

/**
 Looks at the tokens before anything is composed of them. The library calls itself for each level, and a stack that is
 used up in the midst of a regular expression ends the whole program.
 */
const findTooMuch = (text: string): Mistake | undefined => {
	let [at, tokens, brackets, inLine] = [0, 0, 0, 0];
	for (const token of new Lexer().lex(text)) {
		tokens++;
		brackets += bracketSteps.get(token) ?? 0;
		inLine = token.startsWith('\n') || token.startsWith('\r') ? 0 : inLine + Number(brackets <= 0 && indicators.has(token));
		if (brackets > limits.brackets || inLine > limits.indicatorsInLine) {
			return {at, because: 'this is nested deeper than any runbook'};
		}

		if (tokens > limits.tokens) {
			return {at, because: `more than ${limits.tokens} tokens of YAML are no runbook`};
		}

		at += marks.has(token) ? 0 : token.length;
	}

	return undefined;
};

const controls = /[[\p{Bidi_Control}\p{Control}]--[\t\n\r]]/v;

/** A terminal obeys such characters, and the lexer speaks to itself with them. */
const findControls = (text: string): Mistake | undefined => {
	const at = text.search(controls);
	return at === -1 ? undefined : {at, because: `the character U+${(text.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0')} is not taken: write plain text`};
};

const findUnwanted = (document: Document): readonly Mistake[] => {
	const found: Mistake[] = [];
	visit(document, {
		Alias(_key, {range, source}) {
			found.push({at: range?.[0] ?? 0, because: `an alias (*${cleanLine(source, 40)}) is not taken: write it out`});
		},
		Node(_key, node) {
			if ('tag' in node && typeof node.tag === 'string' && !node.tag.startsWith('tag:yaml.org,2002:')) {
				found.push({at: node.range?.[0] ?? 0, because: 'a tag (!…) is not taken: write the plain value'});
			}
		},
	});
	return found;
};

const refuse = (lines: LineCounter, mistake: Mistake): ReadYaml => ({document: undefined, lines, mistakes: [mistake]});

const countLines = (text: string): LineCounter => {
	const lines = new LineCounter();
	lines.addNewLine(0);
	for (const {index} of text.matchAll(/\n/gv)) {
		lines.addNewLine(index + 1);
	}

	return lines;
};

/** Reads one document of YAML, within bounds of time and memory whatever the text is. Never throws for what stands in it. */
export const readYaml = (text: string): ReadYaml => {
	const lines = countLines(text.slice(0, limits.characters + 1));
	const excess = text.length > limits.characters ? {at: limits.characters, because: `this is longer than ${limits.characters} characters, and no runbook is`} : findControls(text) ?? findTooMuch(text);
	if (excess) {
		return refuse(lines, excess);
	}

	// Keys that are there twice are told by what reads the document: the library compares each with each.
	const document = parseDocument(text, {
		prettyErrors: false, uniqueKeys: false, version: '1.2', merge: false,
	});
	const problems = [...document.errors, ...document.warnings].map(({pos, message}) => ({at: pos[0], because: `this is not YAML that is taken: ${cleanLine(message.replace('; please use YAML.parseAllDocuments()', ''), 160)}`}));
	return {document, lines, mistakes: [...problems, ...findUnwanted(document)]};
};

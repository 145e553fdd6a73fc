import stringWidth from 'string-width';
import {cleanLine} from '../clean.ts';
import type {Look, Style} from './theme.ts';

/** Text with a meaning; the theme gives it a look. */
export type Span = {readonly text: string; readonly look: Look; /** Instead of the look's: that of a program in a shell. */ readonly style?: Style};

/** One line of the screen. */
export type Line = readonly Span[];

/** A rectangle of the screen, in character cells. */
export type Area = {readonly width: number; readonly height: number};

const printable = /^[\u{20}-\u{7E}]*$/v;
// Invisible characters (joiners, tags, soft hyphens), private and unassigned ones, and stacks of combining marks: each is drawn in another way by each terminal.
const undrawable = /[\p{Format}\p{Private_Use}\p{Surrogate}\p{Unassigned}\u{2028}\u{2029}]|(?<=\p{Mark}{2})\p{Mark}+/gv;
const longest = 1000;

/** Any text as it may be drawn: one line, nothing that a terminal obeys or that has no width. */
export const drawable = (text: string): string => {
	const short = text.length > longest ? `${text.slice(0, longest)}…` : text;
	return printable.test(short) ? short : short.split(' ').map(word => cleanLine(word, longest + 1).replaceAll(undrawable, '')).join(' ');
};

export const span = (text: string, look: Look = 'plain'): Span => ({text: drawable(text), look});

/** A line of spans, from text or pairs of text and look. */
export const line = (...parts: ReadonlyArray<string | readonly [text: string, look: Look]>): Line =>
	parts.map(part => (typeof part === 'string' ? span(part) : span(part[0], part[1])));

const widthOf = (text: string): number => (printable.test(text) ? text.length : stringWidth(text));

export const lineWidth = (spans: Line): number => spans.reduce((sum, {text}) => sum + widthOf(text), 0);

/** The beginning of a text, at most so many cells wide. */
const takeCells = (text: string, width: number): string => {
	if (printable.test(text)) {
		return text.slice(0, width);
	}

	let taken = '';
	let used = 0;
	for (const {segment} of new Intl.Segmenter().segment(text)) {
		used += stringWidth(segment);
		if (used > width) {
			break;
		}

		taken += segment;
	}

	return taken;
};

/** Text cut at its end to so many cells; an ellipsis says so. */
export const cut = (text: string, width: number): string => {
	if (widthOf(text) <= width) {
		return text;
	}

	return width < 1 ? '' : `${takeCells(text, width - 1).trimEnd()}…`;
};

/** A line cut to so many cells. */
export const cutLine = (spans: Line, width: number): Line => {
	if (lineWidth(spans) <= width) {
		return spans;
	}

	const kept: Span[] = [];
	let room = width;
	for (const {text, look} of spans) {
		const textWidth = widthOf(text);
		// The ellipsis needs a cell of its own, also where a span ends exactly at the edge.
		if (textWidth >= room) {
			return room > 0 ? [...kept, {text: `${takeCells(text, room - 1)}…`, look}] : kept;
		}

		kept.push({text, look});
		room -= textWidth;
	}

	return kept;
};

/** A line of exactly so many cells. */
export const fitLine = (spans: Line, width: number): Line => {
	const short = cutLine(spans, Math.max(0, width));
	const missing = width - lineWidth(short);
	return missing > 0 ? [...short, {text: ' '.repeat(missing), look: 'plain'}] : short;
};

/** Two lines on one: the second one at the right edge. Where there is no room for both, the first one is cut. */
export const spread = (left: Line, right: Line, width: number): Line => {
	const rightWidth = Math.min(lineWidth(right), Math.max(0, width - 8));
	return rightWidth === 0 ? fitLine(left, width) : [...fitLine(left, width - rightWidth - 1), {text: ' ', look: 'plain'}, ...fitLine(right, rightWidth)];
};

/** Lines of exactly the area's size; what does not fit below is left out. */
export const fitArea = (lines: readonly Line[], {width, height}: Area): readonly Line[] =>
	Array.from({length: Math.max(0, height)}, (_, row) => fitLine(lines[row] ?? [], width));

const breakWord = (word: string, width: number): readonly string[] => {
	const pieces: string[] = [];
	let rest = word;
	while (widthOf(rest) > width) {
		const piece = takeCells(rest, width);
		if (piece === '') {
			break;
		}

		pieces.push(piece);
		rest = rest.slice(piece.length);
	}

	return [...pieces, rest];
};

/** Text on lines of at most so many cells, broken between words where that is possible. */
export const wrap = (text: string, width: number, look: Look = 'plain'): readonly Line[] => {
	const lines: string[] = [];
	for (const word of drawable(text).split(' ').flatMap(piece => breakWord(piece, Math.max(1, width)))) {
		const last = lines.at(-1);
		if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) {
			lines[lines.length - 1] = `${last} ${word}`;
		} else {
			lines.push(word);
		}
	}

	return lines.map(content => [{text: content, look}]);
};

const isRule = (spans: Line): boolean => spans.length === 1 && spans[0].text.startsWith('──');

/** Where rules meet, they are joined. */
const jointOf = (left: Line, right: Line): string => (isRule(left) ? (isRule(right) ? '┼' : '┤') : (isRule(right) ? '├' : '│'));

/** Areas beside each other, with a rule between them. */
export const joinColumns = (columns: ReadonlyArray<readonly Line[]>): readonly Line[] =>
	columns[0].map((_, row) => columns.flatMap((lines, column): Line => (column === 0 ? lines[row] : [{text: jointOf(columns[column - 1][row], lines[row]), look: 'dim'}, ...lines[row]])));

/** A horizontal rule; at each mark it has that joint. */
export const rule = (width: number, joints: ReadonlyArray<readonly [at: number, joint: string]> = []): Line => {
	const cells = Array.from({length: Math.max(0, width)}, () => '─');
	for (const [at, joint] of joints) {
		if (at < width) {
			cells[at] = joint;
		}
	}

	return [{text: cells.join(''), look: 'dim'}];
};

/** Lines that begin so many columns further right. */
export const indentLines = (lines: readonly Line[], columns = 1): readonly Line[] => lines.map((text): Line => [span(' '.repeat(columns)), ...text]);

import process from 'node:process';
import {smallestWindow} from './ui/window.ts';

/** What is known of the terminal before anything is drawn. */
export type TerminalFacts = {
	readonly isPlain: boolean;
	readonly isInputTerminal: boolean;
	readonly isOutputTerminal: boolean;
	/** The variable TERM. */
	readonly term: string | undefined;
	readonly columns: number;
	readonly rows: number;
};

/** The same of the terminal that this process has. */
export const readTerminal = (isPlain: boolean): TerminalFacts => ({
	isPlain,
	isInputTerminal: process.stdin.isTTY,
	isOutputTerminal: process.stdout.isTTY,
	term: process.env.TERM,
	columns: process.stdout.columns,
	rows: process.stdout.rows,
});

export type FrontEnd = {readonly kind: 'screens'} | {readonly kind: 'plain'; readonly because: string};

/** What is said where lines come although nobody asked for them. */
export const explainLines = (because: string): string => `hairpin: lines instead of screens, because ${because}`;

const plain = (because: string): FrontEnd => ({kind: 'plain', because});

/** Screens where they can be drawn and typed into; else lines, and why. */
export const chooseFrontEnd = ({isPlain, isInputTerminal, isOutputTerminal, term, columns, rows}: TerminalFacts): FrontEnd => {
	if (isPlain) {
		return plain('of --plain');
	}

	if (!isOutputTerminal || !isInputTerminal) {
		return plain(`${isOutputTerminal ? 'standard input' : 'standard output'} is no terminal`);
	}

	if (term === 'dumb') {
		return plain('this terminal is dumb (TERM=dumb)');
	}

	return columns < smallestWindow.columns || rows < smallestWindow.rows
		? plain(`this window has ${columns} columns and ${rows} rows, and the screens need ${smallestWindow.columns} by ${smallestWindow.rows}`)
		: {kind: 'screens'};
};

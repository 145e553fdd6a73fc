import process from 'node:process';
import type {TextProps} from 'ink';
import type {Verdict} from '../check.ts';

/** What a text means; colours come from the terminal's own sixteen, so that they suit light and dark ones. */
export type Look = 'plain' | 'dim' | 'strong' | 'good' | 'bad' | 'warn' | 'accent' | 'found';

export type Style = Pick<TextProps, 'color' | 'backgroundColor' | 'underline' | 'dimColor' | 'bold' | 'inverse'>;

// Yellow on white cannot be read: a warning is told by its mark and bold type as well.
const styles: Readonly<Record<Look, Style>> = {
	plain: {},
	dim: {dimColor: true},
	strong: {bold: true},
	good: {color: 'green'},
	bad: {color: 'red', bold: true},
	warn: {color: 'yellow', bold: true},
	accent: {color: 'cyan', bold: true},
	found: {inverse: true},
};

/** How a meaning looks. With NO_COLOR (no-color.org) only weight is left. */
export const styleOf = (look: Look, hasColor = (process.env.NO_COLOR ?? '') === ''): Style => {
	const {color, ...rest} = styles[look];
	return hasColor ? styles[look] : rest;
};

export type Mark = {readonly sign: string; readonly word: string; readonly look: Look};

/** A verdict as one sign; each has a shape of its own, so that colour never carries meaning alone. */
export const marks: Readonly<Record<Verdict['status'] | 'pending', Mark>> = {
	ok: {sign: '✓', word: '', look: 'good'},
	broken: {sign: '✗', word: 'broken', look: 'bad'},
	latent: {sign: '!', word: 'latent', look: 'warn'},
	unknown: {sign: '?', word: 'unknown', look: 'dim'},
	pending: {sign: '·', word: '', look: 'dim'},
};

const spinnerFrames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;

/** The spinner at a time. */
export const spinnerAt = (nowMs: number): string => spinnerFrames[Math.floor(nowMs / frameMs) % spinnerFrames.length];

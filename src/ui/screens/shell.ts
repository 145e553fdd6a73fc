import type {StyledRun} from '../../terminal/screen.ts';
import {
	type Area,
	type Line,
	type Span,
	drawable,
	fitArea,
	line,
	spread,
} from '../line.ts';
import type {Model} from '../model.ts';
import type {Style} from '../theme.ts';

const toColor = (color: StyledRun['color']): string | undefined => (typeof color === 'number' ? `ansi256(${color})` : color);

const toStyle = ({color, background, isBold, isDim, isInverse, isUnderlined}: StyledRun): Style => ({
	color: toColor(color), backgroundColor: toColor(background), bold: isBold, dimColor: isDim, inverse: isInverse, underline: isUnderlined,
});

const toSpan = (run: StyledRun): Span => ({text: drawable(run.text), look: 'plain', style: toStyle(run)});

/** The cells that a shell gets of an area: one line is the title's. */
export const shellArea = ({width, height}: Area): Area => ({width: Math.max(2, width - 1), height: Math.max(1, height - 1)});

/** A shell as its program draws it. */
export const drawShell = ({shell}: Model, area: Area): readonly Line[] => {
	const rows = shell?.screen.rows().map((row): Line => [{text: ' ', look: 'plain'}, ...row.map(run => toSpan(run))]) ?? [];
	return fitArea([
		spread(line([` SHELL ${shell?.title ?? ''}`, 'accent']), shell?.ended === undefined ? [] : line([`${shell.ended} `, 'warn']), area.width),
		...rows,
	], area);
};

import type {Finding} from '../../check.ts';
import {
	type Area,
	type Line,
	cut,
	fitLine,
	line,
	span,
	spread,
	wrap,
} from '../line.ts';
import type {Model} from '../model.ts';
import {spinnerAt} from '../theme.ts';
import {checkRows, checklistCursor} from './checklist.ts';

const labels = {healthy: 'HEALTHY', fault: 'CAUSE', undecided: 'UNDECIDED'} as const;
const looks = {healthy: 'good', fault: 'bad', undecided: 'warn'} as const;
const labelWidth = 11;

const hang = (label: Line, lines: readonly Line[]): readonly Line[] =>
	lines.map((text, index): Line => [...(index === 0 ? fitLine([span(' '), ...label], labelWidth) : [span(' '.repeat(labelWidth))]), ...text]);

/** The packet that proves it, and then the sentence; so that the first line says the most. */
const sentenceOf = ({state}: Model): string => {
	const {diagnosis} = state;
	return diagnosis?.cause?.verdict.because ?? diagnosis?.sentence ?? '';
};

const certainty = (finding: Finding | undefined): Line => {
	const confidence = finding?.verdict.status === 'broken' ? finding.verdict.confidence : undefined;
	return confidence === undefined ? [] : line([`${confidence} `, confidence === 'certain' ? 'bad' : 'warn']);
};

const others = ({state}: Model, width: number): readonly Line[] => {
	const {diagnosis} = state;
	const also = diagnosis?.contributing.map(({check}) => check.title) ?? [];
	const latent = diagnosis?.latent.map(({check}) => check.title) ?? [];
	return [
		...(also.length > 0 ? hang(line(['ALSO', 'warn']), [line(cut(`not true: ${also.join(' · ')}`, width - labelWidth - 1))]) : []),
		...(latent.length > 0 ? hang(line(['LATENT', 'warn']), [line([cut(`not for long: ${latent.join(' · ')}`, width - labelWidth - 1), 'dim'])]) : []),
	];
};

/** Whether the enter key opens what the verdict rests on. */
const isAtCause = (model: Model): boolean => {
	const {view: {pane}, state: {diagnosis}} = model;
	return pane === 'cause' || (pane === 'checklist' && diagnosis?.cause !== undefined && checkRows(model).at(checklistCursor(model))?.check.id === diagnosis.cause.check.id);
};

const drawRepairs = ({repairs}: Model, width: number): readonly Line[] =>
	hang(line(['FIX', 'accent']), repairs.map(command => line(cut(command, width - labelWidth - 1))));

const drawFailure = ({failure}: Model, width: number): readonly Line[] => (failure === undefined
	? []
	: [
		...hang(line(['COULD NOT', 'bad']), wrap(failure.because, width - labelWidth - 1)),
		...hang(line(['TRY', 'accent']), wrap(failure.tryThis, width - labelWidth - 1)),
	]);

const drawWaiting = ({doing, nowMs, isRunning}: Model, width: number): readonly Line[] =>
	[fitLine(isRunning ? line(' ', [spinnerAt(nowMs), 'accent'], ' ', [doing, 'dim']) : line([` ${doing}`, 'dim']), width)];

/** The verdict, the packet that proves it, and what would repair it; before there is one, what is going on. */
export const drawCause = (model: Model, {width, height}: Area): readonly Line[] => {
	const {diagnosis} = model.state;
	if (model.failure !== undefined) {
		return drawFailure(model, width).slice(0, height);
	}

	if (diagnosis === undefined) {
		return drawWaiting(model, width);
	}

	const badge = certainty(diagnosis.cause);
	const text = wrap(sentenceOf(model), width - labelWidth - 10);
	const [[, ...first], ...rest] = hang(line([labels[diagnosis.conclusion], looks[diagnosis.conclusion]]), text);
	const fix = drawRepairs(model, width);
	const extra = height < 6 ? [] : others(model, width);
	const sentence = shorten(model, [spread([...line([model.view.pane === 'cause' ? '▌' : ' ', 'accent']), ...first], badge, width), ...rest], {width, height: Math.max(1, height - Math.min(fix.length, 1))});
	return [...sentence, ...shorten(model, fix, {width, height: Math.max(0, height - sentence.length - extra.length)}), ...extra].slice(0, height);
};

/** The first lines; where there are more, the last one says how many, and which keys show them. */
const shorten = (model: Model, lines: readonly Line[], {width, height}: Area): readonly Line[] => {
	if (height === 0 || lines.length <= height) {
		return lines.slice(0, height);
	}

	const last = lines[height - 1];
	return [...lines.slice(0, height - 1), spread(last, line([`(${lines.length - height} more: ${isAtCause(model) ? 'enter' : 'tab to cause, enter'}) `, 'dim']), width)];
};

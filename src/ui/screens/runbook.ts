import type {GuidedStep} from '../guide.ts';
import {
	type Area,
	type Line,
	cut,
	fitArea,
	indentLines,
	joinColumns,
	line,
	rule,
	span,
	spread,
	wrap,
} from '../line.ts';
import type {Model} from '../model.ts';
import {type Look, spinnerAt} from '../theme.ts';
import {windowOf} from '../window.ts';
import {drawCause} from './cause.ts';
import {drawFitted} from './change.ts';

const marks: Readonly<Record<GuidedStep['state'], readonly [sign: string, look: Look]>> = {
	waiting: [' ', 'dim'],
	going: ['▸', 'accent'],
	done: ['·', 'dim'],
	met: ['✓', 'good'],
	unmet: ['✗', 'bad'],
	undecided: ['?', 'warn'],
	stopped: ['■', 'warn'],
	failed: ['✗', 'bad'],
};

const stepsOf = ({guided}: Model): readonly GuidedStep[] => guided?.steps ?? [];

/** How many steps there are to move among. */
export const stepCount = (model: Model): number => stepsOf(model).length;

/** The step whose text is shown: while nobody moved, the last one that was begun. */
export const stepCursor = (model: Model): number => {
	const steps = stepsOf(model);
	return Math.max(0, Math.min(steps.length - 1, model.view.cursors.steps ?? steps.findLastIndex(({state}) => state !== 'waiting')));
};

const answersOf = ({guided}: Model): readonly string[] => guided?.asked?.answers ?? [];

/** Which answer the tab key stands on. */
export const answerCursor = (model: Model): number => (model.view.cursors.answer ?? 0) % Math.max(1, answersOf(model).length);

/** What the enter key would say. */
export const chosenAnswer = (model: Model): string | undefined => answersOf(model).at(answerCursor(model));

const drawStep = ({number, title, state}: GuidedStep, width: number, {isHere, nowMs, isAsked}: {readonly isHere: boolean; readonly nowMs: number; readonly isAsked: boolean}): Line => {
	const [sign, look] = marks[state];
	return [
		span(isHere ? '▌' : ' ', 'accent'),
		span(state === 'going' && !isAsked ? spinnerAt(nowMs) : sign, look),
		span(` ${number.padEnd(3)} `, 'dim'),
		span(cut(title, Math.max(1, width - 8)), isHere ? 'strong' : (state === 'waiting' ? 'dim' : 'plain')),
	];
};

const drawSteps = (model: Model, {width, height}: Area): readonly Line[] => {
	const steps = stepsOf(model);
	const cursor = stepCursor(model);
	const {first, last} = windowOf(steps.length, cursor, height - 1);
	const begun = steps.filter(({state}) => state !== 'waiting').length;
	return fitArea([
		spread(line([' RUNBOOK', 'accent']), line([`${begun}/${steps.length} `, 'dim']), width),
		...steps.slice(first, last).map((step, index) => drawStep(step, width, {isHere: first + index === cursor, nowMs: model.nowMs, isAsked: model.guided?.asked !== undefined})),
	], {width, height});
};

const lookOf = (text: string): Look => {
	const content = text.trimStart();
	if (/^[\-✗]/v.test(content)) {
		return 'bad';
	}

	return /^[+✓]/v.test(content) ? 'good' : (content.startsWith('@@') ? 'dim' : 'plain');
};

/** A line of a step; where it is too long it goes on below at the same indent. */
const fold = (text: string, width: number): readonly Line[] => {
	const content = text.trimStart();
	const indent = Math.min(text.length - content.length, 12);
	return content === '' ? [[]] : indentLines(wrap(content, Math.max(20, width - indent - 2), lookOf(text)), indent + 1);
};

/** The lines of the step under the cursor. */
const stepText = (model: Model, width: number): readonly Line[] => stepsOf(model).at(stepCursor(model))?.lines.flatMap(text => (typeof text === 'string' ? fold(text, width) : drawFitted(text, width))) ?? [];

/** The step from where somebody scrolled to; says how much is below. */
const drawStepText = (model: Model, {width, height}: Area): readonly Line[] => {
	const step = stepsOf(model).at(stepCursor(model));
	const text = stepText(model, width);
	const room = height - 1;
	const first = Math.max(0, Math.min(text.length - room, model.view.scroll));
	const below = text.length - first - room;
	return fitArea([
		spread(line([` ${step?.number ?? ''} `, 'dim'], [step?.title ?? '', 'strong']), line([below > 0 ? `↓ ${below} more lines: pgdn ` : '', 'warn']), width),
		...text.slice(first, first + room),
	], {width, height});
};

const drawAsked = (model: Model, width: number): readonly Line[] => {
	const asked = model.guided?.asked;
	if (!asked) {
		return model.guided?.ending === undefined ? drawCause(model, {width, height: 2}) : wrap(model.guided.ending, width - 2, 'strong').map((text): Line => [span(' '), ...text]);
	}

	const choices: Line = asked.answers.length === 0
		? line(' ', ['y', 'accent'], ' yes   ', ['n', 'accent'], ' no')
		: [span(' '), ...asked.answers.flatMap((answer, index) => line([index === answerCursor(model) ? `▌${answer}` : ` ${answer}`, index === answerCursor(model) ? 'accent' : 'plain'], '  ')), ...line(['tab ⏎', 'dim'])];
	return [...wrap(asked.question, width - 2, 'warn').slice(0, 3).map((text): Line => [span(' '), ...text]), choices];
};

const leftWidth = (width: number): number => Math.max(24, Math.min(56, Math.round(width * 0.38)));

/** How many lines of a step are shown. */
const textRoom = (model: Model, {width, height}: Area): number => height - Math.min(5, drawAsked(model, width).length) - 3;

/** Where the text of a step stands after so many pages, in a window of this size. */
export const stepScroll = (model: Model, {width, height}: Area, pages: number): number => {
	const room = textRoom(model, {width, height: height - 3});
	return Math.max(0, Math.min(stepText(model, width - leftWidth(width) - 1).length - room, model.view.scroll + (pages * room)));
};

/** The procedure as a list, the step under the cursor, and what is asked. */
export const drawRunbook = (model: Model, area: Area): readonly Line[] => {
	const left = leftWidth(area.width);
	const asked = drawAsked(model, area.width).slice(0, 5);
	const height = area.height - asked.length - 2;
	return fitArea([
		rule(area.width, [[left, '┬']]),
		...joinColumns([drawSteps(model, {width: left, height}), drawStepText(model, {width: area.width - left - 1, height})]),
		rule(area.width, [[left, '┴']]),
		...asked,
	], area);
};

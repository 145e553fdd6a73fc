import {
	type Line,
	line,
	lineWidth,
	wrap,
} from '../line.ts';
import type {Model} from '../model.ts';
import {type Fitted, type ShownChange, isBusy} from '../repair.ts';
import {type Look, spinnerAt} from '../theme.ts';

const lookOf = (text: string): Look => {
	const content = text.trimStart();
	if (content.startsWith('+') || content.includes('→ ✓')) {
		return 'good';
	}

	return /^-|→ ✗/v.test(content) ? 'bad' : (content.startsWith('@@') ? 'dim' : 'plain');
};

/** Text as lines of the screen: headings stand out, lines that are too long go on below at the same indent. */
export const drawFitted = (text: Fitted | undefined, width: number): readonly Line[] => (text?.(width - 2) ?? '').trimEnd().split('\n').flatMap((row, index, rows) => {
	const content = row.trimStart();
	const isHeading = row === content && (rows[index - 1] ?? '') === '';
	const indent = ' '.repeat(row.length - content.length + 1);
	const look = isHeading ? 'strong' : lookOf(row);
	// What a line of a diff goes on with is no line of the file.
	const further: Line = /^[+\-]/v.test(content) ? line(['↳ ', look]) : [];
	return content === '' ? [[]] : wrap(content, width - indent.length - 1 - lineWidth(further), look).map((part, place): Line => [...line(indent), ...(place === 0 ? [] : further), ...part]);
});

const phases: Readonly<Record<ShownChange['phase'], readonly [sentence: string, look: Look]>> = {
	preparing: ['reading what is there now; nothing is changed', 'accent'],
	ready: ['nothing is changed yet: y makes this change', 'accent'],
	idle: ['nothing is to be done: all of it is so already', 'good'],
	making: ['the change is being made', 'accent'],
	made: ['the change is made: u puts it back', 'good'],
	undoing: ['it is being put back', 'accent'],
	undone: ['it is put back: r probes again', 'good'],
	failed: ['that could not be done', 'bad'],
};

const cuttingPhases: Partial<Readonly<Record<ShownChange['phase'], string>>> = {
	ready: 'nothing is changed yet: y makes this change; it cuts connections, so y twice',
	made: 'the change is made: u puts it back; that cuts connections, so u twice',
};

const failureLines = ({failure}: ShownChange, width: number): readonly Line[] => (failure === undefined
	? []
	: [...wrap(failure.because, width - 3, 'bad'), ...wrap(`try: ${failure.tryThis}`, width - 3)].map((text): Line => [...line('  '), ...text]));

// While more comes in, what came last is what one looks for.
const newsOf = (change: ShownChange): readonly string[] => (isBusy(change) ? change.news.slice(-10) : change.news);

/** The repair of the cause: how far it is, what happened, what came of it, and what it does. */
export const changeText = ({change, nowMs, label}: Model, width: number): readonly Line[] => {
	if (change === undefined) {
		return [line([' no change was looked at yet: f shows the repair of the cause', 'dim'])];
	}

	const [plain, look] = phases[change.phase];
	const sentence = change.isCutting === true ? cuttingPhases[change.phase] ?? plain : plain;
	return [
		...(label ? [line([` ${label.word}: ${label.says}`, 'warn'])] : []),
		line(' ', [isBusy(change) ? `${spinnerAt(nowMs)} ` : '', look], [sentence, look]),
		...failureLines(change, width),
		[],
		...(change.result === undefined ? [] : [...drawFitted(change.result, width), []]),
		...newsOf(change).map(text => line([`  ${text}`, 'dim'])),
		...(change.news.length === 0 ? [] : [[]]),
		...(change.preview === undefined ? [] : drawFitted(change.preview, width)),
	];
};

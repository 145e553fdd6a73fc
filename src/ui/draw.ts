import {bindingsOn, nameKey} from './keys.ts';
import {
	type Area,
	type Line,
	cut,
	fitArea,
	fitLine,
	joinColumns,
	line,
	lineWidth,
	rule,
	span,
	spread,
} from './line.ts';
import type {Model} from './model.ts';
import {completionsOf} from './prompt.ts';
import {changeText} from './screens/change.ts';
import {claimsText} from './screens/claims.ts';
import {evidenceText} from './screens/evidence.ts';
import {helpText} from './screens/help.ts';
import {
	drawBeside,
	drawHeader,
	drawIncident,
	leftWidthOf,
} from './screens/incident.ts';
import {journalText} from './screens/journal.ts';
import {ladderText} from './screens/ladder.ts';
import {drawPick} from './screens/pick.ts';
import {matrixText} from './screens/reach.ts';
import {drawRunbook} from './screens/runbook.ts';
import {drawShell, shellArea} from './screens/shell.ts';
import {walkText} from './screens/walk.ts';
import {spinnerAt} from './theme.ts';
import {type Prompt, type ScreenName, screenOf} from './view.ts';

const texts = {
	ladder: ladderText, matrix: matrixText, evidence: evidenceText, claims: claimsText, walk: walkText, help: helpText, change: changeText, journal: journalText,
} as const;

const titles: Readonly<Record<TextScreen, string>> = {
	ladder: 'LADDER', matrix: 'MATRIX', evidence: 'EVIDENCE', claims: 'CLAIMED AND ACTUAL', walk: 'WHAT THE RULES DO', help: 'HELP', change: 'CHANGE', journal: 'JOURNAL',
};

type TextScreen = keyof typeof texts;

const isText = (screen: ScreenName): screen is TextScreen => screen in texts;

/** The lines of the text on screen, before it is scrolled; undefined where a list or a shell is shown. */
export const textOf = (model: Model, width: number): readonly Line[] | undefined => {
	const screen = screenOf(model.view);
	return isText(screen) ? texts[screen](model, width) : undefined;
};

export const plainLine = (spans: Line): string => spans.map(({text}) => text).join('').trimEnd();

// No window is as wide: what is copied is pasted into a shell or a ticket, so commands and output stay on their own lines.
const unwrapped = 5000;

/** The whole text on screen as it is copied. */
export const copyOf = (model: Model, width: number): string => (textOf(model, screenOf(model.view) === 'evidence' ? unwrapped : width) ?? []).map(spans => plainLine(spans)).join('\n');

/** What is searched for, inverted. */
const markFound = (spans: Line, wanted: string): Line => (wanted === ''
	? spans
	: spans.flatMap(part => {
		const lower = part.text.toLowerCase();
		const at = lower.length === part.text.length ? lower.indexOf(wanted) : -1;
		return at === -1
			? [part]
			: [
				{...part, text: part.text.slice(0, at)},
				{...part, text: part.text.slice(at, at + wanted.length), look: 'found' as const},
				...markFound([{...part, text: part.text.slice(at + wanted.length)}], wanted),
			];
	}));

/** How many lines of a text a window of this height shows. */
export const textHeight = (rows: number): number => Math.max(1, rows - 5);

const drawText = (model: Model, screen: TextScreen, {width, height}: Area): readonly Line[] => {
	const lines = texts[screen](model, width);
	const room = height - 2;
	const first = Math.max(0, Math.min(model.view.scroll, lines.length - room));
	const position = lines.length <= room ? '' : `${first + 1}–${Math.min(lines.length, first + room)} of ${lines.length} `;
	return [
		rule(width),
		spread(line([` ${titles[screen]}`, 'accent'], [model.view.filter === '' ? '' : `  /${model.view.filter}`, 'plain']), line([position, 'dim']), width),
		...fitArea(lines.slice(first, first + room).map(text => markFound(text, model.view.filter)), {width, height: room}),
	];
};

/** Where the shell stands, and how much of the window it has. */
export const shellPlace = (model: Model, {width, height}: Area): {readonly left: number; readonly inner: Area} => {
	const left = model.view.isShellWide ? 0 : leftWidthOf(width);
	return {left, inner: shellArea({width: left === 0 ? width : width - left - 1, height: height - 4})};
};

const drawShellScreen = (model: Model, area: Area): readonly Line[] => {
	const {left} = shellPlace(model, {...area, height: area.height + 3});
	const height = area.height - 1;
	return left === 0
		? [rule(area.width), ...drawShell(model, {width: area.width, height})]
		: [rule(area.width, [[left, '┬']]), ...joinColumns([drawBeside(model, {width: left, height}), drawShell(model, {width: area.width - left - 1, height})])];
};

const drawBody = (model: Model, area: Area): readonly Line[] => {
	const screen = screenOf(model.view);
	if (isText(screen)) {
		return drawText(model, screen, area);
	}

	switch (screen) {
		case 'incident': {
			return drawIncident(model, area);
		}

		case 'pick': {
			return [rule(area.width, [[Math.floor((area.width - 1) / 2), '┬']]), ...drawPick(model, {...area, height: area.height - 1})];
		}

		case 'runbook': {
			return drawRunbook(model, area);
		}

		case 'shell': {
			return drawShellScreen(model, area);
		}
	}
};

const alwaysShown: ReadonlySet<string> = new Set(['help', 'quit', 'back']);

/** The keys of this screen as far as there is room; help and the way out are always among them. */
const drawKeys = (model: Model, width: number): Line => {
	const all = bindingsOn(screenOf(model.view)).filter(({says}) => says !== undefined);
	// The two keys of moving are told as one.
	const words = all.filter(({does}) => does !== 'move-down').map(({keys, says = '', does, offWhen}) => ({
		key: does === 'move-up' ? '↑↓' : nameKey(keys[0]), says, isOff: offWhen?.(model) !== undefined, isKept: alwaysShown.has(does),
	}));
	const widthOf = (shown: typeof words): number => shown.reduce((sum, {key, says}) => sum + key.length + says.length + 3, 1);
	const shown = [...words];
	while (widthOf(shown) > width && shown.some(({isKept}) => !isKept)) {
		shown.splice(shown.findLastIndex(({isKept}) => !isKept), 1);
	}

	return shown.flatMap(({key, says, isOff}): Line => [span(' '), span(key, isOff ? 'dim' : 'accent'), span(` ${says} `, 'dim')]);
};

/** As many words as there is room for, and how many more there are. */
const fitWords = (words: readonly string[], room: number): string => {
	const isWhole = words.join(' ').length <= room;
	const count = isWhole ? words.length : words.findLastIndex((_, index) => `${words.slice(0, index).join(' ')} … ${words.length - index} more`.length <= room);
	return isWhole ? words.join(' ') : `${words.slice(0, Math.max(0, count)).join(' ')} … ${words.length - Math.max(0, count)} more`;
};

const drawPrompt = (model: Model, {kind, text, caret}: Prompt, width: number): Line => {
	const typed = line([kind === 'command' ? ' :' : ' /', 'accent'], text.slice(0, caret), ['▏', 'accent'], text.slice(caret));
	const completions = kind === 'command' ? fitWords(completionsOf(model, text), width - lineWidth(typed) - 3) : '';
	return [...typed, ...line([`  ${completions}`, 'dim'])];
};

const drawFooter = (model: Model, width: number): Line => {
	const {prompt, notice, isLeaving} = model.view;
	if (isLeaving) {
		return line(' ', [spinnerAt(model.nowMs), 'accent'], ' leaving: captures end, what was made goes; ctrl-c again leaves at once');
	}

	if (prompt) {
		return drawPrompt(model, prompt, width);
	}

	return notice === '' ? drawKeys(model, width) : line([` ${notice}`, 'warn']);
};

const tooSmall = ({width, height}: Area): readonly Line[] => fitArea([line(cut('hairpin: this window is too small', width)), line([cut(`${width}×${height}, 60×12 is wanted`, width), 'dim'])], {width, height});

/** The whole window: exactly as many lines, each exactly as wide. */
export const drawScreen = (model: Model, area: Area): readonly Line[] => {
	if (area.width < 60 || area.height < 12) {
		return tooSmall(area);
	}

	const body = drawBody(model, {width: area.width, height: area.height - 3});
	const footer = drawFooter(model, area.width);
	const lines = [drawHeader(model, area.width), ...body, rule(area.width), lineWidth(footer) > area.width ? footer : fitLine(footer, area.width)];
	return fitArea(lines, area);
};

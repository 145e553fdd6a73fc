import {drawFooter} from './footer.ts';
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
	spread,
} from './line.ts';
import type {Model} from './model.ts';
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
import {type ScreenName, screenOf} from './view.ts';
import {drawnDownTo, smallestWindow} from './window.ts';

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
			return [rule(area.width, model.pickList && 'services' in model.pickList ? [[Math.floor((area.width - 1) / 2), '┬']] : []), ...drawPick(model, {...area, height: area.height - 1})];
		}

		case 'runbook': {
			return drawRunbook(model, area);
		}

		case 'shell': {
			return drawShellScreen(model, area);
		}
	}
};

const tooSmall = ({width, height}: Area): readonly Line[] => fitArea([line(cut('hairpin: this window is too small', width)), line([cut(`${width}×${height}, ${smallestWindow.columns}×${smallestWindow.rows} is wanted`, width), 'dim'])], {width, height});

/** The whole window: exactly as many lines, each exactly as wide. */
export const drawScreen = (model: Model, area: Area): readonly Line[] => {
	if (area.width < drawnDownTo.columns || area.height < drawnDownTo.rows) {
		return tooSmall(area);
	}

	const body = drawBody(model, {width: area.width, height: area.height - 3});
	const footer = drawFooter(model, area.width);
	const lines = [drawHeader(model, area.width), ...body, rule(area.width), lineWidth(footer) > area.width ? footer : fitLine(footer, area.width)];
	return fitArea(lines, area);
};

import {nameCell} from '../probes/matrix.ts';
import {plainLine, textHeight, textOf} from './draw.ts';
import {
	type ActionName,
	type KeyBinding,
	findBinding,
	sayElsewhere,
	withoutNamedChange,
} from './keys.ts';
import type {Area} from './line.ts';
import type {Model} from './model.ts';
import {
	completeCommand,
	editPrompt,
	findCommand,
	promptOf,
} from './prompt.ts';
import {capturesCursor, timelineOf} from './screens/captures.ts';
import {checkRows, checklistCursor} from './screens/checklist.ts';
import {pickColumn, pickCursor, pickItems} from './screens/pick.ts';
import {reachCursor, reachRows} from './screens/reach.ts';
import {
	answerCursor,
	chosenAnswer,
	stepCount,
	stepCursor,
	stepScroll,
} from './screens/runbook.ts';
import {
	type Prompt,
	type Subject,
	type View,
	moveCursor,
	popScreen,
	pushScreen,
	screenOf,
	turnPane,
} from './view.ts';

/** What a key does beyond the screen; the rest is a change of the view. */
export type Deed = 'open-shell' | 'close-shell' | 'next-point' | 'run-again' | 'run-picked' | 'prepare-change' | 'make-change' | 'undo-change' | 'read-journal' | 'keep-bundle' | 'open-packets' | 'answer' | 'list' | 'copy' | 'quit' | 'suspend';

/** `named` is the change for the deed `prepare-change`, the file for `keep-bundle`, what is said for `answer`. */
export type Pressed = {readonly view: View; readonly deed?: Deed; readonly named?: string};

type Act = (model: Model, area: Area) => Pressed;

type List = {readonly name: string; readonly at: number; readonly length: number};

/** The list that the cursor keys move in, or undefined where a text is scrolled. */
const listOf = (model: Model): List | undefined => {
	const {view} = model;
	if (screenOf(view) === 'pick') {
		const column = pickColumn(model);
		return {name: column, at: pickCursor(model, column), length: pickItems(model, column).length};
	}

	if (screenOf(view) === 'runbook') {
		return {name: 'steps', at: stepCursor(model), length: stepCount(model)};
	}

	const rows = timelineOf(model);
	return screenOf(view) === 'incident'
		? {
			checklist: {name: 'checklist', at: checklistCursor(model), length: checkRows(model).length},
			captures: {name: 'captures', at: capturesCursor(model, rows), length: rows.length},
			reach: {name: 'reach', at: reachCursor(model), length: reachRows(model).length},
			cause: undefined,
		}[view.pane]
		: undefined;
};

const scrollTo = (model: Model, area: Area, wanted: number): View => {
	const lines = textOf(model, area.width)?.length ?? 0;
	return {...model.view, scroll: Math.max(0, Math.min(lines - textHeight(area.height), wanted))};
};

const moveBy = (by: (area: Area) => number): Act => (model, area) => {
	const list = listOf(model);
	const view = list ? moveCursor(model.view, list.name, {from: list.at, by: by(area), length: list.length}) : scrollTo(model, area, model.view.scroll + by(area));
	return {view: list?.name === 'steps' ? {...view, scroll: 0} : view};
};

/** To the other column; what was chosen by filtering stays chosen when the filter is gone. */
const turnColumn = (model: Model): View => {
	const {view} = model;
	const column = pickColumn(model);
	const chosen = pickItems(model, column).at(pickCursor(model, column));
	const all = pickItems({...model, view: {...view, filter: ''}}, column);
	return {...view, filter: '', cursors: {...view.cursors, [column]: chosen && all.indexOf(chosen), 'pick-column': column === 'services' ? 1 : 0}};
};

const turnPage = (by: number): Act => (model, area) => (screenOf(model.view) === 'runbook'
	? {view: {...model.view, scroll: stepScroll(model, area, by)}}
	: moveBy(({height}) => by * textHeight(height))(model, area));

const nextPane = (by: number): Act => model => {
	const {view} = model;
	if (screenOf(view) === 'pick') {
		return {view: turnColumn(model)};
	}

	if (screenOf(view) === 'runbook') {
		return {view: {...view, cursors: {...view.cursors, answer: answerCursor(model) + by}}};
	}

	return {view: {...turnPane(view, by), filter: ''}};
};

/** What the line under the cursor rests on. */
const subjectOf = (model: Model): Subject => {
	const {view, state} = model;
	const check = view.pane === 'checklist' ? checkRows(model).at(checklistCursor(model))?.check : state.diagnosis?.cause?.check;
	const from = reachRows(model).at(reachCursor(model));
	if (screenOf(view) === 'matrix' || view.pane === 'reach') {
		const cell = state.matrix.find(candidate => candidate.from === from);
		return cell ? {kind: 'cell', name: screenOf(view) === 'matrix' ? nameCell(cell) : cell.from} : {kind: 'captures'};
	}

	return check === undefined || view.pane === 'captures' || screenOf(view) === 'ladder' ? {kind: 'captures'} : {kind: 'check', id: check.id};
};

const showEvidence: Act = model => ({view: {...pushScreen(model.view, 'evidence'), subject: subjectOf(model)}});

const open: Act = (model, area) => {
	if (screenOf(model.view) === 'pick') {
		return {view: model.view, deed: 'run-picked'};
	}

	const row = model.view.pane === 'captures' ? timelineOf(model).at(capturesCursor(model)) : undefined;
	return row?.ladder === undefined ? showEvidence(model, area) : {view: pushScreen(model.view, 'ladder')};
};

const findNext: Act = (model, area) => {
	const lines = textOf(model, area.width) ?? [];
	const places = lines.flatMap((text, index) => (plainLine(text).toLowerCase().includes(model.view.filter) ? [index] : []));
	const next = places.find(place => place > model.view.scroll) ?? places.at(0);
	return {view: next === undefined ? {...model.view, notice: `nothing like ${model.view.filter} here`} : {...scrollTo(model, area, next), notice: ''}};
};

const goBack: Act = ({view}) => {
	if (view.filter !== '') {
		return {view: {...view, filter: ''}};
	}

	const isShell = screenOf(view) === 'shell';
	return screenOf(view) === 'pick' && view.stack.length === 1 ? {view, deed: 'quit'} : {view: popScreen(view), deed: isShell ? 'close-shell' : undefined};
};

const openShell = (isShellWide: boolean): Act => ({view}) => ({view: {...pushScreen(view, 'shell'), isShellWide}, deed: 'open-shell'});

/** Does it; where that breaks connections only with the second key. */
const agreeTo = (deed: 'make-change' | 'undo-change', key: string): Act => ({view, change}) => (change?.isCutting === true && view.asked !== deed
	? {view: {...view, asked: deed, notice: `this cuts connections: ${key} once more`}}
	: {view: {...view, scroll: 0, asked: undefined}, deed});

const everything = 1_000_000;

const acts: Readonly<Record<ActionName, Act>> = {
	'move-up': moveBy(() => -1),
	'move-down': moveBy(() => 1),
	'page-up': turnPage(-1),
	'page-down': turnPage(1),
	'go-first': moveBy(() => -everything),
	'go-last': moveBy(() => everything),
	'next-pane': nextPane(1),
	'previous-pane': nextPane(-1),
	open,
	answer: model => ({view: model.view, deed: 'answer', named: chosenAnswer(model)}),
	agree: ({view}) => ({view, deed: 'answer', named: 'yes'}),
	refuse: ({view}) => ({view, deed: 'answer', named: 'no'}),
	'show-incident': ({view}) => ({view: pushScreen(view, 'incident')}),
	'show-evidence': showEvidence,
	'show-ladder': ({view}) => ({view: pushScreen(view, 'ladder')}),
	'show-matrix': ({view}) => ({view: pushScreen(view, 'matrix')}),
	'show-claims': ({view}) => ({view: pushScreen(view, 'claims')}),
	'show-walk': ({view}) => ({view: pushScreen(view, 'walk')}),
	'show-journal': ({view}) => ({view: pushScreen(view, 'journal'), deed: 'read-journal'}),
	'show-shell': openShell(false),
	'show-wide-shell': openShell(true),
	'show-change': ({view}) => ({view: pushScreen(view, 'change'), deed: 'prepare-change'}),
	'make-change': agreeTo('make-change', 'y'),
	'undo-change': agreeTo('undo-change', 'u'),
	'widen-shell': ({view}) => ({view: {...view, isShellWide: !view.isShellWide}}),
	'next-point': ({view}) => ({view, deed: 'next-point'}),
	'run-again': ({view}) => ({view: {...(screenOf(view) === 'change' ? popScreen(view) : view), cursors: {}}, deed: 'run-again'}),
	'pick-another': ({view}) => ({view: pushScreen(view, 'pick'), deed: 'list'}),
	'keep-bundle': ({view}) => ({view, deed: 'keep-bundle'}),
	'open-packets': ({view}) => ({view, deed: 'open-packets'}),
	search: ({view}) => ({view: {...view, prompt: promptOf('filter', view.filter), notice: ''}}),
	'find-next': findNext,
	copy: ({view}) => ({view: {...view, notice: 'copied, where the terminal allows it'}, deed: 'copy'}),
	command: ({view}) => ({view: {...view, prompt: promptOf('command'), notice: ''}}),
	help: ({view}) => ({view: pushScreen(view, 'help')}),
	back: goBack,
	quit: ({view}) => ({view, deed: 'quit'}),
	suspend: ({view}) => ({view, deed: 'suspend'}),
};

const act = (model: Model, area: Area, binding: KeyBinding): Pressed => {
	const reason = binding.offWhen?.(model);
	const clear = {...model, view: {...model.view, notice: ''}};
	return reason === undefined ? acts[binding.does](clear, area) : {view: {...model.view, notice: reason, refusal: {of: binding.does, says: reason}}};
};

const withName = /^(?<command>fix|bundle) +(?<name>\S.*)$/v;

const showNamed = (model: Model, change: string): Pressed => {
	const reason = withoutNamedChange(model);
	return reason === undefined ? {view: pushScreen(model.view, 'change'), deed: 'prepare-change', named: change} : {view: {...model.view, notice: reason}};
};

const keepNamed = ({whyUnkept, view}: Model, file: string): Pressed => (whyUnkept === undefined ? {view, deed: 'keep-bundle', named: file} : {view: {...view, notice: whyUnkept}});

const runCommand = (model: Model, area: Area, text: string): Pressed => {
	const {command: named = '', name = ''} = withName.exec(text)?.groups ?? {};
	if (named !== '') {
		return (named === 'fix' ? showNamed : keepNamed)(model, name);
	}

	if (text === '') {
		return {view: model.view};
	}

	const binding = findCommand(model, text);
	return binding ? act(model, area, binding) : {view: {...model.view, notice: `no command ${text}: after : all of them are listed`}};
};

const enterPrompt = (model: Model, area: Area): Pressed => {
	const {prompt, ...view} = model.view;
	if (prompt?.kind === 'filter') {
		const searched = {...model, view: {...view, prompt: undefined}};
		return textOf(model, area.width) && view.filter !== '' ? findNext(searched, area) : {view: searched.view};
	}

	return runCommand({...model, view: {...view, prompt: undefined, notice: ''}}, area, prompt?.text.trim() ?? '');
};

const typePrompt = (view: View, prompt: Prompt): View => ({...view, prompt, ...(prompt.kind === 'filter' && {filter: prompt.text.toLowerCase()})});

const pressInPrompt = (model: Model, area: Area, prompt: Prompt, {key, text}: Press): Pressed => {
	const {view} = model;
	switch (key) {
		case 'enter': {
			return enterPrompt(model, area);
		}

		case 'esc':
		case 'ctrl-c': {
			const closed = {...view, prompt: undefined, ...(prompt.kind === 'filter' && {filter: ''})};
			return {view: closed, deed: key === 'esc' ? undefined : 'quit'};
		}

		case 'tab': {
			return {view: prompt.kind === 'command' ? typePrompt(view, completeCommand(model, prompt.text)) : view};
		}

		default: {
			return {view: typePrompt(view, editPrompt(prompt, key, text))};
		}
	}
};

/** A key by its name, and the text that it types. */
export type Press = {readonly key: string; readonly text: string};

/** In the pick list, letters filter. */
const pressInPick = (view: View, {key, text}: Press): View | undefined => {
	if (key === 'backspace') {
		return {...view, filter: view.filter.slice(0, -1), notice: ''};
	}

	return /^[\w\-.]$/v.test(text) && key.length === 1 ? {...view, filter: view.filter + text.toLowerCase(), notice: ''} : undefined;
};

const pressOn = (model: Model, area: Area, press: Press): Pressed => {
	const {view} = model;
	if (view.prompt) {
		return pressInPrompt(model, area, view.prompt, press);
	}

	const filtered = screenOf(view) === 'pick' ? pressInPick(view, press) : undefined;
	const binding = findBinding(screenOf(view), press.key);
	return filtered ? {view: filtered} : (binding ? act(model, area, binding) : {view: {...view, notice: sayElsewhere(press.key)}});
};

/** What a key changes. Pure, but for the deed that somebody else does. What was asked is asked until the next key. */
export const pressKey = (model: Model, area: Area, press: Press): Pressed => {
	const pressed = pressOn(model, area, press);
	return model.view.asked !== undefined && pressed.view.asked === model.view.asked ? {...pressed, view: {...pressed.view, asked: undefined}} : pressed;
};

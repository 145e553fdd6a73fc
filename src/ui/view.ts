import type {ActionName} from './keys.ts';

/** The screens (design.md §8). */
export type ScreenName = 'incident' | 'pick' | 'ladder' | 'matrix' | 'evidence' | 'claims' | 'walk' | 'journal' | 'help' | 'shell' | 'change' | 'runbook';

/** The panes of the incident, in the order of the tab key; in a narrow window one is shown at a time. */
export const panes = ['checklist', 'captures', 'reach', 'cause'] as const;
export type PaneName = (typeof panes)[number];

/** What the evidence screen tells about. */
export type Subject =
	| {readonly kind: 'check'; readonly id: string}
	| {readonly kind: 'cell'; readonly name: string}
	| {readonly kind: 'captures'};

/** What is being typed on the last line, and before which of its letters the next one goes. */
export type Prompt = {readonly kind: 'filter' | 'command'; readonly text: string; readonly caret: number};

/** Where the person looks: everything on screen that is not of the incident. */
export type View = {
	/** The last one is shown; `esc` takes it away. */
	readonly stack: readonly ScreenName[];
	readonly pane: PaneName;
	/** Which line of a list the cursor is on; a list without an entry chooses for itself. */
	readonly cursors: Readonly<Record<string, number | undefined>>;
	/** First line shown of a text. */
	readonly scroll: number;
	readonly subject: Subject;
	readonly prompt: Prompt | undefined;
	/** Lower case; of a list or a text, whichever is shown. */
	readonly filter: string;
	/** One line that answers the last key, until the next one. */
	readonly notice: string;
	/** The notice that says why a key can do nothing now: it goes when that is over. */
	readonly refusal: {readonly of: ActionName; readonly says: string} | undefined;
	/** What the last key asked for, and takes the same key once more. */
	readonly asked: 'make-change' | 'undo-change' | undefined;
	readonly isLeaving: boolean;
	readonly isShellWide: boolean;
};

export const initialView = (screen: ScreenName): View => ({
	stack: [screen],
	pane: 'checklist',
	cursors: {},
	scroll: 0,
	subject: {kind: 'captures'},
	prompt: undefined,
	filter: '',
	notice: '',
	refusal: undefined,
	asked: undefined,
	isLeaving: false,
	isShellWide: false,
});

export const screenOf = ({stack}: View): ScreenName => stack.at(-1) ?? 'incident';

/** What a pane of the incident is filtered by: only the one that has the focus is. */
export const filterOf = (view: View, pane: PaneName): string => (screenOf(view) === 'incident' && view.pane === pane ? view.filter : '');

/** Another screen on top; one that is open already is not opened twice. */
export const pushScreen = (view: View, screen: ScreenName): View => ({
	...view, stack: [...view.stack.filter(other => other !== screen), screen], scroll: 0, filter: '', notice: '',
});

/** The screen below. The first one stays. */
export const popScreen = (view: View): View => ({
	...view, stack: view.stack.length > 1 ? view.stack.slice(0, -1) : view.stack, scroll: 0, filter: '', notice: '',
});

/** The pane so many further on, around the end. */
export const turnPane = (view: View, by: number): View => {
	const next = (panes.indexOf(view.pane) + by + panes.length) % panes.length;
	return {...view, pane: panes[next]};
};

export const moveCursor = (view: View, list: string, {from, by, length}: {readonly from: number; readonly by: number; readonly length: number}): View => ({
	...view, cursors: {...view.cursors, [list]: Math.max(0, Math.min(length - 1, from + by))},
});

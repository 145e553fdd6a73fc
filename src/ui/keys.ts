import type {Model} from './model.ts';
import {type ShownChange, isBusy} from './repair.ts';
import type {ScreenName} from './view.ts';

/** What a key asks for. */
export type ActionName =
	| 'move-up' | 'move-down' | 'page-up' | 'page-down' | 'go-first' | 'go-last' | 'next-pane' | 'previous-pane' | 'open'
	| 'show-evidence' | 'show-ladder' | 'show-matrix' | 'show-claims' | 'show-walk' | 'show-journal' | 'show-shell' | 'show-wide-shell' | 'widen-shell' | 'next-point' | 'run-again' | 'pick-another'
	| 'show-incident' | 'answer' | 'agree' | 'refuse' | 'show-change' | 'make-change' | 'undo-change'
	| 'keep-bundle' | 'open-packets' | 'search' | 'find-next' | 'copy' | 'command' | 'help' | 'back' | 'quit' | 'suspend';

export type KeyBinding = {
	/** As keys are named: `q`, `up`, `ctrl-c`. Several keys may ask for the same. */
	readonly keys: readonly string[];
	/** The screens where it is on. */
	readonly on: readonly ScreenName[] | 'everywhere';
	readonly does: ActionName;
	/** In the footer; where it is left out the key is told by the help only. */
	readonly says?: string;
	/** In the help and the README. */
	readonly explains: string;
	/** What can be typed after `:` for the same. */
	readonly command?: string;
	/** Why it can do nothing now. */
	readonly offWhen?: (model: Model) => string | undefined;
};

const texts: readonly ScreenName[] = ['ladder', 'matrix', 'evidence', 'claims', 'walk', 'help', 'change', 'journal'];
const lists: readonly ScreenName[] = ['incident', 'pick', ...texts];
const everyPane: readonly ScreenName[] = [...lists, 'runbook'];
/** Where letters are keys: in the list of Services they are what one filters by. */
const letterPanes = everyPane.filter(screen => screen !== 'pick');
/** Whatever shows something of the incident. */
const views: readonly ScreenName[] = ['incident', 'ladder', 'matrix', 'evidence', 'claims', 'walk'];
const viewsBut = (screen: ScreenName): readonly ScreenName[] => [...views.filter(other => other !== screen), 'runbook'];

const withoutNode = ({state}: Model): string | undefined => (state.nodes.size === 0 ? 'no node was read yet' : undefined);
const withoutJournal = ({canUndo}: Model): string | undefined => (canUndo ? undefined : 'nothing can be changed from here');
const withoutTarget = ({state}: Model): string | undefined => (state.target === undefined ? 'there is no target yet' : undefined);
const withoutFlow = ({state}: Model): string | undefined => ((state.capture?.flows.length ?? 0) > 0 ? undefined : 'no packets of the attempt were captured yet');
const withoutBundle = (model: Model): string | undefined => model.whyUnkept ?? withoutTarget(model);
const withoutPackets = (model: Model): string | undefined =>
	(model.canKeepPackets ? (model.isRunning ? 'the packets are still being captured' : withoutFlow(model)) : 'there are no packets to keep');
const withoutProbe = ({state}: Model): string | undefined => (state.matrix.length === 0 ? 'no probe has answered yet' : undefined);
const withoutShell = (model: Model): string | undefined => (model.canShell ? withoutTarget(model) : 'no point can be entered from here');
const whileBusy = ({isRunning, change}: Model): string | undefined => (isRunning ? 'it is still running' : (isBusy(change) ? 'a change is being made' : undefined));
const whileWorking = (model: Model): string | undefined => (model.guided ? 'the runbook says what is examined' : whileBusy(model));
/** The first of a cause's repairs is the command that does it all, where there is one. */
const withoutRepair = ({state, repairs, whyUnchangeable, change}: Model): string | undefined => {
	if (change !== undefined && change.phase !== 'failed') {
		return undefined;
	}

	if (state.diagnosis?.cause === undefined) {
		return state.diagnosis === undefined ? 'there is no verdict yet' : 'nothing is broken';
	}

	return repairs.at(0)?.startsWith('hairpin fix ') === true ? whyUnchangeable : 'hairpin cannot repair this by itself: e tells what would';
};

const withoutVerdict = ({state}: Model): string | undefined => (state.diagnosis === undefined ? 'there is no verdict yet' : undefined);

/** Why no change that is named can be looked at now. */
export const withoutNamedChange = (model: Model): string | undefined =>
	model.whyUnchangeable ?? withoutVerdict(model) ?? (isBusy(model.change) ? 'a change is being made' : undefined) ?? (model.change?.phase === 'made' ? 'a change that was made here is in force: f shows it, u puts it back' : undefined);

const unlessPhase = (phase: ShownChange['phase'], reason: string) => ({change}: Model): string | undefined => (change?.phase === phase ? undefined : reason);
const withoutCluster = ({canPick}: Model): string | undefined => (canPick ? undefined : 'there is no cluster to pick from');

const unlessAsked = ({guided}: Model): string | undefined => (guided?.asked ? (guided.asked.answers.length === 0 ? undefined : 'an answer is wanted: tab chooses, enter gives it') : 'nothing is asked now');
const unlessQuestion = ({guided}: Model): string | undefined => (guided?.asked ? (guided.asked.answers.length > 0 ? undefined : 'y or n is wanted') : 'nothing is asked now');

/** Every key, in the order of the footer, the help and the README. The first that matches acts. */
export const keyBindings: readonly KeyBinding[] = [
	{
		keys: ['up', 'k'], on: everyPane, does: 'move-up', says: 'move', explains: 'one line up',
	},
	{
		keys: ['down', 'j'], on: everyPane, does: 'move-down', explains: 'one line down',
	},
	{
		keys: ['pageup', 'ctrl-b'], on: everyPane, does: 'page-up', explains: 'one page up',
	},
	{
		keys: ['pagedown', 'ctrl-f', 'space'], on: everyPane, does: 'page-down', explains: 'one page down',
	},
	{
		keys: ['home', 'g'], on: lists, does: 'go-first', explains: 'to the first line',
	},
	{
		keys: ['end', 'G'], on: lists, does: 'go-last', explains: 'to the last line',
	},
	{
		keys: ['tab', 'right'], on: ['incident', 'pick', 'runbook'], does: 'next-pane', says: 'pane', explains: 'to the next pane; in a runbook: to the next answer',
	},
	{
		keys: ['shift-tab', 'left'], on: ['incident', 'pick'], does: 'previous-pane', explains: 'to the pane before',
	},
	{
		keys: ['enter'], on: ['incident', 'pick'], does: 'open', says: 'open', explains: 'open what the cursor is on: a check, a packet, a probe; in the list: examine the pair',
	},
	{
		keys: ['enter'], on: ['runbook'], does: 'answer', says: 'answer', explains: 'give the answer that is marked', offWhen: unlessQuestion,
	},
	{
		keys: ['y'], on: ['runbook'], does: 'agree', says: 'yes', explains: 'agree to what the runbook asks, such as the change that is shown', offWhen: unlessAsked,
	},
	{
		keys: ['n'], on: ['runbook'], does: 'refuse', says: 'no', explains: 'refuse it: the walk ends there', offWhen: unlessAsked,
	},
	{
		keys: ['i'], on: ['runbook'], does: 'show-incident', says: 'panes', explains: 'the panes of the incident, as the runbook examines it; esc leads back', command: 'incident', offWhen: withoutTarget,
	},
	{
		keys: ['e'], on: viewsBut('evidence'), does: 'show-evidence', says: 'evidence', explains: 'the commands and their raw output behind the line', command: 'evidence', offWhen: withoutTarget,
	},
	{
		keys: ['f'], on: views, does: 'show-change', says: 'fix', explains: 'the repair of the cause: commands, diffs, what it will do to every probe; changes nothing yet; `:fix CHANGE` shows another change', command: 'fix', offWhen: withoutRepair,
	},
	{
		keys: ['y'], on: ['change'], does: 'make-change', says: 'make this change', explains: 'make the change that is shown: on one node first, then on the others, and verify it', offWhen: unlessPhase('ready', 'there is nothing to agree to now'),
	},
	{
		keys: ['u'], on: ['change'], does: 'undo-change', says: 'undo', explains: 'put back what was made here', offWhen: unlessPhase('made', 'nothing that was made here is in force'),
	},
	{
		keys: ['l'], on: viewsBut('ladder'), does: 'show-ladder', says: 'ladder', explains: 'the ladder: each packet once, and what NAT did to it between the points', command: 'ladder', offWhen: withoutFlow,
	},
	{
		keys: ['m'], on: viewsBut('matrix'), does: 'show-matrix', says: 'matrix', explains: 'who reaches whom, and which command asked', command: 'matrix', offWhen: withoutProbe,
	},
	{
		keys: ['a'], on: viewsBut('claims'), does: 'show-claims', says: 'actual', explains: 'claimed and actual: what files and processes say of hairpin mode, proxy mode and masqueradeAll, and what the kernel does', command: 'claims', offWhen: withoutNode,
	},
	{
		keys: ['t'], on: viewsBut('walk'), does: 'show-walk', says: 'rules', explains: 'what the rules do: every probe step by step through the rules of the nodes, there and back, and whether the packets agree', command: 'rules', offWhen: model => withoutNode(model) ?? withoutProbe(model),
	},
	{
		keys: ['s'], on: views, does: 'show-shell', says: 'shell', explains: 'a shell on the client, the backend or the node, beside the checklist', command: 'shell', offWhen: withoutShell,
	},
	{
		keys: ['S'], on: views, does: 'show-wide-shell', explains: 'the same over the whole width', offWhen: withoutShell,
	},
	{
		keys: ['ctrl-]'], on: ['shell'], does: 'back', says: 'leave the shell', explains: 'leave the shell (it ends); every other key goes into it',
	},
	{
		keys: ['ctrl-^'], on: ['shell'], does: 'next-point', says: 'next point', explains: 'a shell on the next point instead: client, backend, node',
	},
	{
		keys: ['ctrl-_'], on: ['shell'], does: 'widen-shell', says: 'full width', explains: 'the shell over the whole width, or beside the checklist',
	},
	{
		keys: ['r'], on: [...views, 'change'], does: 'run-again', says: 'again', explains: 'probe, capture and read everything again', command: 'again', offWhen: whileWorking,
	},
	{
		keys: ['p'], on: ['incident'], does: 'pick-another', says: 'pick', explains: 'examine another pair', command: 'pick', offWhen: model => withoutCluster(model) ?? whileWorking(model),
	},
	{
		keys: ['b'], on: views, does: 'keep-bundle', says: 'bundle', explains: 'keep what was seen so far in one file, and write on into it what comes; `:bundle FILE` names it', command: 'bundle', offWhen: withoutBundle,
	},
	{
		keys: ['w'], on: views, does: 'open-packets', says: 'Wireshark', explains: 'keep the packets of all points in one pcapng file, with names, and open it in Wireshark or termshark; where neither is, tell what to type elsewhere', command: 'wireshark', offWhen: withoutPackets,
	},
	{
		keys: ['J'], on: letterPanes, does: 'show-journal', explains: 'the journal: every change that was made from here, and how each is put back', command: 'journal', offWhen: withoutJournal,
	},
	{
		keys: ['/'], on: ['incident'], does: 'search', says: 'filter', explains: 'leave in the pane with the focus what is like what is typed; esc ends that',
	},
	{
		keys: ['a…z', '/'], on: ['pick'], does: 'search', says: 'filter', explains: 'in the list of Services and pods every letter filters at once, and is no other key; backspace takes the last one away',
	},
	{
		keys: ['/'], on: texts, does: 'search', says: 'find', explains: 'find what is typed',
	},
	{
		keys: ['n'], on: texts, does: 'find-next', says: 'next', explains: 'the next place where it is found', offWhen: ({view}) => (view.filter === '' ? 'nothing was searched for: / searches' : undefined),
	},
	{
		keys: ['c'], on: texts, does: 'copy', says: 'copy', explains: 'copy the whole text to the clipboard, also over SSH (OSC 52, where the terminal allows it)',
	},
	{
		keys: [':'], on: everyPane, does: 'command', says: 'command', explains: 'type a command; tab completes it',
	},
	{
		keys: ['?'], on: everyPane, does: 'help', says: 'help', explains: 'every key', command: 'help',
	},
	{
		keys: ['esc'], on: ['pick', ...texts], does: 'back', says: 'back', explains: 'back to where you were; ends a filter',
	},
	{
		keys: ['esc'], on: ['incident'], does: 'back', explains: 'ends a filter; leads back to the runbook',
	},
	{
		keys: ['q'], on: letterPanes, does: 'quit', says: 'quit', explains: 'leave: captures end, what was made goes, then the terminal is as before', command: 'quit',
	},
	{
		keys: ['ctrl-c'], on: letterPanes, does: 'quit', explains: 'the same, also while something is typed; twice leaves at once',
	},
	{
		keys: ['ctrl-c'], on: ['pick'], does: 'quit', says: 'quit', explains: 'the same in the list of Services, where q is a letter',
	},
	{
		keys: ['ctrl-z'], on: everyPane, does: 'suspend', explains: 'back to the shell that started it; fg returns',
	},
];

/** Which keys the footer keeps longest where there is not room for all, the first ones most. */
const textKeys: readonly ActionName[] = ['search', 'find-next', 'copy', 'command', 'move-up'];
const wanted: Readonly<Record<ScreenName, readonly ActionName[]>> = {
	incident: ['open', 'show-change', 'search', 'show-evidence', 'next-pane', 'move-up', 'command', 'show-ladder', 'show-matrix', 'show-shell', 'run-again'],
	pick: ['open', 'search', 'next-pane', 'move-up', 'command'],
	ladder: [...textKeys, 'show-evidence', 'show-change'],
	matrix: [...textKeys, 'show-evidence', 'show-change'],
	evidence: [...textKeys, 'show-change', 'show-ladder'],
	claims: [...textKeys, 'show-walk'],
	walk: [...textKeys, 'show-claims'],
	journal: textKeys,
	help: textKeys,
	change: ['make-change', 'undo-change', 'search', 'copy', 'run-again', 'command', 'move-up'],
	shell: [],
	runbook: ['answer', 'agree', 'refuse', 'next-pane', 'show-incident', 'show-evidence', 'command', 'move-up'],
};
const kept: ReadonlySet<ActionName> = new Set(['help', 'quit', 'back']);

/** How much a key is wanted in the footer of a screen: of two the one with the smaller number stays. What is kept in any case has none; `place` tells those apart that a screen does not name. */
export const rankOf = (screen: ScreenName, {does}: KeyBinding, place: number): number | undefined => {
	const rank = wanted[screen].indexOf(does);
	return kept.has(does) ? undefined : (rank === -1 ? wanted[screen].length + place : rank);
};

const screenNames: Partial<Readonly<Record<ScreenName, string>>> = {incident: 'the incident', pick: 'the list', walk: 'the rules'};

const mostNamed = 4;

/** Why a key that is one elsewhere does nothing on a screen; nothing of what is no key at all. */
export const sayElsewhere = (key: string): string => {
	const screens = new Set(keyBindings.filter(({keys}) => keys.includes(key)).flatMap(({on}) => (on === 'everywhere' ? [] : on)).map(screen => screenNames[screen] ?? screen));
	const named = [...screens].slice(0, mostNamed).join(', ');
	return screens.size === 0 ? '' : `${nameKey(key)} is no key of this screen, but of: ${named}${screens.size > mostNamed ? ', …' : ''}`;
};

/** What answers the last key; a reason that holds no more is no answer. */
export const noticeOf = (model: Model): string => {
	const {notice, refusal} = model.view;
	const isOver = refusal?.says === notice && keyBindings.every(({does, offWhen}) => does !== refusal.of || offWhen?.(model) !== notice);
	return isOver ? '' : notice;
};

const isOn = ({on}: KeyBinding, screen: ScreenName): boolean => on === 'everywhere' || on.includes(screen);

/** What a key does on a screen, or undefined. */
export const findBinding = (screen: ScreenName, key: string): KeyBinding | undefined => keyBindings.find(binding => isOn(binding, screen) && binding.keys.includes(key));

export const bindingsOn = (screen: ScreenName): readonly KeyBinding[] => keyBindings.filter(binding => isOn(binding, screen));

export const commandBindings: readonly KeyBinding[] = keyBindings.filter(({command}) => command !== undefined);

const keySigns: Readonly<Record<string, string>> = {
	up: '↑', down: '↓', left: '←', right: '→', enter: '⏎', 'shift-tab': '⇧tab', pageup: 'pgup', pagedown: 'pgdn',
};

/** How a key is written. */
export const nameKey = (key: string): string => keySigns[key] ?? key;

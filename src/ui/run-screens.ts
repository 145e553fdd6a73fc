import process from 'node:process';
import {render, type Instance} from 'ink';
import {createElement} from 'react';
import {initialState, type SessionState} from '../session-state.ts';
import {App, type AppProps} from './app.ts';
import {createChangeRunner} from './change-runner.ts';
import {
	createDeeds,
	readPickList,
	shellSize,
	windowArea,
} from './deeds.ts';
import type {IncidentSource, Pair} from './incident-source.ts';
import {createInput} from './input.ts';
import {findBinding} from './keys.ts';
import type {Model} from './model.ts';
import {type Press, pressKey} from './press-key.ts';
import {createSessionRunner} from './session-runner.ts';
import {createShellRunner} from './shell-runner.ts';
import {type Store, createStore} from './store.ts';
import {initialView} from './view.ts';
import {type Leaving, createWayOut} from './way-out.ts';

export type Screens = {
	readonly source: IncidentSource;
	/** Undefined opens the pick list. */
	readonly pair: Pair | undefined;
	/** Leaves when it is aborted. */
	readonly signal: AbortSignal;
};

export type Left = Leaving & {readonly state: SessionState};

// These bytes are what terminals send for them since the VT100.
const shellKeys: Readonly<Record<string, string>> = {'\u{1D}': 'ctrl-]', '\u{1E}': 'ctrl-^', '\u{1F}': 'ctrl-_'};

const createModel = ({source, pair}: Screens): Model => ({
	state: initialState,
	view: initialView(source.guide ? 'runbook' : (pair ? 'incident' : 'pick')),
	checks: source.checks,
	doing: '',
	repairs: [],
	isRunning: false,
	failure: undefined,
	nowMs: 0,
	label: source.label,
	pair,
	pickList: undefined,
	canPick: source.list !== undefined,
	canShell: source.shells !== undefined,
	shell: undefined,
	whyUnchangeable: source.beginRepair ? undefined : source.whyUnchangeable ?? 'there is no cluster to change',
	changeNames: source.changes ?? [],
	canUndo: source.journal !== undefined,
	whyUnkept: source.keepBundle ? undefined : source.whyUnkept ?? 'there is nothing to keep',
	canKeepPackets: source.keepPackets !== undefined,
	journal: undefined,
	guided: undefined,
	change: undefined,
});

/** Everything behind the screens, wired together. */
const createStage = (screens: Screens) => {
	const {source} = screens;
	const store = createStore(createModel(screens));
	const input = createInput(process.stdin);
	const shell = createShellRunner(source, store);
	const wayOut = createWayOut({
		store, source, session: () => session, changes: () => changes, closeShell() {
			input.redirect(undefined);
			shell.close();
		},
	});
	const session = createSessionRunner(source, store, wayOut.leaveAtOnce);
	const changes = createChangeRunner({
		source, store, session, onDefect: wayOut.leaveAtOnce,
	});
	return {
		store, source, input, shell, wayOut, session, changes,
	};
};

/** Shows how far a procedure is; where another step begins, its text is shown from the beginning. */
const followGuide = ({store, source}: Pick<ReturnType<typeof createStage>, 'store' | 'source'>): void => {
	source.guide?.start(guided => {
		const {view, guided: before} = store.get();
		const hasBegun = guided.steps.some(({number, state}) => state === 'going' && before?.steps.find(step => step.number === number)?.state !== 'going');
		store.update({guided, ...(hasBegun && {view: {...view, scroll: 0, cursors: {...view.cursors, steps: undefined, answer: undefined}}})});
	});
};

type Wires = Pick<AppProps, 'onPress' | 'onReady' | 'onResize'> & {readonly suspend: () => void; readonly repair: () => void};

/**
 A window that shrinks and grows again before we look has lost what stood in it, and Node tells of no resize since its size is the same.
 SIGWINCH came all the same.
 */
const createRepairer = (redraw: () => void): () => void => {
	let last = windowArea();
	return () => {
		const area = windowArea();
		if (area.width === last.width && area.height === last.height) {
			redraw();
		}

		last = area;
	};
};

type HandOver = (use: () => void | Promise<void>) => Promise<void>;

/** What Ink lends the terminal for. */
const createTerminal = () => {
	let handOver: HandOver | undefined;
	return {
		take(use: HandOver) {
			handOver = use;
		},
		lend(use: () => Promise<void>) {
			void handOver?.(use);
		},
		suspend() {
			void handOver?.(() => {
				// The whole process group, as the kernel does for ctrl-z in a terminal that is not raw.
				process.kill(0, 'SIGSTOP');
			});
		},
		/** Ink draws everything anew when it gets the terminal back. */
		redraw() {
			void handOver?.(() => undefined);
		},
	};
};

/** From keys to what they do. */
const wire = (stage: ReturnType<typeof createStage>): Wires => {
	const {store, shell, wayOut} = stage;
	const terminal = createTerminal();
	const onPress = (press: Press): void => {
		if (store.get().view.isLeaving) {
			if (press.key === 'ctrl-c') {
				wayOut.leaveAtOnce();
			}

			return;
		}

		const {view, deed, named} = pressKey(store.get(), windowArea(), press);
		store.update({view});
		if (deed !== undefined) {
			deeds[deed](named);
		}
	};

	const typeIntoShell = (text: string): void => {
		const key = shellKeys[text] ?? '';
		if (findBinding('shell', key)) {
			onPress({key, text: ''});
			shell.resize(shellSize(store));
		} else {
			shell.write(text);
		}
	};

	const deeds = createDeeds({
		...stage, typeIntoShell, leave: wayOut.leave, suspend: terminal.suspend, lend: terminal.lend,
	});
	return {
		suspend: terminal.suspend,
		repair: createRepairer(terminal.redraw),
		onPress,
		onReady: terminal.take,
		onResize() {
			shell.resize(shellSize(store));
		},
	};
};

const draw = (store: Store, stdin: NodeJS.ReadStream, wires: Wires): Instance => render(createElement(App, {store, ...wires}), {
	stdin, alternateScreen: true, incrementalRendering: true, maxFps: 60, exitOnCtrlC: false, patchConsole: true, interactive: true,
});

/** Resolves when Ink is done by itself, which it is only where a component threw. */
const watchInk = async (instance: Instance): Promise<Leaving> => {
	try {
		await instance.waitUntilExit();
		return {isAtOnce: true, defect: undefined};
	} catch (error) {
		return {isAtOnce: true, defect: error};
	}
};

/**
 Shows an incident until the person leaves. The way out is one, in this order: the session and its captures end, what was made is removed,
 Ink unmounts and leaves the alternate screen; then the caller prints the summary.
 */
export const runScreens = async (screens: Screens): Promise<Left> => {
	const stage = createStage(screens);
	const {store, input, session, wayOut} = stage;
	const wires = wire(stage);
	screens.signal.addEventListener('abort', wayOut.leave, {once: true});
	process.on('uncaughtException', wayOut.leaveAtOnce);
	process.on('SIGTSTP', wires.suspend);
	process.on('SIGWINCH', wires.repair);
	const instance = draw(store, input.forInk, wires);
	followGuide(stage);
	if (screens.pair) {
		session.start(screens.pair);
	} else {
		void readPickList(stage);
	}

	const ink = watchInk(instance);
	const leaving = await Promise.race([wayOut.left, ink]);
	instance.unmount();
	await ink;
	process.off('uncaughtException', wayOut.leaveAtOnce);
	process.off('SIGTSTP', wires.suspend);
	process.off('SIGWINCH', wires.repair);
	input.close();
	return {...leaving, state: store.get().state};
};

import {performance} from 'node:perf_hooks';
import type {SessionState} from '../session-state.ts';
import {UserFacingError} from '../user-facing-error.ts';
import type {IncidentSource, Pair} from './incident-source.ts';
import {
	type Repair,
	type RepairTools,
	type ShownChange,
	isBusy,
} from './repair.ts';
import type {Found, SessionRunner} from './session-runner.ts';
import type {Store} from './store.ts';

/** One repair at a time, shown as it goes. */
export type ChangeRunner = {
	/** Shows what the repair of the cause would be, or a change that was named; where one was made already, that one. */
	prepare(change?: string): void;
	make(): void;
	undo(): void;
	/** Stops what goes on where it can be stopped, and waits until all is closed: a change that is being made comes to an end that is known. */
	stop(because: Error): Promise<void>;
};

const begun: ShownChange = {
	phase: 'preparing', preview: undefined, news: [], result: undefined, failure: undefined,
};

type Stage = {
	readonly source: IncidentSource;
	readonly store: Store;
	readonly session: Pick<SessionRunner, 'found' | 'stop'>;
	readonly onDefect: (error: unknown) => void;
};

type Show = (part: Partial<ShownChange>) => void;

type Step = () => Promise<Partial<ShownChange>>;

/** Whether a step ended because it was stopped, and not by a mistake of its own. */
const isOfStop = (error: unknown, {aborted, reason}: AbortSignal): boolean => aborted && (error === reason || (error instanceof Error && error.name === 'AbortError'));

/** Runs one step and shows what it says in the end, also why it could not be done. */
const createStepper = (show: Show, signal: AbortSignal, onDefect: (error: unknown) => void) => async (phase: ShownChange['phase'], step: Step): Promise<void> => {
	show({phase, failure: undefined});
	try {
		show(await step());
	} catch (error) {
		if (error instanceof UserFacingError) {
			show({phase: 'failed', failure: {because: error.because, tryThis: error.tryThis}});
		} else if (!isOfStop(error, signal)) {
			onDefect(error);
		}
	}
};

const prepareRepair = async ({prepare}: Repair): Promise<Partial<ShownChange>> => {
	const {text, isNeeded, isCutting} = await prepare();
	return {
		phase: isNeeded ? 'ready' : 'idle', preview: text, news: [], isCutting,
	};
};

/** Makes it once nobody looks any more: a session that runs would find half of it. */
const makeRepair = async ({make}: Repair, {source, store, session}: Stage): Promise<Partial<ShownChange>> => {
	await session.found();
	const {text, after} = await make();
	if (after) {
		store.update({state: after, repairs: source.repairs(after)});
	}

	return {phase: 'made', result: text};
};

// Longer ago, somebody else may have been there.
const freshMs = 120_000;

const isFresh = (found: Found | undefined, shown: SessionState): boolean => found?.state === shown && performance.now() - found.atMs < freshMs;

/** A repair, and what was found before it. */
type Begun = Repair & {readonly before: {readonly state: SessionState; readonly pair: Pair | undefined}};

/** Waits until the session has found all that it looks for, and begins the repair of that. */
const beginRepair = async ({source, store, session}: Stage, tools: Omit<RepairTools, 'isFresh'>): Promise<Begun | undefined> => {
	const found = await session.found();
	tools.signal.throwIfAborted();
	const {state, pair} = store.get();
	const repair = source.beginRepair?.(state, {...tools, isFresh: isFresh(found, state)});
	return repair && {...repair, before: {state, pair}};
};

/** Puts it back and shows what was found before it, since what was found after it is true no more. A session that runs would find half of both. */
const undoRepair = async ({undo, before: {state, pair}}: Begun, {source, store, session}: Stage): Promise<Partial<ShownChange>> => {
	await session.stop(new Error('the change is put back'));
	const sentence = await undo();
	const {view} = store.get();
	store.update({
		state: {...state}, pair, repairs: source.repairs(state), doing: '', failure: undefined, view: {...view, notice: 'put back: this was found before the change; r looks again'},
	});
	return {phase: 'undone', result: () => sentence};
};

export const createChangeRunner = (stage: Stage): ChangeRunner => {
	const {source, store, onDefect} = stage;
	const controller = new AbortController();
	let repair: Begun | undefined;
	let running: Promise<void> = Promise.resolve();
	const show: Show = part => {
		store.update({change: {...(store.get().change ?? begun), ...part}});
	};

	const tell = (news: string): void => {
		show({news: [...(store.get().change?.news ?? []), news]});
	};

	const step = createStepper(show, controller.signal, onDefect);
	const begin = async (named: string | undefined): Promise<Partial<ShownChange>> => {
		await repair?.close();
		repair = await beginRepair(stage, {tell, signal: controller.signal, change: named});
		return repair ? prepareRepair(repair) : {};
	};

	const proceed = (phase: ShownChange['phase'], act: (repair: Begun) => Promise<Partial<ShownChange>>): void => {
		const current = repair;
		if (current && !isBusy(store.get().change)) {
			running = step(phase, async () => act(current));
		}
	};

	return {
		prepare(named) {
			const {change} = store.get();
			if (!source.beginRepair || isBusy(change) || change?.phase === 'made') {
				return;
			}

			store.update({change: undefined});
			running = step('preparing', async () => begin(named));
		},
		make() {
			proceed('making', async current => makeRepair(current, stage));
		},
		undo() {
			proceed('undoing', async current => undoRepair(current, stage));
		},
		async stop(because) {
			controller.abort(because);
			await running;
			await repair?.close();
		},
	};
};

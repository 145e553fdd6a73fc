import {performance} from 'node:perf_hooks';
import {describeEvent} from '../report/progress.ts';
import {type SessionState, initialState} from '../session-state.ts';
import {UserFacingError} from '../user-facing-error.ts';
import type {IncidentSource, Pair} from './incident-source.ts';
import type {Store} from './store.ts';

const tickMs = 100;

type Watch = Parameters<IncidentSource['run']>[1];

/** What a session found in the end, and when that was, on the clock of `performance.now`. */
export type Found = {readonly state: SessionState; readonly atMs: number};

/** Runs sessions one after the other, and shows them as they go. */
export type SessionRunner = {
	start(pair: Pair): void;
	/** Ends the session that runs, and waits until it has closed what it opened. */
	stop(because: Error): Promise<void>;
	/** Waits for the end of the session that runs, if one does. Resolves with what the last one found. */
	found(): Promise<Found | undefined>;
};

const showEvents = (source: IncidentSource, store: Store): Watch => (event, next) => {
	const doing = describeEvent(event);
	store.update({state: next, nowMs: event.atMs}, 'soon');
	if (doing !== undefined) {
		store.update({doing}, 'soon');
	}

	if (event.type === 'diagnosed') {
		store.update({repairs: source.repairs(next)}, 'soon');
	}
};

export const createSessionRunner = (source: IncidentSource, store: Store, onDefect: (error: unknown) => void): SessionRunner => {
	let controller = new AbortController();
	let running: Promise<void> = Promise.resolve();
	let found: Found | undefined;

	const run = async (pair: Pair, signal: AbortSignal): Promise<void> => {
		const startedAt = performance.now();
		const ticker = setInterval(() => {
			store.update({nowMs: performance.now() - startedAt}, 'soon');
		}, tickMs);
		try {
			const state = await source.run(pair, showEvents(source, store), signal, notice => {
				store.update({view: {...store.get().view, notice}});
			});
			found = {state, atMs: performance.now()};
			store.update({state, doing: '', repairs: source.repairs(state)});
		} catch (error) {
			if (error instanceof UserFacingError) {
				store.update({failure: {because: error.because, tryThis: error.tryThis}});
			} else if (!signal.aborted) {
				onDefect(error);
			}
		} finally {
			clearInterval(ticker);
			store.update({isRunning: false});
		}
	};

	return {
		start(pair) {
			controller = new AbortController();
			store.update({
				state: initialState, pair, isRunning: true, failure: undefined, nowMs: 0, doing: `reading ${pair.service}`, repairs: [],
			});
			running = run(pair, controller.signal);
		},
		async stop(because) {
			controller.abort(because);
			await running;
		},
		async found() {
			await running;
			return found;
		},
	};
};

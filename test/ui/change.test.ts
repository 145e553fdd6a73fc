import {once} from 'node:events';
import {performance} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {checks} from '../../src/catalogue/index.ts';
import {type SessionState, initialState} from '../../src/session-state.ts';
import {createChangeRunner} from '../../src/ui/change-runner.ts';
import type {IncidentSource} from '../../src/ui/incident-source.ts';
import type {Model} from '../../src/ui/model.ts';
import {pressKey} from '../../src/ui/press-key.ts';
import type {Repair} from '../../src/ui/repair.ts';
import {journalText} from '../../src/ui/screens/journal.ts';
import type {Found, SessionRunner} from '../../src/ui/session-runner.ts';
import {type Store, createStore} from '../../src/ui/store.ts';
import {initialView, screenOf} from '../../src/ui/view.ts';
import {UserFacingError} from '../../src/user-facing-error.ts';
import {readRecording} from '../helpers/session-recording.ts';

const founding = readRecording('founding').at(-1)!.state;

const model: Model = {
	state: founding, view: initialView('incident'), checks, doing: '', repairs: ['hairpin fix br-netfilter-not-loaded svc/nginx'], isRunning: false, failure: undefined,
	nowMs: 0, label: undefined, pair: undefined, pickList: undefined, canPick: false, canShell: false, shell: undefined, whyUnchangeable: undefined, changeNames: ['masquerade-all=true', 'masquerade-all=false', 'br-netfilter'], canUndo: true, whyUnkept: undefined, canKeepPackets: true, guided: undefined, journal: undefined, change: undefined,
};

const press = (part: Partial<Model>, key: string) => pressKey({...model, ...part}, {width: 120, height: 36}, {key, text: key});

test('the key of the repair is on where there is a cause that hairpin repairs, and says why not elsewhere', t => {
	const {view, deed} = press({}, 'f');
	t.is(screenOf(view), 'change');
	t.is(deed, 'prepare-change');
	for (const [part, reason] of [
		[{state: initialState}, 'there is no verdict yet'],
		[{state: {...founding, diagnosis: {...founding.diagnosis!, cause: undefined}}}, 'nothing is broken'],
		[{repairs: ['systemctl start kube-proxy']}, 'hairpin cannot repair this by itself: e tells what would'],
		[{whyUnchangeable: 'of --read-only'}, 'of --read-only'],
	] as const) {
		const off = press(part, 'f');
		t.is(off.deed, undefined);
		t.is(off.view.notice, reason);
	}
});

test('what is typed to put a change back is offered where there is a journal, not where a recording was changed', t => {
	const textOf = (part: Partial<Model>): string => journalText({...model, journal: 'x  in force\n', ...part}, 100).flat().map(({text}) => text).join('');
	t.true(textOf({}).includes('hairpin undo ID'));
	t.false(textOf({label: {word: 'PRACTICE', says: 'nothing real is changed'}}).includes('hairpin undo'));
});

const shown = {
	preview: () => 'modprobe br_netfilter', news: [], result: undefined, failure: undefined,
} as const;

test('only what is shown can be agreed to, only what is made can be put back, and nothing begins meanwhile', t => {
	const view = initialView('change');
	for (const phase of ['preparing', 'ready', 'idle', 'making', 'made', 'undoing', 'undone', 'failed'] as const) {
		const part = {view, change: {...shown, phase}};
		t.is(press(part, 'y').deed, phase === 'ready' ? 'make-change' : undefined, `while ${phase}`);
		t.is(press(part, 'u').deed, phase === 'made' ? 'undo-change' : undefined, `while ${phase}`);
		t.is(press(part, 'r').deed, ['preparing', 'making', 'undoing'].includes(phase) ? undefined : 'run-again', `while ${phase}`);
	}
});

/** Waits until the change on the screen has come so far. */
const untilPhase = (store: Store) => async (phase: string) => new Promise<void>(resolve => {
	const look = (): void => {
		if (store.get().change?.phase === phase) {
			resolve();
		}
	};

	store.subscribe(look);
	look();
});

const run = (repair: Partial<Repair>, found: SessionRunner['found'] = async () => undefined) => {
	const stopped: string[] = [];
	const store = createStore(model);
	const defects: unknown[] = [];
	const closed: string[] = [];
	const begun: Array<{readonly state: SessionState; readonly isFresh: boolean; readonly signal: AbortSignal}> = [];
	const whole: Repair = {
		prepare: async () => ({text: () => 'modprobe br_netfilter', isNeeded: true}),
		make: async () => ({text: () => 'verified', after: undefined}),
		undo: async () => 'put back',
		async close() {
			closed.push('closed');
		},
		...repair,
	};
	const source: IncidentSource = {
		checks,
		run: async () => founding,
		repairs: () => [],
		beginRepair(state, {isFresh, signal}) {
			begun.push({state, isFresh, signal});
			return whole;
		},
		close: async () => undefined,
	};
	const runner = createChangeRunner({
		source,
		store,
		session: {
			found,
			async stop({message}) {
				stopped.push(message);
			},
		},
		onDefect(error) {
			defects.push(error);
		},
	});
	return {
		store, runner, defects, closed, begun, until: untilPhase(store), stopped,
	};
};

test('shown, made, put back: one after the other, and closed in the end', async t => {
	const {store, runner, closed, until} = run({});
	runner.prepare();
	await until('ready');
	t.is(store.get().change?.preview?.(80), 'modprobe br_netfilter');
	runner.make();
	await until('made');
	runner.prepare();
	t.is(store.get().change?.phase, 'made');
	runner.undo();
	await until('undone');
	t.is(store.get().change?.result?.(80), 'put back');
	await runner.stop(new Error('left'));
	t.deepEqual(closed, ['closed']);
});

test('what is repaired is what the session found in the end, not what it knew when the key was pressed', async t => {
	const {promise, resolve} = Promise.withResolvers<undefined>();
	const {store, runner, begun, until} = run({}, async () => promise);
	runner.prepare();
	await until('preparing');
	t.is(begun.length, 0);
	const ended = {...founding};
	store.update({state: ended});
	resolve(undefined);
	await until('ready');
	t.is(begun[0].state, ended);
});

test('what was found is good for a repair while it is young and nothing was changed since', async t => {
	const {promise, resolve} = Promise.withResolvers<Found>();
	const {store, runner, begun, until} = run({
		make: async () => ({text: () => 'verified', after: {...founding}}),
	}, async () => promise);
	resolve({state: founding, atMs: performance.now()});
	runner.prepare();
	await until('ready');
	runner.make();
	await until('made');
	runner.undo();
	await until('undone');
	t.not(store.get().state, founding);
	runner.prepare();
	await until('ready');
	t.deepEqual(begun.map(({isFresh}) => isFresh), [true, false]);
	const old = run({}, async () => ({state: founding, atMs: performance.now() - 200_000}));
	old.runner.prepare();
	await old.until('ready');
	t.false(old.begun[0].isFresh);
});

test('why it could not be made stands beside what was shown', async t => {
	const {store, runner, defects, until} = run({
		async make() {
			throw new UserFacingError('the disk is full', 'make room');
		},
	});
	runner.prepare();
	await until('ready');
	runner.make();
	await until('failed');
	t.is(store.get().change?.preview?.(80), 'modprobe br_netfilter');
	t.deepEqual(store.get().change?.failure, {because: 'the disk is full', tryThis: 'make room'});
	t.deepEqual(defects, []);
});

test('leaving waits for a change that is being made', async t => {
	const {promise, resolve} = Promise.withResolvers<{text: () => string; after: undefined}>();
	const {runner, closed, until} = run({make: async () => promise});
	runner.prepare();
	await until('ready');
	runner.make();
	await until('making');
	const stopped = runner.stop(new Error('left'));
	t.deepEqual(closed, []);
	resolve({text: () => 'verified', after: undefined});
	await stopped;
	t.deepEqual(closed, ['closed']);
});

test('a change that ends because the screens were left is no defect, a mistake of its own is', async t => {
	for (const [fail, isDefect] of [
		[async (signal: AbortSignal) => sleep(60_000, undefined, {signal}), false],
		[async (signal: AbortSignal) => {
			await once(signal, 'abort');
			signal.throwIfAborted();
		}, false],
		[async (signal: AbortSignal) => {
			await once(signal, 'abort');
			throw new TypeError('x is not a function');
		}, true],
	] as const) {
		const {runner, defects, closed, until, begun: begunWith} = run({
			async make() {
				await fail(begunWith[0].signal);
				return {text: () => 'verified', after: undefined};
			},
		});
		runner.prepare();
		// eslint-disable-next-line no-await-in-loop
		await until('ready');
		runner.make();
		// eslint-disable-next-line no-await-in-loop
		await until('making');
		// eslint-disable-next-line no-await-in-loop
		await runner.stop(new Error('left'));
		t.is(defects.length, isDefect ? 1 : 0);
		t.deepEqual(closed, ['closed']);
	}
});

test('nothing begins once the screens are left', async t => {
	const {promise, resolve} = Promise.withResolvers<undefined>();
	const {runner, begun, defects, until} = run({}, async () => promise);
	runner.prepare();
	await until('preparing');
	const stopped = runner.stop(new Error('left'));
	resolve(undefined);
	await stopped;
	t.deepEqual([begun, defects], [[], []]);
});

test('what is put back is shown as it was found before, and a session that runs is stopped first', async t => {
	const well: SessionState = {...founding, diagnosis: {...founding.diagnosis!, conclusion: 'healthy', cause: undefined}};
	const order: string[] = [];
	const {store, runner, stopped, until} = run({
		make: async () => ({text: () => 'verified', after: well}),
		async undo() {
			order.push(...stopped, 'undone');
			return 'put back';
		},
	});
	runner.prepare();
	await until('ready');
	runner.make();
	await until('made');
	t.is(store.get().state.diagnosis?.conclusion, 'healthy');
	store.update({state: initialState});
	runner.undo();
	await until('undone');
	t.is(store.get().state.diagnosis?.cause?.check.id, 'br-netfilter-not-loaded');
	t.regex(store.get().view.notice, /before the change; r looks again/v);
	t.deepEqual(order, ['the change is put back', 'undone']);
});

test('nothing is made while a session still looks', async t => {
	const answers: Array<PromiseWithResolvers<undefined>> = [];
	const made: string[] = [];
	const {runner, until} = run({
		async make() {
			made.push('made');
			return {text: () => 'verified', after: undefined};
		},
	}, async () => {
		const answer = Promise.withResolvers<undefined>();
		answers.push(answer);
		return answer.promise;
	});
	runner.prepare();
	await until('preparing');
	answers[0].resolve(undefined);
	await until('ready');
	runner.make();
	await until('making');
	t.deepEqual(made, []);
	answers[1].resolve(undefined);
	await until('made');
	t.deepEqual(made, ['made']);
});

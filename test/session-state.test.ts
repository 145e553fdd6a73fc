import test from 'ava';
import {checks} from '../src/catalogue/index.ts';
import {diagnose} from '../src/diagnosis.ts';
import {
	evidenceOf,
	initialState,
	reduce,
	type SessionEvent,
	type SessionState,
} from '../src/session-state.ts';
import {nameCell} from '../src/probes/matrix.ts';
import {buildEvidence} from './helpers/evidence-builder.ts';

const evidence = buildEvidence();
const diagnosis = diagnose(checks, evidence);

const after = (...events: readonly SessionEvent[]): SessionState => {
	let state = initialState;
	for (const event of events) {
		state = reduce(state, event);
	}

	return state;
};

const resolved: SessionEvent = {type: 'target-resolved', atMs: 1, target: evidence.target};

test('the matrix has the order of the plan, whoever answers first, and a later answer replaces an earlier one', t => {
	const [first, second] = evidence.matrix;
	const state = after(
		resolved,
		{type: 'probes-fired', atMs: 2, cells: [first, second].map(cell => nameCell(cell))},
		{type: 'probe-answered', atMs: 3, cell: second},
		{type: 'probe-answered', atMs: 4, cell: {...first, attempts: []}},
		{type: 'probe-answered', atMs: 5, cell: first},
	);
	t.deepEqual(state.matrix, [first, second]);
});

test('nodes and pods come in the same order whichever is read first', t => {
	const nodes = evidence.nodes.values().toArray();
	const read = (order: typeof nodes) => after(resolved, ...order.map((node, index): SessionEvent => ({type: 'node-read', atMs: index, evidence: node})));
	const namesOf = (state: SessionState) => evidenceOf(state).nodes.keys().toArray();
	t.deepEqual(namesOf(read(nodes)), namesOf(read(nodes.toReversed())));
	t.true(nodes.length > 1);
});

test('the verdict\'s time is that of the first one told, the end that of the last event', t => {
	const state = after(
		resolved,
		{type: 'opening-seen', atMs: 10},
		{
			type: 'diagnosed', atMs: 20, diagnosis, isFinal: false,
		},
		{
			type: 'diagnosed', atMs: 90, diagnosis, isFinal: true,
		},
	);
	t.like(state.timing, {firstOpeningMs: 10, verdictMs: 20, endMs: 90});
});

test('a point that cannot be read is told with its reason', t => {
	const state = after(resolved, {
		type: 'point-unreachable', atMs: 2, point: 'k8s2', because: 'no route', tryThis: 'a jump host',
	});
	t.deepEqual([...evidenceOf(state).unreachable], [['k8s2', 'no route']]);
});

test('a capture that runs is kept to its newest rows, with the count of all', t => {
	const packet = (frame: number) => ({
		frame, timeMs: frame, what: 'S', source: {ip: '10.0.0.1', port: 1}, destination: {ip: '10.0.0.2', port: 2}, payloadLength: 0,
	});
	const seen = (from: number): SessionEvent => ({
		type: 'packets-seen', atMs: from, points: [{
			label: 'default/mars1', role: 'client', total: from + 499, rows: Array.from({length: 500}, (_, index) => packet(from + index)),
		}],
	});
	const live = after({
		type: 'capture-armed', atMs: 0, label: 'default/mars1', command: 'tcpdump',
	}, seen(1), seen(501), seen(1001)).live.get('default/mars1');
	t.like(live, {
		total: 1500, role: 'client', command: 'tcpdump', lastAtMs: 1001, problem: undefined,
	});
	t.is(live?.rows.length, 1000);
	t.is(live?.rows.at(-1)?.frame, 1500);
});

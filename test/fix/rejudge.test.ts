import test from 'ava';
import {rejudge} from '../../src/fix/rejudge.ts';
import {buildEvidence} from '../helpers/evidence-builder.ts';

const working = buildEvidence({}).matrix;
const broken = buildEvidence({outcomes: {'mars1 vip': 'timeout'}}).matrix;

/** Answers with each of them in turn, and counts how often it was asked. */
const probes = (...answers: ReadonlyArray<typeof working>) => {
	let asked = 0;
	return {
		probe: async () => answers[asked++] ?? [],
		asked: () => asked,
	};
};

test('what worked and fails twice is worse, and is named', async t => {
	const {probe} = probes(broken, broken);
	t.deepEqual(await rejudge(working, probe), ['default/mars1 → 10.98.171.178:8080 timeout']);
});

test('what fails once alone is not worse', async t => {
	const {probe, asked} = probes(broken, working);
	t.deepEqual(await rejudge(working, probe), []);
	t.is(asked(), 2);
});

test('what failed before is not worse, and is asked once', async t => {
	const {probe, asked} = probes(broken);
	t.deepEqual(await rejudge(broken, probe), []);
	t.is(asked(), 1);
});

test('two that fail once each are not worse', async t => {
	const other = buildEvidence({outcomes: {'mars2 vip': 'timeout'}}).matrix;
	t.deepEqual(await rejudge(working, probes(broken, other).probe), []);
});

test('where connections came and went before, one that fails is not worse', async t => {
	const {probe} = probes(broken, broken);
	const erratic = working.map(cell => (cell.role === 'other' && cell.path === 'vip' ? {...cell, attempts: [...cell.attempts, {...cell.attempts[0], outcome: 'timeout' as const}]} : cell));
	t.deepEqual(await rejudge(erratic, probe), []);
});

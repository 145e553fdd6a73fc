import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {type Entry, createId, writeEntry} from '../src/changes/journal.ts';
import {explainEnd} from '../src/explain-end.ts';
import {UserFacingError} from '../src/user-facing-error.ts';

const entry = (at: Date, progress: Entry['nodes'][number]['progress']): Entry => ({
	schema: 'hairpin/journal/v1',
	id: createId(at),
	at: at.toISOString(),
	change: 'br-netfilter',
	title: `Load br_netfilter (${progress})`,
	subject: undefined,
	access: {
		kubeconfig: undefined, context: undefined, via: undefined, destinations: [], sshConfig: undefined, image: undefined, pullSecret: undefined, debugNamespace: undefined,
	},
	nodes: [{
		node: 'k8s1', address: '192.0.2.1', progress, settings: [], units: [], leftoversOf: undefined,
	}],
	objects: [],
	rollouts: [],
	until: undefined,
});

test('whatever ends the program, what it changed is named with what puts it back, and after a defect the journal', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'journal-'));
	process.env.XDG_STATE_HOME = directory;
	t.teardown(async () => rm(directory, {recursive: true}));
	t.deepEqual(await explainEnd(new UserFacingError('it is so', 'do that')), ['hairpin: it is so', 'try: do that']);
	const now = new Date();
	const [applied, begun] = [entry(now, 'applied'), entry(now, 'begun')];
	await Promise.all([applied, begun, entry(now, 'undone'), entry(new Date(0), 'applied')].map(async each => writeEntry(each)));
	const lines = await explainEnd(new TypeError('x is not a function'));
	t.regex(lines[0], /defect of hairpin[\s\S]*x is not a function/v);
	t.is(lines[1], `the journal of what was changed is in ${path.join(directory, 'hairpin/journal')}`);
	t.deepEqual(lines.slice(2).toSorted(), [
		`begun, perhaps in force: Load br_netfilter (begun); put it back with: hairpin undo ${begun.id}`,
		`in force: Load br_netfilter (applied); put it back with: hairpin undo ${applied.id}`,
	]);
	t.is((await explainEnd(new UserFacingError('it broke', `put it back with: hairpin undo ${applied.id}, ${begun.id}`))).length, 2);
});

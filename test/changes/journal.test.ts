import {execFileSync} from 'node:child_process';
import {
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {runCommand, startCommand} from '../../src/access/run.ts';
import {
	type Entry,
	createId,
	describeJournal,
	isOpen,
	readEntries,
	withNode,
	writeEntry,
} from '../../src/changes/journal.ts';
import {UserFacingError} from '../../src/user-facing-error.ts';

const state = mkdtempSync(path.join(tmpdir(), 'hairpin-state-'));
process.env.XDG_STATE_HOME = state;
const journal = path.join(state, 'hairpin/journal');

test.after.always(() => {
	rmSync(state, {recursive: true, force: true});
});

const entry = (id: string): Entry => ({
	schema: 'hairpin/journal/v1',
	id,
	at: '2026-11-23T16:00:00.000Z',
	change: 'br-netfilter',
	title: 'Load br_netfilter',
	subject: undefined,
	access: {
		kubeconfig: undefined, context: undefined, via: undefined, destinations: [['k8s1', null]], sshConfig: undefined, image: undefined, pullSecret: undefined, debugNamespace: undefined,
	},
	nodes: [{
		node: 'k8s1', address: '172.30.0.11', progress: 'planned', settings: [{kind: 'module', name: 'br_netfilter'}], units: [], leftoversOf: undefined,
	}],
	objects: [],
	rollouts: [],
	until: undefined,
});

const plain = (value: unknown): unknown => {
	const text = JSON.stringify(value);
	return JSON.parse(text);
};

test.serial('entries come back as they were written, the oldest first, for nobody else to read', async t => {
	t.deepEqual(await readEntries(), [], 'before anything was written');
	const [older, newer] = [createId(new Date(0)), createId(new Date(86_400_000))].map(id => entry(id));
	await writeEntry(newer);
	await writeEntry(older);
	t.deepEqual(plain(await readEntries()), plain([older, newer]));
	t.is(statSync(journal).mode.toString(8), '40700');
	t.is(statSync(describeJournal(older.id)).mode.toString(8), '100600');
	t.deepEqual(readdirSync(journal).filter(file => !file.endsWith('.json')), []);
	const begun = withNode(older, 'k8s1', 'begun');
	await writeEntry(begun);
	t.deepEqual((await readEntries()).map(found => isOpen(found)), [true, false]);
});

test.serial('what is no whole entry is left out', async t => {
	const before = await readEntries();
	for (const [name, text] of [['a.json', ''], ['b.json', '{"schema": "hairpin/journal/v1", "no'], ['c.json', '{"schema": "other/v1"}'], ['d.json', '{"schema": "hairpin/journal/v1"}'], ['e.json', 'null'], ['f.json.new', '{}']]) {
		writeFileSync(path.join(journal, name), text);
	}

	mkdirSync(path.join(journal, 'g.json'));
	t.deepEqual(await readEntries(), before);
});

test.serial('where it cannot be written, one sentence says so and what to do', async t => {
	const file = path.join(state, 'file');
	writeFileSync(file, '');
	process.env.XDG_STATE_HOME = file;
	const error = await t.throwsAsync(writeEntry(entry('x')), {instanceOf: UserFacingError});
	process.env.XDG_STATE_HOME = state;
	t.regex(error.because, /^the journal could not be written, so nothing more is changed: .*ENOTDIR/v);
	t.regex(error.tryThis, /XDG_STATE_HOME=/v);
});

test('two of the same second have names of their own', t => {
	const ids = new Set(Array.from({length: 20}, () => createId(new Date(0))));
	t.true(ids.size > 15);
	t.true([...ids].every(id => /^19700101-000000-[0-9a-f]{4}$/v.test(id)));
});

const lockText = readFileSync(new URL('../../src/changes/lock.sh', import.meta.url), 'utf8');

const lock = (root: string, who: string) => ['env', `HAIRPIN_ROOT=${root}`, 'sh', '-c', lockText, 'lock', who];

const makeRoot = (): string => {
	const root = mkdtempSync(path.join(tmpdir(), 'hairpin-lock-'));
	mkdirSync(path.join(root, 'var/lib'), {recursive: true});
	mkdirSync(path.join(root, 'run'));
	return root;
};

/** Asks for the lock until it is held. */
const hold = async (root: string, who: string) => {
	for (let attempt = 0; attempt < 50; attempt++) {
		const stream = startCommand(lock(root, who), '');
		/* eslint-disable no-await-in-loop -- each attempt waits for the one before */
		const said = await stream.stdout[Symbol.asyncIterator]().next();
		const text = new TextDecoder().decode(said.value as Uint8Array | undefined);
		if (text === '@@held\n') {
			return stream;
		}

		await stream.ended;
		/* eslint-enable no-await-in-loop */
	}

	throw new Error('it was never released');
};

test('a second one is told who holds the node, and gets it once the first one ends, however it ends', async t => {
	const root = makeRoot();
	for (const end of ['finish', 'kill'] as const) {
		/* eslint-disable no-await-in-loop -- one after the other holds it */
		const first = await hold(root, 'ada at laptop');
		t.like(await runCommand(lock(root, 'bob')), {stdout: '@@taken ada at laptop\n', exitCode: 75});
		if (end === 'kill') {
			first.kill('SIGKILL');
		}

		// A hairpin that is killed closes its pipes, too.
		first.finish();
		await first.ended;
		const second = await hold(root, 'bob');
		second.finish();
		await second.ended;
		/* eslint-enable no-await-in-loop */
		t.deepEqual(readdirSync(path.join(root, 'run')), []);
	}

	t.is(execFileSync('find', [path.join(root, 'var/lib'), '-mindepth', '1'], {encoding: 'utf8'}), '');
	rmSync(root, {recursive: true});
});

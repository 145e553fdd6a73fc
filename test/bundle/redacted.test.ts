import {
	mkdirSync,
	mkdtempSync,
	readFileSync,
	readdirSync,
	rmSync,
	statSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {gunzipSync} from 'node:zlib';
import test from 'ava';
import {readTail, startCommand} from '../../src/access/run.ts';
import {readBundle} from '../../src/bundle/read-bundle.ts';
import {runRecorded} from '../../src/recorded-session.ts';

const founding = new URL('../../recordings/practice/founding/found.bundle', import.meta.url).pathname;
const keeper = new URL('keep-replay.ts', import.meta.url).pathname;

const directory = mkdtempSync(path.join(tmpdir(), 'redacted-'));
test.after.always(() => {
	rmSync(directory, {recursive: true, force: true});
});

type Kept = {readonly home: string; readonly file: string; readonly told: string; readonly errors: string; readonly exitCode: number | undefined; readonly filesMeanwhile: readonly string[]};

/** Every regular file under a directory. */
const filesIn = (home: string): readonly string[] => readdirSync(home, {recursive: true, withFileTypes: true}).filter(entry => entry.isFile()).map(({name}) => name);

/** Replays the founding incident into a redacted bundle; `onEvent` is told each event. */
const keep = async (label: string, words: readonly string[], onEvent: (event: string, stream: ReturnType<typeof startCommand>) => void = () => undefined): Promise<Kept> => {
	const home = path.join(directory, label);
	const file = path.join(home, 'out', 'it.bundle');
	mkdirSync(path.dirname(file), {recursive: true});
	mkdirSync(path.join(home, 'tmp'));
	const stream = startCommand(['env', `TMPDIR=${path.join(home, 'tmp')}`, process.execPath, keeper, founding, file, '40', '--redact', ...words], '');
	const errors = readTail(stream.stderr, 4000);
	const decoder = new TextDecoder();
	const filesMeanwhile = new Set<string>();
	let told = '';
	for await (const chunk of stream.stdout) {
		const text = decoder.decode(chunk, {stream: true});
		told += text;
		for (const event of text.split('\n')) {
			onEvent(event, stream);
		}

		for (const name of filesIn(home)) {
			filesMeanwhile.add(name);
		}
	}

	const {exitCode} = await stream.ended;
	return {
		home, file, told, errors: await errors, exitCode, filesMeanwhile: [...filesMeanwhile],
	};
};

const namesIn = (file: string): readonly string[] => gunzipSync(readFileSync(file)).toString('latin1').match(/\b(?:mars\d?|nginx|k8s\d|10\.244\.\d+\.\d+|10\.98\.171\.178|192\.168\.26\.\d+)\b/gv) ?? [];

const causeOf = async (file: string): Promise<string | undefined> => {
	const state = await runRecorded(await readBundle(file), {speed: Infinity, onEvent: () => undefined, signal: new AbortController().signal});
	return state.diagnosis?.cause?.check.id;
};

test.serial('an incident that is kept redacted is on no disk until it is complete, and then without a name', async t => {
	const {home, file, errors, exitCode, filesMeanwhile} = await keep('whole', []);
	t.deepEqual([exitCode, errors.trim().split('\n').length], [0, 1]);
	t.deepEqual(filesMeanwhile.filter(name => name !== 'it.bundle'), []);
	t.deepEqual(filesIn(home), ['it.bundle']);
	t.is(statSync(file).mode & 0o777, 0o600);
	t.regex(errors, /it\.bundle: replaced \d+ names, \d+ addresses, \d+ link addresses/v);
	t.deepEqual(namesIn(file), []);
	const {isWhole, manifest} = await readBundle(file);
	t.true(isWhole);
	t.true(manifest.redacted);
	t.is(await causeOf(file), 'br-netfilter-not-loaded');
});

for (const moment of ['target-resolved', 'packets-seen', 'diagnosed']) {
	test.serial(`killed with -9 at ${moment}, an incident that is kept redacted leaves no file`, async t => {
		const {home, told, filesMeanwhile} = await keep(`killed-${moment}`, [], (event, stream) => {
			if (event === moment) {
				stream.kill('SIGKILL');
			}
		});
		t.true(told.includes(moment));
		t.deepEqual([...filesMeanwhile, ...filesIn(home)], []);
	});
}

test.serial('a session that is broken off leaves a redacted bundle that says so', async t => {
	const {file, errors, exitCode} = await keep('broken', ['node-reached']);
	t.deepEqual([exitCode, errors.trim().split('\n').length], [0, 1]);
	t.deepEqual(namesIn(file), []);
	t.false((await readBundle(file)).isWhole);
});

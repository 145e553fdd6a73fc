import {Buffer} from 'node:buffer';
import {
	mkdtemp,
	readFile,
	rm,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setImmediate as turn} from 'node:timers/promises';
import {gunzipSync, gzipSync} from 'node:zlib';
import test from 'ava';
import {pack as createPack} from 'tar-stream';
import {replay} from '../../src/access/recorded.ts';
import {type Bundle, readBundle} from '../../src/bundle/read-bundle.ts';
import {createBundleWriter} from '../../src/bundle/write-bundle.ts';
import {stripObject, stripText} from '../../src/bundle/strip-secrets.ts';
import {runSession} from '../../src/session.ts';
import type {SessionState} from '../../src/session-state.ts';
import {resolveTarget} from '../../src/target.ts';
import {UserFacingError} from '../../src/user-facing-error.ts';

const founding = new URL('../../recordings/founding.bundle', import.meta.url).pathname;

const judge = async ({manifest, lines}: Bundle, speed: number): Promise<{readonly state: SessionState; readonly events: readonly string[]}> => {
	const {access, kubectl} = replay(lines, speed);
	const events: string[] = [];
	const state = await runSession({
		resolveTarget: async () => resolveTarget(kubectl, {service: manifest.service, from: manifest.from}),
		openAccess: () => access,
		onEvent({type}) {
			// Packets are told in as many pieces as real time has.
			if (type !== 'packets-seen') {
				events.push(type);
			}
		},
		onJudged: () => undefined,
		now: () => 0,
		signal: new AbortController().signal,
		probeTimeoutMs: manifest.timeoutMs,
	});
	return {state, events};
};

const inDirectory = async (use: (directory: string) => Promise<void>): Promise<void> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'bundle-'));
	try {
		await use(directory);
	} finally {
		await rm(directory, {recursive: true});
	}
};

test('the founding incident is judged again from its bundle, with the packet that proves it', async t => {
	const bundle = await readBundle(founding);
	t.true(bundle.isWhole);
	const {state} = await judge(bundle, Infinity);
	t.is(state.diagnosis?.cause?.check.id, 'br-netfilter-not-loaded');
	t.true(state.diagnosis?.cause?.verdict.because.includes('SYN-ACK from 10.244.0.'));
});

test('a replay tells the same events in the same order, in no time and in a part of real time', async t => {
	const bundle = await readBundle(founding);
	const [one, two] = await Promise.all([judge(bundle, Infinity), judge(bundle, 20)]);
	t.deepEqual(one.events, two.events);
	t.true(one.events.includes('opening-seen'));
});

/** What opening such bytes comes to: `whole`, `cut`, or `refused` with one sentence. Anything else is thrown. */
const open = async (directory: string, bytes: Uint8Array): Promise<'whole' | 'cut' | 'refused'> => {
	const file = path.join(directory, 'bundle');
	await writeFile(file, bytes);
	try {
		return (await readBundle(file)).isWhole ? 'whole' : 'cut';
	} catch (error) {
		if (error instanceof UserFacingError) {
			return 'refused';
		}

		throw error;
	}
};

test('a bundle that is cut anywhere opens up to there and says so', async t => {
	const bytes = await readFile(founding);
	await inDirectory(async directory => {
		const ways: string[] = [];
		for (let part = 1; part < 20; part++) {
			ways.push(await open(directory, bytes.subarray(0, Math.floor(bytes.length * part / 20)))); // eslint-disable-line no-await-in-loop
		}

		t.deepEqual(new Set(ways), new Set(['cut']));
	});
});

test('a bundle with a bit changed anywhere is refused in one sentence, or opens: never a crash', async t => {
	const bytes = await readFile(founding);
	const tar = gunzipSync(bytes);
	await inDirectory(async directory => {
		const ways: string[] = [];
		for (let round = 0; round < 60; round++) {
			const changed = Buffer.from(round % 2 === 0 ? bytes : tar);
			changed[(round * 2_654_435_761) % changed.length] ^= 1 << (round % 8);
			ways.push(await open(directory, round % 2 === 0 ? changed : gzipSync(changed))); // eslint-disable-line no-await-in-loop
		}

		t.true(ways.filter(way => way === 'refused').length > 30, ways.join(' '));
	});
});

const manifest = JSON.stringify({
	format: 'hairpin-bundle', major: 1, minor: 0, service: 'svc/x', timeoutMs: 1,
});

const packEntries = async (entries: ReadonlyArray<readonly [name: string, text: string | Buffer]>): Promise<Buffer> => {
	const pack = createPack();
	for (const [name, text] of entries) {
		pack.entry({name}, text);
	}

	pack.finalize();
	const chunks: Buffer[] = [];
	for await (const chunk of pack) {
		chunks.push(chunk as Buffer);
	}

	return gzipSync(Buffer.concat(chunks));
};

const refusals: ReadonlyArray<readonly [title: string, entries: ReadonlyArray<readonly [string, string | Buffer]>, because: RegExp]> = [
	['a name that leaves the folder', [['manifest.json', manifest], ['../../etc/cron.d/x.json', '']], /an entry that no bundle has/v],
	['an absolute name', [['manifest.json', manifest], ['/etc/x.json', '']], /an entry that no bundle has/v],
	['a newer major version', [['manifest.json', manifest.replace('"major":1', '"major":2')]], /its format is 2\.x/v],
	['wrong hashes', [['manifest.json', manifest], ['end.json', '{"hashes":{"manifest.json":"00"}}']], /was changed after it was written/v],
	['no manifest', [['report.json', '{}']], /not a bundle of hairpin/v],
	['a bomb', [['manifest.json', manifest], ['record/000000.jsonl', Buffer.alloc(65_000_000)]], /unpacks to more than/v],
	['lines that say nothing', [['manifest.json', manifest], ['record/000000.jsonl', '{"id":1}\n']], /says nothing that a recording says/v],
];

for (const [title, entries, because] of refusals) {
	test(`a bundle with ${title} is refused`, async t => {
		await inDirectory(async directory => {
			const file = path.join(directory, 'hostile');
			await writeFile(file, await packEntries(entries));
			const error = await t.throwsAsync(readBundle(file), {instanceOf: UserFacingError});
			t.regex(error.message, because);
		});
	});
}

test('a bundle that cannot be written says so, at once or at the end, and nothing else fails', async t => {
	const asked = {
		format: 'hairpin-bundle', major: 1, minor: 0, tool: 'hairpin', startedAt: 1, service: 'svc/x', from: undefined, namespace: undefined, timeoutMs: 1,
	} as const;
	t.throws(() => createBundleWriter('/dev/null/x', asked), {instanceOf: UserFacingError});
	const writer = createBundleWriter('/dev/full', asked);
	for (let count = 0; count < 20; count++) {
		writer.add(`record/${count}.jsonl`, 'x');
		await turn(); // eslint-disable-line no-await-in-loop
	}

	const error = await t.throwsAsync(writer.end(), {instanceOf: UserFacingError});
	t.regex(error.message, /no space left/v);
});

test('secrets and what users write into objects never enter', t => {
	t.is(stripText('{"k8s_auth_token": "abc", "mtu": 1450}\npassword: x\nmode: ipvs'), '{"k8s_auth_token": "HIDDEN", "mtu": 1450}\npassword: HIDDEN\nmode: ipvs');
	const file = Buffer.from('mode: ipvs\ntoken: abcdef123456\n').toString('base64');
	t.is(Buffer.from(stripText(`@@bytes 0 ${file}`).slice('@@bytes 0 '.length), 'base64').toString(), 'mode: ipvs\ntoken: HIDDEN\n');
	t.is(stripText(`@@bytes 0 ${Buffer.from('mode: ipvs\n').toString('base64')}`), `@@bytes 0 ${Buffer.from('mode: ipvs\n').toString('base64')}`);
	t.is(stripText('|--join-token\n|abcdef.0123456789abcdef\n|--x https://u:pw@host/'), '|--join-token\n|HIDDEN\n|--x https://HIDDEN@host/');
	t.deepEqual(stripObject({spec: {containers: [{name: 'a', env: [{name: 'K', value: 'v'}], ports: [{containerPort: 80}]}]}}), {spec: {containers: [{name: 'a', ports: [{containerPort: 80}]}]}});
});

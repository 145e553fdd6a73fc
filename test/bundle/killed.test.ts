import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {readTail, startCommand} from '../../src/access/run.ts';
import {type Bundle, readBundle} from '../../src/bundle/read-bundle.ts';
import {type JudgeTools, judgeAgain} from '../../src/judge-command.ts';
import type {SessionEvent} from '../../src/session-state.ts';
import {UserFacingError} from '../../src/user-facing-error.ts';

const founding = new URL('../../recordings/founding.bundle', import.meta.url).pathname;
const keeper = new URL('keep-replay.ts', import.meta.url).pathname;
const speed = 8;

/** In the order in which the founding incident tells them. */
const moments: ReadonlyArray<SessionEvent['type']> = [
	'target-resolved', 'node-reached', 'node-read', 'capture-armed', 'packets-seen', 'pod-read', 'probes-fired', 'probe-answered', 'opening-seen', 'flow-decided', 'diagnosed', 'capture-stopped',
];

const directory = mkdtempSync(path.join(tmpdir(), 'killed-'));
test.after.always(() => {
	rmSync(directory, {recursive: true, force: true});
});

/** How the file is written: as `check --bundle` does, and as the screens do. */
const ways = [['check', []], ['screens', ['--screens']]] as const;

/** Keeps the incident in a file until it tells this, and kills whoever keeps it with -9. Resolves with the signal's name once it is gone. */
const keepUntil = async (file: string, moment: string, words: readonly string[]): Promise<string | undefined> => {
	const stream = startCommand([process.execPath, keeper, founding, file, String(speed), ...words], '');
	const errors = readTail(stream.stderr, 2000);
	const decoder = new TextDecoder();
	let told = '';
	for await (const chunk of stream.stdout) {
		told += decoder.decode(chunk, {stream: true});
		if (told.split('\n').includes(moment)) {
			stream.kill('SIGKILL');
		}
	}

	const {exitCode, because} = await stream.ended;
	return exitCode === undefined ? because : `it ended with ${exitCode}: ${await errors}`;
};

const secondsOf = ({lines}: Bundle): number => (lines.at(-1)!.atMs - lines[0].atMs) / 1000;

type Judged = {readonly said: readonly string[]; readonly cause: string | undefined; readonly refusal: UserFacingError | undefined};

/** As `hairpin check --from-bundle` does: a verdict, or one sentence why there is none. */
const judge = async (file: string): Promise<Judged> => {
	const said: string[] = [];
	const tools: JudgeTools = {
		warn(line) {
			said.push(line);
		},
		onEvent: () => undefined,
		onJudged: () => undefined,
	};
	try {
		const {state} = await judgeAgain(file, tools, new AbortController().signal);
		return {said, cause: state.diagnosis?.cause?.check.id, refusal: undefined};
	} catch (error) {
		if (error instanceof UserFacingError) {
			return {said, cause: undefined, refusal: error};
		}

		throw error;
	}
};

// One after the other: each has a program of its own.
for (const [way, words, moment] of ways.flatMap(([label, flags]) => moments.map(name => [label, flags, name] as const))) {
	test.serial(`${way} killed with -9 at ${moment}: the bundle opens, holds what was answered till then, and says where it ends`, async t => {
		const file = path.join(directory, `${way}-${moment}.bundle`);
		t.regex(await keepUntil(file, moment, words) ?? '', /SIGKILL/v);
		const bundle = await readBundle(file);
		t.false(bundle.isWhole);
		t.true(bundle.lines.length > 1);
		const {said, cause, refusal} = await judge(file);
		t.deepEqual(said, [`this bundle was not written to its end: it ends ${secondsOf(bundle).toFixed(1)} s after its first question`]);
		t.true(refusal === undefined || moment === 'target-resolved', refusal?.message);
		// Whatever is missing accuses nobody else, and by the end of the captures all that proves it was answered.
		t.true(cause === 'br-netfilter-not-loaded' || (cause === undefined && moment !== 'capture-stopped'), `${cause}`);
	});
}

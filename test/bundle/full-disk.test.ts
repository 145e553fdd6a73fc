import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {type CommandResult, runCommand} from '../../src/access/run.ts';
import {readBundle} from '../../src/bundle/read-bundle.ts';
import {answerJson, createFakeKubectl, readRecordedAnswers} from '../helpers/fake-kubectl.ts';
import {type Robot, startRobot} from '../helpers/robot.ts';

const founding = new URL('../../recordings/practice/founding/found.bundle', import.meta.url).pathname;
const keeper = new URL('keep-replay.ts', import.meta.url).pathname;
const hairpin = new URL('../../src/hairpin.ts', import.meta.url).pathname;

// A file system of its own can only be had by root, and on Linux.
const asRoot = process.getuid?.() === 0 && process.platform === 'linux' ? test.serial : test.skip;
const directory = mkdtempSync(path.join(tmpdir(), 'full-disk-'));
test.after.always(() => {
	rmSync(directory, {recursive: true, force: true});
});

/** What comes before a program so that it has a disk of this size at /mnt, and what is left on it is copied elsewhere. */
const onSmallDisk = (size: string, left: string): readonly string[] => {
	mkdirSync(left, {recursive: true});
	return ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o size="$1" none /mnt && left=$2 && shift 2 && "$@"; status=$?; cp -a /mnt/. "$left"; exit $status', 'sh', size, left];
};

type Ran = CommandResult & {readonly file: string};

/** Keeps the founding incident, on a disk of this size. */
const keep = async (label: string, size: string, words: readonly string[] = []): Promise<Ran> => {
	const left = path.join(directory, label);
	return {...await runCommand([...onSmallDisk(size, left), process.execPath, keeper, founding, '/mnt/it.bundle', '40', ...words], {timeoutMs: 60_000}), file: path.join(left, 'it.bundle')};
};

asRoot('a disk that becomes full cuts the bundle off: that is told, it opens up to there, and the session goes on', async t => {
	const {exitCode, stdout, stderr, file} = await keep('cut', '16k');
	t.is(exitCode, 0, stderr);
	t.true(stdout.includes('diagnosed'), stdout);
	t.regex(stderr, /^hairpin: the bundle \/mnt\/it\.bundle ends early: ENOSPC: no space left on device, write\ntry: hairpin open \/mnt\/it\.bundle shows it up to there; [^\n]*: --bundle FILE\s*$/v);
	const {isWhole, lines} = await readBundle(file);
	t.false(isWhole);
	t.true(lines.length > 1);
});

asRoot('a disk that is full leaves no file that nobody could open', async t => {
	const script = 'cat /dev/zero >/mnt/zeros 2>/dev/null; exec "$@"';
	const left = path.join(directory, 'full');
	const {exitCode, stdout, stderr} = await runCommand([...onSmallDisk('16k', left), 'sh', '-c', script, 'sh', process.execPath, keeper, founding, '/mnt/it.bundle', '40'], {timeoutMs: 60_000});
	t.is(exitCode, 0, stderr);
	t.true(stdout.includes('diagnosed'));
	t.regex(stderr, /^hairpin: the bundle cannot be written to \/mnt\/it\.bundle: ENOSPC: [^\n]*\ntry: name a file that can be written, with room for it: --bundle FILE\s*$/v);
	t.false(existsSync(path.join(left, 'it.bundle')));
});

asRoot('of a redacted bundle that there is no room for, nothing is left', async t => {
	const {exitCode, stderr, file} = await keep('redacted', '16k', ['--redact']);
	t.is(exitCode, 0, stderr);
	t.regex(stderr, /^hairpin: the bundle cannot be written to \/mnt\/it\.bundle: ENOSPC: [^\n]*\ntry: /v);
	t.false(existsSync(file));
});

test.serial('a device is not removed', async t => {
	const {exitCode, stderr} = await runCommand([process.execPath, keeper, founding, '/dev/full', 'Infinity'], {timeoutMs: 60_000});
	t.is(exitCode, 0);
	t.regex(stderr, /ENOSPC/v);
	t.true(existsSync('/dev/full'));
});

asRoot('check gives its verdict and the exit code of it, whatever becomes of the bundle', async t => {
	const lab = Object.entries(await readRecordedAnswers('lab')).map(([asked, value]) => [asked, answerJson(value)] as const);
	const {kubectl} = await createFakeKubectl(t, Object.fromEntries(lab));
	const programs = path.dirname(kubectl);
	// It lets us in, and every script fails at once.
	writeFileSync(path.join(programs, 'ssh'), '#!/bin/sh\ncase "$*" in *" sh -s") exit 1;; *-O*) ;; *) echo hairpin: ready root; exec cat;; esac\n', {mode: 0o700});
	const check = async (file: string, ...words: readonly string[]) => runCommand([...onSmallDisk('4k', path.join(directory, 'check')), process.execPath, hairpin, 'check', 'svc/nginx', '--from', 'pod/mars1', '-n', 'default', '--json', '--bundle', file, ...words], {
		timeoutMs: 60_000, env: {PATH: `${programs}:${process.env.PATH ?? ''}`},
	});
	for (const words of [[], ['--redact']]) {
		const {exitCode, stdout, stderr} = await check('/mnt/it.bundle', ...words); // eslint-disable-line no-await-in-loop
		t.is(exitCode, 2, stderr);
		t.is((JSON.parse(stdout) as {readonly exitCode: number}).exitCode, 2);
		t.regex(stderr, /^hairpin: the bundle (?:\/mnt\/it\.bundle ends early|cannot be written to \/mnt\/it\.bundle): ENOSPC: /mv);
	}

	const refused = await check('/mnt/none/it.bundle');
	t.deepEqual([refused.exitCode, refused.stdout], [3, '']);
	t.regex(refused.stderr, /^hairpin: the bundle cannot be written to \/mnt\/none\/it\.bundle: ENOENT/v);
});

const leave = async (robot: Robot): Promise<string> => {
	robot.press('q');
	await robot.ended;
	return robot.lines().join('\n');
};

asRoot('on the screens a full disk is told at once, and the whole can still be kept elsewhere', async t => {
	const left = path.join(directory, 'screens');
	const elsewhere = path.join(directory, 'elsewhere.bundle');
	const robot = await startRobot([...onSmallDisk('32k', left), 'env', '-C', '/mnt', process.execPath, hairpin, 'demo', 'founding']);
	t.teardown(robot.close);
	await robot.sees('default/nginx 10.98.171.178:8080');
	robot.press(':', 'bundle it', 'enter');
	await robot.sees('bundle cut off (ENOSPC): :bundle FILE writes all of it elsewhere; it opens up to there');
	robot.press(':', 'bundle again', 'enter');
	await robot.sees('again cannot be written: ENOSPC');
	robot.press(':', `bundle ${elsewhere}`, 'enter');
	await robot.sees('kept, and goes on');
	await robot.sees('certain');
	const said = await leave(robot);
	t.regex(said, /^cut off +it ends early: ENOSPC: /mv);
	t.true(said.includes(`kept      hairpin open ${elsewhere}`));
	t.false((await readBundle(path.join(left, 'it'))).isWhole);
	t.false(existsSync(path.join(left, 'again')));
	t.true((await readBundle(elsewhere)).isWhole);
});

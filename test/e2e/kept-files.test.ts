import {
	chmod,
	mkdtemp,
	readFile,
	readdir,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import {existsSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {runCommand} from '../../src/access/run.ts';
import {readBundle} from '../../src/bundle/read-bundle.ts';
import {answerJson, createFakeKubectl, readRecordedAnswers} from '../helpers/fake-kubectl.ts';
import {type Robot, startRobot} from '../helpers/robot.ts';

const hairpin = [process.execPath, new URL('../../src/hairpin.ts', import.meta.url).pathname];
const founding = new URL('../../recordings/founding.bundle', import.meta.url).pathname;

type Started = {readonly robot: Robot; readonly directory: string; readonly files: () => Promise<readonly string[]>};

/** The screens in a directory of their own, which is also where programs are looked for first. */
const start = async (t: ExecutionContext, argv: readonly string[], {programs = {}, env = {}}: {readonly programs?: Readonly<Record<string, string>>; readonly env?: Readonly<Record<string, string>>} = {}): Promise<Started> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'hairpin-kept-'));
	const place = await mkdtemp(path.join(tmpdir(), 'hairpin-programs-'));
	await Promise.all(Object.entries(programs).map(async ([name, script]) => {
		await writeFile(path.join(place, name), `#!/bin/sh\n${script}\n`);
		await chmod(path.join(place, name), 0o755);
	}));
	const robot = await startRobot(['env', '-C', directory, ...hairpin, ...argv], {
		env: {
			PATH: `${place}:/usr/bin:/bin`, DISPLAY: '', WAYLAND_DISPLAY: '', ...env,
		},
	});
	t.teardown(async () => {
		robot.close();
		await Promise.all([directory, place].map(async name => rm(name, {recursive: true})));
	});
	return {robot, directory, files: async () => readdir(directory)};
};

const leave = async ({robot}: Started): Promise<string> => {
	robot.press('q');
	await robot.ended;
	return robot.lines().join('\n');
};

test.serial('b keeps what was seen so far, goes on writing, and leaves a whole bundle that opens', async t => {
	const started = await start(t, ['demo', 'founding']);
	const {robot, directory, files} = started;
	await robot.sees('default/nginx 10.98.171.178:8080');
	robot.press('b');
	await robot.sees('kept, and goes on: hairpin open hairpin-nginx-');
	const early = robot.lines().join('\n');
	robot.press('b');
	await robot.until('the verdict', text => /CAUSE +client frame \d+/v.test(text) && /CLIENT mars1 +[1-9]\d* packets/v.test(text));
	robot.press('f');
	await robot.sees('y makes this change');
	robot.press('y');
	await robot.sees('verified:');
	const after = await leave(started);
	t.notRegex(early, /CAUSE/v);
	const [name, ...others] = await files();
	t.regex(name, /^hairpin-nginx-\d{8}T\d{6}Z\.bundle$/v);
	t.deepEqual(others, []);
	t.true(after.includes(`kept      hairpin open ${name}`));
	const file = path.join(directory, name);
	t.is((await stat(file)).mode & 0o777, 0o600);
	t.true((await readBundle(file)).isWhole);
	const judged = await runCommand([...hairpin, 'open', file, '--json'], {timeoutMs: 60_000});
	t.is((JSON.parse(judged.stdout) as {readonly cause: string}).cause, 'br-netfilter-not-loaded');
	const timeline = await runCommand(['tar', '-xzOf', file, '--wildcards', 'timeline/*'], {timeoutMs: 60_000});
	t.regex(timeline.stdout, /"event":"target-resolved"/v, 'it begins before the key was pressed');
	t.regex(timeline.stdout, /"event":"change-told"/v, 'and holds what was changed after the verdict');
});

test.serial(':bundle names the file, what is there is not overwritten, and where nothing can be written it says so', async t => {
	const started = await start(t, ['demo', 'founding', '--no-wait']);
	const {robot, directory} = started;
	await robot.sees('certain');
	await writeFile(path.join(directory, 'mine'), 'precious');
	robot.press(':', 'bundle mine', 'enter');
	await robot.sees('mine exists, and nothing is overwritten: name another file with :bundle FILE');
	robot.press(':', 'bundle nowhere/it', 'enter');
	await robot.sees('nowhere/it cannot be written: ENOENT');
	robot.press(':', 'bundle /dev/full', 'enter');
	await robot.sees('/dev/full exists');
	robot.press(':', 'bundle my own', 'enter');
	await robot.sees('kept, and goes on: hairpin open my own');
	t.true((await leave(started)).includes('kept      hairpin open \'my own\''));
	t.is(await readFile(path.join(directory, 'mine'), 'utf8'), 'precious');
	t.true((await readBundle(path.join(directory, 'my own'))).isWhole);
});

/** The programs that hairpin asks: an API as it was recorded, and nodes that let us in and answer nothing. */
const nearlyCluster = async (t: ExecutionContext): Promise<Readonly<Record<string, string>>> => {
	const lab = Object.entries(await readRecordedAnswers('lab')).map(([asked, value]) => [asked, answerJson(value)] as const);
	const {kubectl} = await createFakeKubectl(t, Object.fromEntries(lab));
	return {kubectl: `exec ${kubectl} "$@"`, ssh: 'case "$*" in *" sh -s") exit 1;; *-O*) ;; *) echo hairpin: ready root; exec cat;; esac'};
};

test.serial('--bundle keeps what is examined from its beginning on, what is examined after it beside it, and whole', async t => {
	const started = await start(t, ['svc/nginx', '--from', 'pod/mars1', '-n', 'default', '--bundle', 'it.bundle'], {programs: await nearlyCluster(t)});
	const {robot, directory, files} = started;
	await writeFile(path.join(directory, 'it-3.bundle'), 'precious');
	await robot.sees('UNDECIDED');
	t.deepEqual((await files()).toSorted(), ['it-3.bundle', 'it.bundle']);
	robot.press('b');
	await robot.sees('kept, and goes on: hairpin open it.bundle');
	robot.press('r');
	await robot.until('the next one', () => existsSync(path.join(directory, 'it-2.bundle')));
	await robot.sees('UNDECIDED');
	robot.press('r');
	await robot.sees('it-3.bundle exists, and nothing is overwritten');
	await robot.sees('UNDECIDED');
	const said = await leave(started);
	t.regex(said, /^kept +hairpin open it\.bundle\s+kept +hairpin open it-2\.bundle\s+not kept +it-3\.bundle exists/mv);
	t.is(await readFile(path.join(directory, 'it-3.bundle'), 'utf8'), 'precious');
	for (const name of ['it.bundle', 'it-2.bundle']) {
		t.true((await readBundle(path.join(directory, name))).isWhole); // eslint-disable-line no-await-in-loop
	}
});

test.serial('--bundle with a file that cannot be written is refused before anything is examined', async t => {
	const {robot} = await start(t, ['svc/nginx', '--bundle', 'nowhere/it.bundle'], {programs: await nearlyCluster(t)});
	t.is((await robot.ended).exitCode, 3);
	t.regex(robot.lines().join(' '), /the bundle cannot be written to nowhere\/it\.bundle: ENOENT/v);
	t.false(robot.written().includes('CHECKLIST'));
});

test.serial('w without Wireshark tells the command, and the file is valid there, with names', async t => {
	const started = await start(t, ['open', founding]);
	const {robot, directory, files} = started;
	await robot.until('the packets', text => text.includes('certain') && /CLIENT mars1 +[1-9]\d* packets/v.test(text));
	robot.press('b');
	await robot.sees('it was read from a bundle');
	robot.press('w');
	await robot.sees('not here; elsewhere: wireshark -N n -r hairpin-nginx-');
	robot.press('w');
	const after = await leave(started);
	const [name, ...others] = await files();
	t.deepEqual(others, []);
	t.true(after.includes(`packets   wireshark -N n -r ${name}`));
	const read = await runCommand(['tshark', '-N', 'n', '-r', path.join(directory, name), '-T', 'fields', '-e', 'frame.interface_name', '-e', 'ip.src_host', '-e', 'ip.dst_host'], {timeoutMs: 60_000});
	t.is(read.exitCode, 0, read.stderr);
	t.regex(read.stdout, /^mars1\tmars1\tnginx$/mv);
	t.regex(read.stdout, /^nginx-app[^\t]*\tmars1\tnginx-app\S*$/mv);
	const info = await runCommand(['capinfos', '-t', '-I', path.join(directory, name)], {timeoutMs: 60_000});
	t.is(info.exitCode, 0, info.stderr);
	t.regex(info.stdout, /pcapng/v);
});

test.serial('w gives the terminal to termshark, and draws everything anew when that ends', async t => {
	const started = await start(t, ['demo', 'founding', '--no-wait'], {programs: {termshark: 'LC_ALL=C.UTF-8 tshark -N n "$@" 2>/dev/null; read -r line; echo "ended by $line"'}});
	const {robot} = started;
	await robot.until('the packets', text => text.includes('certain') && /CLIENT mars1 +[1-9]\d* packets/v.test(text));
	robot.press('w');
	await robot.until('the packets in another program', () => !robot.isAlternate && /mars1 → nginx .*\[SYN\]/v.test(robot.written()));
	robot.press('q', 'enter');
	await robot.until('the screens again', text => robot.isAlternate && text.includes('CHECKLIST') && text.includes('for termshark'));
	await leave(started);
	t.true(robot.written().includes('ended by q'));
});

test.serial('w opens Wireshark where there are windows, and nothing waits for it', async t => {
	const started = await start(t, ['demo', 'founding', '--no-wait'], {programs: {wireshark: 'echo "$@" >opened'}, env: {DISPLAY: ':7'}});
	const {robot, directory} = started;
	await robot.until('the packets', text => text.includes('certain') && /CLIENT mars1 +[1-9]\d* packets/v.test(text));
	robot.press('w');
	await robot.sees('for wireshark');
	await leave(started);
	t.regex(await readFile(path.join(directory, 'opened'), 'utf8'), /^-N n -r hairpin-nginx-\w+\.pcapng$/mv);
});

import {
	chmod,
	mkdtemp,
	rm,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {runCommand} from '../../src/access/run.ts';
import {practiceIncidents} from '../../src/practice-incidents.ts';
import {type Robot, startRobot} from '../helpers/robot.ts';

const hairpin = [process.execPath, new URL('../../src/hairpin.ts', import.meta.url).pathname];

const open = async (t: ExecutionContext, ...words: readonly string[]): Promise<Robot> => {
	const robot = await startRobot([...hairpin, 'demo', ...words]);
	t.teardown(() => {
		robot.close();
	});
	return robot;
};

const start = async (t: ExecutionContext, name: string): Promise<Robot> => {
	const robot = await open(t, name, '--no-wait');
	await robot.until('the cause', text => text.includes(' PRACTICE ') && /CAUSE +\S/v.test(text) && /CLIENT .*\d packets/v.test(text));
	return robot;
};

for (const {name} of practiceIncidents) {
	test.serial(`practice ${name}: the cause on screen, two keys to the verified repair, a third one puts it back`, async t => {
		const robot = await start(t, name);
		robot.press('f');
		await robot.until('what would be done', text => text.includes('nothing is changed yet: y makes this change') && text.includes('PRACTICE: nothing real is changed'));
		robot.press('y');
		await robot.until('that it helped', text => text.includes('the change is made') && /verified: all \d+ probes are open/v.test(text));
		robot.press('u');
		await robot.sees('it is put back: r probes again');
		robot.press('esc');
		await robot.until('what was found before', text => /CAUSE +\S/v.test(text) && text.includes('certain'));
		robot.press('q');
		t.is((await robot.ended).exitCode, 1);
		t.regex(robot.lines().join('\n'), /nothing real was changed/v);
	});
}

test.serial('the turns of the founding incident: what had no effect has none, the workaround works and names its price', async t => {
	const robot = await start(t, 'founding');
	robot.press(':', 'fix hai', 'tab');
	await robot.sees(':fix hairpin-port=on');
	robot.press('enter');
	await robot.sees('nothing is to be done: all of it is so already');
	robot.press(':', 'fix kubelet-hairpin-mode=hairpin-veth', 'enter');
	await robot.sees('y makes this change');
	robot.press('y');
	await robot.until('that it did not help', text => /it acts, but \d of \d+ probes fail/v.test(text));
	robot.press(':', 'fix br-netfilter', 'enter');
	await robot.sees('a change that was made here is in force');
	robot.press('u');
	await robot.sees('it is put back');
	robot.press(':', 'fix proxy-mode=iptables', 'enter');
	await robot.until('the other mode', text => text.includes('y makes this change') && text.includes('Set mode: iptables'));
	robot.press('y');
	await robot.sees('this cuts connections: y once more');
	robot.press('y');
	await robot.until('that it did not help either', text => /it acts, but \d of \d+ probes fail/v.test(text));
	robot.press('u');
	await robot.sees('this cuts connections: u once more');
	robot.press('u');
	await robot.sees('it is put back');
	await robot.until('nothing of the change any more', text => !/probes fail|what is done/v.test(text));
	robot.press(':', 'fix masquerade-all=true', 'enter');
	await robot.until('its price', text => text.includes('y makes this change') && text.includes('Set masqueradeAll: true'));
	robot.press('y');
	await robot.until('that it works', text => /verified: all \d+ probes are open/v.test(text));
	robot.press('q');
	t.is((await robot.ended).exitCode, 0);
});

test.serial('r after the undo looks again, and finds the fault', async t => {
	const robot = await start(t, 'founding');
	robot.press('f');
	await robot.sees('y makes this change');
	robot.press('y');
	await robot.sees('u puts it back');
	robot.press('esc');
	await robot.sees('HEALTHY');
	robot.press('r', 'f');
	await robot.sees('the change is made');
	robot.press('u');
	await robot.sees('it is put back: r probes again');
	robot.press('r');
	await robot.until('the cause again', text => /CAUSE +\S/v.test(text) && text.includes('certain') && /CLIENT .*\d packets/v.test(text));
	robot.press('q');
	t.is((await robot.ended).exitCode, 1);
});

for (const key of ['q', 'ctrl-c'] as const) {
	test.serial(`${key} while a change is made in practice leaves in order`, async t => {
		const robot = await open(t, 'founding');
		await robot.until('the cause', text => /CAUSE +\S/v.test(text));
		robot.press('f');
		await robot.sees('y makes this change');
		robot.press('y');
		await robot.sees('the change is being made');
		robot.press(key);
		t.is((await robot.ended).exitCode, 1);
		t.regex(robot.lines().join('\n'), /nothing real was changed/v);
	});
}

test.serial('q while a repair is prepared leaves in order', async t => {
	const robot = await open(t, 'founding');
	await robot.until('the cause', text => /CAUSE +\S/v.test(text));
	robot.press('f');
	await robot.sees('reading what is there now');
	robot.press('q');
	t.is((await robot.ended).exitCode, 1);
});

test.serial('whoever leaves at the beginning has the shell again in a moment', async t => {
	const robot = await open(t, 'founding');
	await robot.sees('CHECKLIST');
	robot.press('q');
	await robot.until('the shell', () => !robot.isAlternate);
	const leftAt = performance.now();
	t.is((await robot.ended).exitCode, 2);
	// Nothing is to be waited for; this is room for a machine that is busy.
	t.true(performance.now() - leftAt < 2000);
});

test('without a terminal the practice incident is judged as check does, and its bundle can be had', async t => {
	const {exitCode, stdout} = await runCommand([...hairpin, 'demo', '--json', '--bundle', '/dev/null'], {timeoutMs: 60_000});
	t.is(exitCode, 1);
	t.is((JSON.parse(stdout) as {readonly cause: string}).cause, 'br-netfilter-not-loaded');
});

test('where there is no kubectl, practice is offered', async t => {
	const {exitCode, stderr} = await runCommand(['env', '-i', ...hairpin, 'check', 'svc/x', '--from', 'pod/y'], {timeoutMs: 60_000});
	t.is(exitCode, 3);
	t.regex(stderr, /to practise without a cluster: hairpin demo/v);
});

/** `hairpin` with nothing named, and the only kubectl that there is. */
const openAlone = async (t: ExecutionContext, kubectl: string | undefined): Promise<Robot> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'hairpin-alone-'));
	if (kubectl !== undefined) {
		await writeFile(path.join(directory, 'kubectl'), `#!/bin/sh\n${kubectl}\n`);
		await chmod(path.join(directory, 'kubectl'), 0o755);
	}

	const robot = await startRobot(hairpin, {env: {PATH: directory}});
	t.teardown(async () => {
		robot.close();
		await rm(directory, {recursive: true});
	});
	return robot;
};

test.serial('with nothing named and no cluster at all, the practice incident opens and says why', async t => {
	for (const [kubectl, because] of [[undefined, 'kubectl was not found'], ['echo "error: current-context is not set" >&2; exit 1', 'kubectl has no kubeconfig']] as const) {
		// eslint-disable-next-line no-await-in-loop
		const robot = await openAlone(t, kubectl);
		// eslint-disable-next-line no-await-in-loop
		await robot.until('practice, and why', text => text.includes(' PRACTICE ') && text.includes(`this is the practice incident, since ${because}`));
		robot.press('q');
		// eslint-disable-next-line no-await-in-loop
		await robot.ended;
		t.false(robot.isAlternate);
	}
});

test.serial('a cluster that does not answer is told as that, with the practice as another way', async t => {
	const robot = await openAlone(t, 'case "$*" in *current-context*) echo there;; *config*) echo ns;; *) echo "Unable to connect to the server: dial tcp 192.0.2.1:6443: i/o timeout" >&2; exit 1;; esac');
	await robot.until('why, and what to do', text => text.includes('did not answer in time') && text.includes('hairpin demo'));
	t.false(robot.lines().some(line => line.includes('┬')), 'nothing stands below the rule that a column could part');
	robot.press('ctrl-c');
	await robot.ended;
});

test('whoever gets lines without having asked for them is told why', async t => {
	const robot = await startRobot([...hairpin, 'demo'], {columns: 79, rows: 24});
	t.is((await robot.ended).exitCode, 1);
	t.regex(robot.written().replaceAll(/\s+/gv, ' '), /lines instead of screens, because this window has 79 columns and 24 rows/v);
	const founding = new URL('../../recordings/founding.bundle', import.meta.url).pathname;
	const said = await Promise.all([['open', founding], ['runbook', 'target-port', '--read-only', '--yes'], ['demo', '--plain']]
		.map(async words => (await runCommand(['env', '-i', ...hairpin, ...words], {timeoutMs: 60_000})).stderr));
	t.deepEqual(said.map(text => text.includes('lines instead of screens, because standard output is no terminal')), [true, true, false]);
});

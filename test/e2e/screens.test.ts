import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {keyBindings, nameKey} from '../../src/ui/keys.ts';
import {type Robot, type RobotOptions, startRobot} from '../helpers/robot.ts';

const program = new URL('replay-screens.ts', import.meta.url).pathname;

/** The real screens over the recorded founding incident, at a terminal that is closed after the test. */
const open = async (t: ExecutionContext, words: readonly string[] = [], options: RobotOptions = {}): Promise<Robot> => {
	const robot = await startRobot([process.execPath, program, 'founding', ...words], options);
	t.teardown(() => {
		robot.close();
	});
	return robot;
};

/** A frame comes in pieces: each of these is on the screen in the end, and all at once. */
const reads = async (robot: Robot, ...patterns: readonly RegExp[]): Promise<void> =>
	robot.until(`all of ${patterns.join(' ')}`, text => patterns.every(pattern => pattern.test(text)));

const leave = async (robot: Robot, key = 'q'): Promise<string> => {
	robot.press(key);
	await robot.ended;
	return robot.lines().join('\n');
};

test.serial('the founding incident is told on one screen: the checklist, both captures on shared lines, the impossible packet, the cause', async t => {
	const robot = await open(t);
	await robot.sees('12 packets');
	t.true(robot.isAlternate);
	await reads(
		robot,
		/CAUSE +client frame 2: SYN-ACK from [\d.]+:80, expected 10\.98\.171\.178:8080/v,
		/✗ br_netfilter is loaded +the cause/v,
		/▌ +0\.\d ms S\. +← [\d.]+:80 +✗ │▌ +0\.\d ms S\. +→ mars1:\d+/v,
		/0\.0 ms S +→ 10\.98\.171\.178:8080 +│ +0\.0 ms S +← mars1:\d+ +dnat/v,
		/mars1 +k8s1 +✗ timeout/v,
		/FIX +hairpin fix br-netfilter-not-loaded/v,
	);
	const after = await leave(robot);
	t.false(robot.isAlternate);
	t.regex(after, /verdict +fault: [\s\S]*fix +hairpin fix/v);
	t.is((await robot.ended).exitCode, 1);
});

test.serial('keys open the ladder, the matrix, the evidence and the help, and esc leads back', async t => {
	const robot = await open(t);
	await robot.sees('12 packets');
	robot.press('l');
	await robot.sees('✗ impossible');
	robot.press('esc');
	await robot.sees('CHECKLIST');
	robot.press('m');
	await robot.sees('MATRIX');
	robot.press('e');
	await robot.sees('EVIDENCE');
	robot.press('esc');
	await robot.sees('MATRIX');
	robot.press('esc');
	await robot.sees('CHECKLIST');
	robot.press('enter');
	await robot.sees('This shows it');
	robot.press('/', 'SYN-ACK', 'enter');
	await robot.sees('/syn-ack');
	robot.press('?');
	await robot.sees('in the shell: leave the shell');
	await leave(robot);
	t.false(robot.isAlternate);
});

test.serial('commands complete, and what cannot be done says why', async t => {
	const robot = await open(t, ['held']);
	await robot.sees('CHECKLIST');
	robot.press(':', 'ma', 'tab');
	await robot.sees(':matrix');
	robot.press('esc');
	await robot.until('no prompt', text => !text.includes(':matrix'));
	robot.press(':', 'nonsense', 'enter');
	await robot.sees('no command nonsense: after : all of them are listed');
	robot.press('r');
	await robot.sees('it is still running');
	await leave(robot);
	t.false(robot.isAlternate);
});

test.serial('the filter leaves the checks that are called so', async t => {
	const robot = await open(t);
	await robot.sees('12 packets');
	robot.press('/', 'masq', 'enter');
	await robot.until('two checks', text => text.includes('masqueradeAll hides nothing') && !text.includes('Endpoints are ready'));
	robot.press('esc');
	await robot.until('the others', text => text.includes('The kernel has br_netfilter'));
	await leave(robot);
	t.false(robot.isAlternate);
});

test.serial('the pick list filters as one types, and opens the pair', async t => {
	const robot = await open(t, ['pick']);
	await robot.sees('SERVICE');
	await robot.sees('! broken');
	robot.press('ngi');
	await robot.until('nginx alone', text => !text.includes('! broken'));
	robot.press('tab', 'mars1');
	await robot.sees('why does mars1 not reach nginx?');
	robot.press('enter');
	await robot.sees('certain');
	await leave(robot);
	t.false(robot.isAlternate);
});

test.serial('a shell stands beside the checklist, gets every key but its own, and leaves with one', async t => {
	const robot = await open(t);
	await robot.sees('12 packets');
	robot.press('s');
	await robot.sees('SHELL client default/mars1');
	robot.press('echo $((6 * 7))q', 'enter');
	await robot.sees('42q');
	t.true(robot.lines().join('\n').includes('CHECKLIST'));
	robot.press('ctrl-^');
	await robot.sees('this is the node');
	robot.press('ctrl-]');
	await robot.sees('CAUSE');
	await leave(robot);
	t.is((await robot.ended).exitCode, 1);
});

test.serial('ctrl-c leaves in order, also while it runs; a second one does not wait', async t => {
	const robot = await open(t, ['held']);
	await robot.sees('CHECKLIST');
	const after = await leave(robot, 'ctrl-c');
	t.false(robot.isAlternate);
	t.regex(after, /left before the verdict/v);
	const typing = await open(t, ['held']);
	await typing.sees('CHECKLIST');
	typing.press(':', 'fi');
	await typing.sees(':fi▏');
	t.regex(await leave(typing, 'ctrl-c'), /left before the verdict/v);
	const twice = await open(t, ['held', 'stuck']);
	await twice.sees('CHECKLIST');
	twice.press('ctrl-c');
	await twice.sees('ctrl-c again leaves at once');
	twice.press('ctrl-c');
	t.is((await twice.ended).exitCode, 130);
	t.false(twice.isAlternate);
});

test.serial('ctrl-c twice before anything is known leaves at once, and sends only those to look for remains who may have some', async t => {
	for (const [word, isSwept] of [['labelled', false], ['stuck', true]] as const) {
		// eslint-disable-next-line no-await-in-loop
		const robot = await open(t, ['blind', 'stuck', word]);
		// eslint-disable-next-line no-await-in-loop
		await robot.sees('CHECKLIST');
		robot.press('ctrl-c');
		// eslint-disable-next-line no-await-in-loop
		await robot.sees('ctrl-c again leaves at once');
		robot.press('ctrl-c');
		// eslint-disable-next-line no-await-in-loop
		t.is((await robot.ended).exitCode, 130);
		const text = robot.lines().join('\n');
		t.true(text.includes('left at once'));
		t.is(text.includes('hairpin sweep'), isSwept);
	}
});

for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
	test.serial(`${signal} leaves in order`, async t => {
		const robot = await open(t, ['held']);
		await robot.sees('CHECKLIST');
		process.kill(robot.pid, signal);
		await robot.ended;
		t.false(robot.isAlternate);
		t.true(robot.lines().join('\n').includes('left before the verdict'));
	});
}

test.serial('a defect restores the terminal and is told', async t => {
	const robot = await open(t, ['defect']);
	await robot.ended;
	t.false(robot.isAlternate);
	t.true(robot.lines().join('\n').includes('something that nobody expected'));
	t.not((await robot.ended).exitCode, 0);
});

test.serial('ctrl-z gives the terminal back, and fg draws everything anew', async t => {
	const robot = await open(t);
	await robot.sees('12 packets');
	robot.press('ctrl-z');
	await robot.until('the normal screen', () => !robot.isAlternate);
	process.kill(robot.pid, 'SIGCONT');
	await robot.until('the screens again', text => robot.isAlternate && text.includes('certain'));
	await leave(robot);
	t.false(robot.isAlternate);
});

test.serial('the window may become anything, and no line is ever longer than it', async t => {
	const robot = await open(t);
	await robot.sees('12 packets');
	for (const [columns, rows] of [[80, 24], [200, 60], [61, 13], [120, 36]] as const) {
		robot.resize(columns, rows);
		// eslint-disable-next-line no-await-in-loop
		await robot.until(`the screens at ${columns}×${rows}`, text => text.includes('CAUSE') && (robot.lines().at(-1)?.includes('quit') ?? false) && robot.lines()[0].startsWith(' hairpin'));
	}

	robot.resize(2, 1);
	robot.resize(120, 36);
	await robot.until('everything again', text => text.includes('certain') && text.includes('LADDER') && (robot.lines().at(-1)?.includes('quit') ?? false));
	await leave(robot);
	t.false(robot.isAlternate);
});

test.serial('without colours the marks still tell it', async t => {
	const robot = await open(t, [], {env: {NO_COLOR: '1'}});
	await robot.sees('certain');
	await robot.sees('✗ br_netfilter is loaded');
	t.true(robot.rows().flat().every(({color, background}) => color === undefined && background === undefined));
	await leave(robot);
});

test.serial('every key of the table is told by the help', async t => {
	const robot = await open(t, [], {columns: 160, rows: 60});
	await robot.sees('certain');
	robot.press('?');
	for (const {keys} of keyBindings) {
		// eslint-disable-next-line no-await-in-loop
		await robot.sees(keys.map(key => nameKey(key)).join(' '));
	}

	await leave(robot);
	t.false(robot.isAlternate);
});

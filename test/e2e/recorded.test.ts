import process from 'node:process';
import test from 'ava';
import {runCommand} from '../../src/access/run.ts';
import {startRobot} from '../helpers/robot.ts';

const hairpin = [process.execPath, new URL('../../src/hairpin.ts', import.meta.url).pathname];
const founding = new URL('../../recordings/founding.bundle', import.meta.url).pathname;

test.serial('a bundle opens in the screens: every screen shows it, and keys that are off say why', async t => {
	const robot = await startRobot([...hairpin, 'open', founding]);
	t.teardown(() => {
		robot.close();
	});
	await robot.until('the cause', text => /RECORDED .*default\/nginx[\s\S]*CAUSE +client frame \d+: SYN-ACK/v.test(text) && /CLIENT mars1 .*\d packets/v.test(text));
	for (const [key, seen] of [['l', '✗ impossible'], ['m', 'MATRIX'], ['a', 'CLAIMED AND ACTUAL'], ['?', 'HELP']] as const) {
		robot.press(key);
		await robot.sees(seen); // eslint-disable-line no-await-in-loop
		robot.press('esc');
		await robot.sees('CHECKLIST'); // eslint-disable-line no-await-in-loop
	}

	robot.press('enter');
	await robot.sees('This shows it');
	robot.press('esc');
	await robot.sees('CHECKLIST');
	for (const [key, reason] of [['f', 'this is a recording: what it shows is not there to be changed'], ['s', 'no point can be entered from here'], ['p', 'there is no cluster to pick from'], ['J', 'nothing can be changed from here'], ['b', 'it was read from a bundle']] as const) {
		robot.press(key);
		await robot.sees(reason); // eslint-disable-line no-await-in-loop
	}

	const before = robot.written().length;
	robot.press('r');
	await robot.until('the same again', text => robot.written().slice(before).includes('certain') && /certain[\s\S]*help/v.test(text) && /CLIENT mars1 .*\d packets/v.test(text));
	robot.press('q');
	t.is((await robot.ended).exitCode, 1);
	t.false(robot.isAlternate);
});

test('without a terminal, and with --json, the report is printed', async t => {
	const text = await runCommand([...hairpin, 'open', founding], {timeoutMs: 60_000});
	t.is(text.exitCode, 1);
	t.regex(text.stdout, /br-netfilter-not-loaded|br_netfilter/v);
	const json = await runCommand([...hairpin, 'open', founding, '--json'], {timeoutMs: 60_000});
	t.is((JSON.parse(json.stdout) as {readonly cause: string}).cause, 'br-netfilter-not-loaded');
});

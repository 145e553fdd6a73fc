import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {runCommand} from '../../src/access/run.ts';
import {practiceIncidents} from '../../src/practice-incidents.ts';
import {type Robot, startRobot} from '../helpers/robot.ts';

const hairpin = [process.execPath, new URL('../../src/hairpin.ts', import.meta.url).pathname];

const start = async (t: ExecutionContext, name: string): Promise<Robot> => {
	const robot = await startRobot([...hairpin, 'demo', name, '--no-wait']);
	t.teardown(() => {
		robot.close();
	});
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
		robot.press('r');
		await robot.until('the cause again', text => /CAUSE +\S/v.test(text) && text.includes('certain'));
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
	t.notRegex(robot.lines().join('\n'), /probes fail|what is done/v);
	robot.press(':', 'fix masquerade-all=true', 'enter');
	await robot.until('its price', text => text.includes('y makes this change') && text.includes('Set masqueradeAll: true'));
	robot.press('y');
	await robot.until('that it works', text => /verified: all \d+ probes are open/v.test(text));
	robot.press('q');
	t.is((await robot.ended).exitCode, 0);
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

import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {type Robot, startRobot} from '../helpers/robot.ts';

const program = new URL('replay-runbook.ts', import.meta.url).pathname;

const start = async (t: ExecutionContext, steps: string, size?: {readonly columns: number; readonly rows: number}): Promise<Robot> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'hairpin-guided-'));
	const file = path.join(directory, 'walk.yaml');
	await writeFile(file, `runbook: hairpin/runbook/v1\ntitle: Walked by a robot\nsteps:\n${steps}`);
	const robot = await startRobot([process.execPath, program, file], size);
	t.teardown(async () => {
		robot.close();
		await rm(directory, {recursive: true});
	});
	return robot;
};

const asking = `
  - title: Capture on both ends
    capture: {client: {at-least: 1}}
  - title: The cause
    check: {cause: br-netfilter-not-loaded}
  - name: sure
    ask: Is it $(cause)?
    answers:
      perhaps: []
      "yes":
        - stop: it is theirs
          call: the network team
          as: fault
  - text: never
`;

for (const size of [{columns: 120, rows: 36}, {columns: 80, rows: 24}]) {
	test.serial(`${size.columns}×${size.rows}: steps get their marks, a question is answered by keys, and a step that stops says whom to call`, async t => {
		const robot = await start(t, asking, size);
		await robot.until('the question', text => text.includes('Is it br-netfilter-not-loaded?') && /✓ 1 +Capture on both/v.test(text) && /✓ 2 +The cause/v.test(text) && text.includes('▸ 3'));
		robot.press('y');
		await robot.sees('an answer is wanted');
		robot.press('i');
		await robot.sees('CHECKLIST');
		robot.press('esc');
		await robot.sees('RUNBOOK');
		robot.press('k');
		await robot.sees('cause: br-netfilter-not-loaded, as expected');
		robot.press('tab');
		await robot.sees('▌yes');
		robot.press('enter');
		await robot.until('the end', text => text.includes('■ 3.1') && text.includes('call: the network team') && text.includes('step 3.1 (stop): it is theirs'));
		robot.press('q');
		t.is((await robot.ended).exitCode, 1);
		t.false(robot.isAlternate);
	});
}

const changing = `
  - name: repair
    fix: br-netfilter
  - text: never
`;

test.serial('a change is shown before it is asked about, and who refuses it ends the walk', async t => {
	const robot = await start(t, changing);
	await robot.until('the change', text => text.includes('modprobe br_netfilter') && text.includes('make this change?'));
	robot.press('enter');
	await robot.sees('y or n is wanted');
	robot.press('n');
	await robot.until('the end', text => text.includes('✗ 1') && text.includes('nobody agreed'));
	robot.press('y');
	await robot.sees('nothing is asked now');
	robot.press('q');
	t.is((await robot.ended).exitCode, 3);
});

test.serial('who leaves while something is asked answers nothing', async t => {
	const robot = await start(t, changing);
	await robot.sees('make this change?');
	robot.press('q');
	t.is((await robot.ended).exitCode, 3);
	t.true(robot.lines().join('\n').includes('the screens were left'));
});

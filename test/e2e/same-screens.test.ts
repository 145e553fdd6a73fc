import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {highWindow, readEveryScreen, untilJudged} from '../helpers/every-screen.ts';
import {isThorough} from '../helpers/is-thorough.ts';
import {type Robot, startRobot} from '../helpers/robot.ts';

const hairpin = [process.execPath, new URL('../../src/hairpin.ts', import.meta.url).pathname];

const start = async (t: ExecutionContext, directory: string, argv: readonly string[]): Promise<Robot> => {
	const robot = await startRobot(['env', '-C', directory, ...hairpin, ...argv], highWindow);
	t.teardown(() => {
		robot.close();
	});
	await untilJudged(robot);
	return robot;
};

for (const name of isThorough ? ['founding', 'target-port'] : ['founding']) {
	test.serial(`${name}: open shows on every screen what the session showed from which the bundle was kept`, async t => {
		const directory = await mkdtemp(join(tmpdir(), 'hairpin-same-'));
		t.teardown(async () => rm(directory, {recursive: true}));
		const live = await start(t, directory, ['demo', name, '--no-wait']);
		const shown = await readEveryScreen(live);
		live.press('J');
		await live.sees('nothing is changed in this practice now');
		live.press('esc');
		await live.until('the incident', text => text.includes('CHECKLIST'));
		live.press('b');
		await live.sees('kept, and goes on');
		live.press('q');
		await live.ended;
		const [bundle] = await readdir(directory);
		const opened = await start(t, directory, ['open', bundle]);
		t.regex(opened.lines()[0], /RECORDED .*read from a file/v);
		t.deepEqual(await readEveryScreen(opened), shown);
		t.true(shown.values().every(lines => lines.some(line => line.trim() !== '')));

		opened.press('J');
		await opened.sees('nothing can be changed from here');
		opened.press('q');
		t.is((await opened.ended).exitCode, 1);
	});
}

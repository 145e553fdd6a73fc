import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {type Robot, startRobot} from '../helpers/robot.ts';

const hairpin = [process.execPath, new URL('../../src/hairpin.ts', import.meta.url).pathname];

type Path = ReadonlyArray<readonly [key: string, title: string]>;

/** The keys that lead to each screen from the incident, and what each of them shows. */
const screens: ReadonlyArray<readonly [screen: string, path: Path]> = [
	['incident', []],
	['ladder', [['l', 'LADDER']]],
	['matrix', [['m', 'MATRIX']]],
	['evidence of the cause', [['enter', 'EVIDENCE']]],
	['evidence of a probe', [['m', 'MATRIX'], ['e', 'EVIDENCE']]],
	['evidence of the captures', [['m', 'MATRIX'], ['l', 'LADDER'], ['e', 'EVIDENCE']]],
	['claims', [['a', 'CLAIMED AND ACTUAL']]],
	['what the rules do', [['t', 'WHAT THE RULES DO']]],
];

const start = async (t: ExecutionContext, directory: string, argv: readonly string[]): Promise<Robot> => {
	// So high that no text is longer.
	const robot = await startRobot(['env', '-C', directory, ...hairpin, ...argv], {columns: 130, rows: 500});
	t.teardown(() => {
		robot.close();
	});
	await robot.until('the end of the session', text => /CAUSE +\S/v.test(text) && /CLIENT mars1 +[1-9]\d* packets/v.test(text) && text.includes('certain'));
	return robot;
};

const first = 'CHECKLIST';

/** The screen without its first line, which says where it comes from, and its last one, which has the keys. */
const read = async (robot: Robot, path: Path): Promise<readonly string[]> => {
	const titles = [first, ...path.map(([, title]) => title)];
	const isOn = (title: string): boolean => robot.lines().some(line => line.startsWith(` ${title}`));
	for (const [key, title] of path) {
		robot.press(key);
		await robot.until(title, () => isOn(title)); // eslint-disable-line no-await-in-loop
	}

	// What is typed is drawn after all that was asked for before.
	robot.press('/');
	await robot.until('the prompt', () => robot.lines().at(-1)?.startsWith(' /▏') === true);
	const lines = robot.lines().slice(1, -1);
	robot.press('esc');
	await robot.until('the keys', () => robot.lines().at(-1)?.includes('quit') === true);
	for (const title of titles.slice(0, -1).toReversed()) {
		robot.press('esc');
		await robot.until(title, () => isOn(title)); // eslint-disable-line no-await-in-loop
	}

	return lines;
};

const isThorough = process.env.HAIRPIN_EVERY === '1';

for (const name of isThorough ? ['founding', 'target-port'] : ['founding']) {
	test.serial(`${name}: open shows on every screen what the session showed from which the bundle was kept`, async t => {
		const directory = await mkdtemp(join(tmpdir(), 'hairpin-same-'));
		t.teardown(async () => rm(directory, {recursive: true}));
		const live = await start(t, directory, ['demo', name, '--no-wait']);
		const shown = new Map<string, readonly string[]>();
		for (const [screen, path] of screens) {
			shown.set(screen, await read(live, path)); // eslint-disable-line no-await-in-loop
		}

		live.press('J');
		await live.sees('nothing is changed in this practice now');
		live.press('esc');
		await live.until('the incident', text => text.includes(first));
		live.press('b');
		await live.sees('kept, and goes on');
		live.press('q');
		await live.ended;
		const [bundle] = await readdir(directory);
		const opened = await start(t, directory, ['open', bundle]);
		t.regex(opened.lines()[0], /RECORDED .*read from a file/v);
		for (const [screen, path] of screens) {
			const lines = await read(opened, path); // eslint-disable-line no-await-in-loop
			t.deepEqual(lines, shown.get(screen), screen);
			t.true(lines.some(line => line.trim() !== ''));
		}

		opened.press('J');
		await opened.sees('nothing can be changed from here');
		opened.press('q');
		t.is((await opened.ended).exitCode, 1);
	});
}

import type {Robot} from './robot.ts';

/** Keys, and the title that each of them leads to. */
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

/** A window so high that no text is longer. */
export const highWindow = {columns: 130, rows: 500} as const;

/** Waits for the verdict of an incident that has one for certain, and for the end of its captures. */
export const untilJudged = async (robot: Robot): Promise<void> => robot.until('the end of the session', text => /CAUSE +\S/v.test(text) && /CLIENT mars1 +[1-9]\d* packets/v.test(text) && text.includes('certain'));

const first = 'CHECKLIST';

/** A screen, from the incident and back to it, without its first line, which says where it comes from, and its last one, which has the keys. */
const readScreen = async (robot: Robot, path: Path): Promise<readonly string[]> => {
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

/** What every screen shows, by its name. */
export const readEveryScreen = async (robot: Robot): Promise<ReadonlyMap<string, readonly string[]>> => {
	const shown = new Map<string, readonly string[]>();
	for (const [screen, path] of screens) {
		shown.set(screen, await readScreen(robot, path)); // eslint-disable-line no-await-in-loop
	}

	return shown;
};

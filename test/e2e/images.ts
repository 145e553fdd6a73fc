// Pictures of the screens, from the real program at a terminal: npm run images [-- NAME…]
import {mkdirSync, writeFileSync} from 'node:fs';
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import {isDeepStrictEqual} from 'node:util';
import {Resvg} from '@resvg/resvg-js';
import {type Frame, drawFilm} from '../helpers/film.ts';
import {type Robot, startRobot} from '../helpers/robot.ts';
import {
	type Palette,
	dark,
	drawSvg,
	light,
} from '../helpers/svg.ts';

const replay = [process.execPath, new URL('replay-screens.ts', import.meta.url).pathname, 'founding'];
const demo = [process.execPath, new URL('../../src/hairpin.ts', import.meta.url).pathname, 'demo', 'founding'];
const guided = [process.execPath, new URL('replay-runbook.ts', import.meta.url).pathname, new URL('../../runbooks/br-netfilter.yaml', import.meta.url).pathname];
const directory = new URL('../../images/', import.meta.url);

/** Keys to press, and what is on the screen when they have acted. */
type Step = readonly [keys: readonly string[], sees: string];

type Picture = {readonly name: string; readonly argv: readonly string[]; readonly begins: string; readonly steps: readonly Step[]};

const found = {argv: replay, begins: 'certain'};
const practised = {argv: [...demo, '--no-wait'], begins: 'certain'};
const agreeing: Step = [['f'], 'y makes this change'];
const making: Step = [['y'], 'verified:'];

const pictures: readonly Picture[] = [
	{...found, name: 'incident', steps: []},
	{...found, name: 'ladder', steps: [[['l'], '✗ impossible']]},
	{...found, name: 'matrix', steps: [[['m'], 'MATRIX']]},
	{...found, name: 'evidence', steps: [[['enter'], 'What repairs it']]},
	{...found, name: 'claims', steps: [[['a'], 'CLAIMED']]},
	{...found, name: 'rules', steps: [[['t'], 'Not followed']]},
	{...found, name: 'help', steps: [[['?'], 'HELP']]},
	{...found, name: 'shell', steps: [[['s'], 'SHELL'], [['id -un', 'enter'], 'root']]},
	{...practised, name: 'change', steps: [agreeing]},
	{...practised, name: 'change-made', steps: [agreeing, making]},
	{...practised, name: 'journal', steps: [agreeing, making, [['J'], 'JOURNAL']]},
	{
		name: 'runbook', argv: guided, begins: 'make this change?', steps: [],
	},
	{
		name: 'pick', argv: [...replay, 'pick'], begins: 'SERVICE', steps: [],
	},
];

const sizes = [[80, 24], [120, 40], [200, 60]] as const;
const shades: ReadonlyArray<readonly [string, Palette]> = [['dark', dark], ['light', light]];
const quietMs = 400;
const isResting = (text: string): boolean => !/[⠇⠋⠏⠙⠦⠧⠴⠸⠹⠼]/v.test(text);

/** A frame comes in pieces: waits until no more of it comes. */
const settle = async (robot: Robot): Promise<void> => {
	let before = '';
	while (before !== robot.written()) {
		before = robot.written();
		// eslint-disable-next-line no-await-in-loop
		await sleep(quietMs);
	}
};

const walk = async (robot: Robot, begins: string, steps: readonly Step[], pause: () => Promise<void>): Promise<void> => {
	await robot.sees(begins);
	await robot.until('the end', isResting);
	for (const [keys, sees] of steps) {
		// eslint-disable-next-line no-await-in-loop
		await pause();
		robot.press(...keys);
		// eslint-disable-next-line no-await-in-loop
		await robot.until(`"${sees}"`, text => text.includes(sees) && isResting(text), 120_000);
	}

	await pause();
	await settle(robot);
};

const write = (name: string, svg: string): void => {
	writeFileSync(new URL(`${name}.svg`, directory), svg);
	const font = {loadSystemFonts: true, monospaceFamily: 'DejaVu Sans Mono'};
	writeFileSync(new URL(`${name}.png`, directory), new Resvg(svg, {font}).render().asPng());
};

const take = async ({name, argv, begins, steps}: Picture, [columns, rows]: readonly [number, number]): Promise<void> => {
	const robot = await startRobot(argv, {columns, rows});
	await walk(robot, begins, steps, async () => undefined);
	for (const [shade, palette] of shades) {
		write(`${name}-${columns}x${rows}-${shade}`, drawSvg(robot.rows(), columns, palette));
	}

	robot.close();
	await robot.ended;
};

const frameMs = 200;
const longestFrameMs = 3000;

/** What the screen shows meanwhile, each picture once; nothing is waited for longer than somebody needs to read it. */
const watchFrames = (robot: Robot): (() => readonly Frame[]) => {
	const frames: Frame[] = [];
	const timer = setInterval(() => {
		const rows = structuredClone(robot.rows());
		const last = frames.at(-1);
		if (last && isDeepStrictEqual(last.rows, rows)) {
			frames[frames.length - 1] = {rows, ms: Math.min(longestFrameMs, last.ms + frameMs)};
		} else {
			frames.push({rows, ms: frameMs});
		}
	}, frameMs);
	return () => {
		clearInterval(timer);
		return frames;
	};
};

const filmSteps: readonly Step[] = [[['l'], 'LADDER'], [['esc'], 'CAUSE'], agreeing, making];

/** The founding incident found and repaired, as the practice incident plays it. */
const film = async (): Promise<void> => {
	const [columns, rows] = [120, 36];
	const robot = await startRobot(demo, {columns, rows});
	await robot.until('the screen', text => text.includes('PRACTICE'));
	const end = watchFrames(robot);
	await walk(robot, 'certain', filmSteps, async () => sleep(longestFrameMs));
	writeFileSync(new URL('founding.svg', directory), drawFilm(end(), columns, dark));
	robot.close();
	await robot.ended;
};

mkdirSync(directory, {recursive: true});
const names = process.argv.slice(2);
const isWanted = (name: string): boolean => names.length === 0 || names.includes(name);
const wanted = pictures.filter(({name}) => isWanted(name));
for (const size of sizes) {
	for (const picture of wanted) {
		// eslint-disable-next-line no-await-in-loop
		await take(picture, size);
	}
}

if (isWanted('founding')) {
	await film();
}

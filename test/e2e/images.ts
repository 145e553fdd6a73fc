// Pictures of the screens, from the real program at a terminal: npm run images
import {mkdirSync, writeFileSync} from 'node:fs';
import process from 'node:process';
import {startRobot} from '../helpers/robot.ts';
import {
	type Palette,
	dark,
	drawSvg,
	light,
} from '../helpers/svg.ts';

const program = new URL('replay-screens.ts', import.meta.url).pathname;
const directory = new URL('../../images/', import.meta.url);

type Picture = {readonly name: string; readonly keys: readonly string[]; readonly sees: string; readonly words?: readonly string[]};

const pictures: readonly Picture[] = [
	{name: 'incident', keys: [], sees: 'CAUSE'},
	{name: 'ladder', keys: ['l'], sees: '✗ impossible'},
	{name: 'matrix', keys: ['m'], sees: 'MATRIX'},
	{name: 'evidence', keys: ['enter'], sees: 'This shows it'},
	{name: 'claims', keys: ['a'], sees: 'CLAIMED'},
	{name: 'help', keys: ['?'], sees: 'HELP'},
	{
		name: 'pick', keys: [], sees: 'why does', words: ['pick'],
	},
];

const sizes = [[80, 24], [120, 40], [200, 60]] as const;

const take = async ({name, keys, sees, words = []}: Picture, [columns, rows]: readonly [number, number]): Promise<void> => {
	const robot = await startRobot([process.execPath, program, 'founding', ...words], {columns, rows});
	await robot.sees(words.length > 0 ? 'SERVICE' : 'certain');
	await robot.until('the end', text => words.length > 0 || !/[⠇⠋⠏⠙⠦⠧⠴⠸⠹⠼]/v.test(text));
	robot.press(...keys);
	await robot.sees(sees);
	await robot.until('the last line', text => text.trimEnd().endsWith('quit'));
	const palettes: ReadonlyArray<readonly [string, Palette]> = [['dark', dark], ...(name === 'incident' ? [['light', light] as const] : [])];
	for (const [shade, palette] of palettes) {
		writeFileSync(new URL(`${name}-${columns}x${rows}-${shade}.svg`, directory), drawSvg(robot.rows(), columns, palette));
	}

	robot.close();
	await robot.ended;
};

mkdirSync(directory, {recursive: true});
for (const size of sizes) {
	for (const picture of pictures) {
		// eslint-disable-next-line no-await-in-loop
		await take(picture, size);
	}
}

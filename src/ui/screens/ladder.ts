import type {Flow} from '../../packets/flow.ts';
import {
	columnsOf,
	formatFlowTitle,
	formatLadder,
	ladderPictureWidth,
} from '../../report/ladder-text.ts';
import {
	type Line,
	cut,
	indentLines,
	line,
	span,
	wrap,
} from '../line.ts';
import type {Model} from '../model.ts';
import type {Look} from '../theme.ts';

const unlimited = 10_000;
const mostRows = 200;
const timeWidth = 13;
/** Fewer columns than this beside the arrows, and what is said of a packet stands below it. */
const narrowestNotes = 44;

/** A packet's arrows, and what is said of it. */
type Rung = {readonly picture: string; readonly notes: string; readonly look: Look};

type Picture = {readonly title: string; readonly width: number; readonly head: readonly string[]; readonly rungs: readonly Rung[]};

const lookOf = (text: string): Look => (text.includes('✗') ? 'bad' : (text.includes('not seen at') ? 'warn' : 'plain'));

const pictureOf = (flow: Flow, {state}: Model): Picture => {
	const points = (state.capture?.points ?? []).filter(({problem}) => problem === undefined).map(({label, role}) => ({point: label, role}));
	const [roles, names, ...rows] = formatLadder(flow, points, mostRows, unlimited);
	const width = ladderPictureWidth(columnsOf(flow, points).length);
	return {
		title: formatFlowTitle(flow),
		width,
		head: [roles, names],
		rungs: rows.map(text => ({picture: text.slice(0, width).trimEnd(), notes: text.slice(width).trim(), look: lookOf(text)})),
	};
};

/** Attempts that failed come first. */
const flowsOf = ({state}: Model): readonly Flow[] => (state.capture?.flows ?? []).toSorted((a, b) => Number(a.ending === 'established') - Number(b.ending === 'established'));

const headOf = ([roles, names]: readonly string[], width: number): readonly Line[] => [line([cut(` ${roles}`, width), 'strong']), line([cut(` ${names}`, width), 'dim'])];

const drawRung = ({picture, notes, look}: Rung, {width}: Picture, room: number): readonly Line[] => {
	const beside = room - width - 1;
	const noteLook = look === 'plain' ? 'dim' : look;
	if (beside < narrowestNotes) {
		return [line([` ${picture}`, look]), ...indentLines(wrap(notes, room - timeWidth - 2, noteLook), timeWidth + 1)];
	}

	return wrap(notes, beside, noteLook).map((text, index): Line => [span((index === 0 ? ` ${picture}` : '').padEnd(width + 1), look), ...text]);
};

/** Each attempt's packets between client, node and backend; failed attempts first. */
export const ladderText = (model: Model, width: number): readonly Line[] => flowsOf(model).flatMap(flow => {
	const picture = pictureOf(flow, model);
	return [
		...indentLines(wrap(picture.title, width - 2, 'strong'), 1),
		[],
		...headOf(picture.head, width),
		...picture.rungs.flatMap(rung => drawRung(rung, picture, width)),
		[],
	];
});

const shortNotes: ReadonlyArray<readonly [pattern: RegExp, short: string]> = [
	[/not seen at the \w+/v, 'lost'], [/sent again/v, 'again'], [/^(?!.*sent again).*DNAT/v, 'dnat'], [/SNAT/v, 'snat'], [/reply restored/v, 'restored'],
];

const shorten = (notes: string): string => shortNotes.filter(([pattern]) => pattern.test(notes)).map(([, short]) => short).join(' ');

/** The first failed attempt alone, one line for each packet. */
export const ladderPicture = (model: Model, width: number): readonly Line[] => {
	const flow = flowsOf(model).at(0);
	const picture = flow && pictureOf(flow, model);
	return picture === undefined
		? []
		: [
			...headOf(picture.head, width),
			...picture.rungs.map(({picture: arrows, notes, look}) => line([` ${arrows}`.padEnd(picture.width + 1), look], [` ${shorten(notes)}`, look === 'plain' ? 'accent' : look])),
		];
};

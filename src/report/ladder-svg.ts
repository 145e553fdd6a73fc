import {htmlEscape} from 'escape-goat';
import type {Flow, LadderRow} from '../packets/flow.ts';
import {formatAddress} from '../packets/name-address.ts';
import {
	type LadderPoint,
	columnsOf,
	formatFlowTitle,
	sightingsAt,
} from './ladder-text.ts';

const LEFT = 90;
const LANE = 250;
const NOTES = 430;
const HEAD = 56;
const ROW = 46;
const MOST_ROWS = 60;

type Picture = {readonly points: readonly LadderPoint[]; readonly notesAt: number};

const columnAt = (column: number): number => LEFT + (column * LANE);

const drawText = (x: number, y: number, text: string, className = ''): string => htmlEscape`<text x="${x}" y="${y}" class="${className}">${text}</text>`;

const drawHead = ({points}: Picture, height: number): readonly string[] => points.flatMap(({point, role}, column) => [
	drawText(columnAt(column), 18, role, 'role'),
	drawText(columnAt(column), 36, point, 'point'),
	`<line x1="${columnAt(column)}" y1="46" x2="${columnAt(column)}" y2="${height - 6}" class="lane"/>`,
]);

/** Frames of a packet at each column; empty where that point did not see it. */
const framesAt = (row: LadderRow, {points}: Picture): readonly string[] =>
	points.map(point => sightingsAt(row, point).map(({frame}) => `#${frame}`).join(' '));

const describeRow = (row: LadderRow): readonly string[] => {
	const [{source, destination}] = row.sightings;
	const facts = [...(row.payloadLength > 0 ? [`${row.payloadLength} bytes`] : []), ...(row.isRetransmission ? ['sent again'] : []), ...row.translations];
	return [`${formatAddress(source)} → ${formatAddress(destination)}`, row.impossible === undefined ? facts.join(' · ') : `✗ impossible: ${row.impossible.replace(/^from .*, expected/v, 'expected')}`];
};

/** One that only its sender saw is drawn halfway to the next column, and ends there. */
const drawArrow = (seen: readonly number[], y: number, row: LadderRow, {points}: Picture): readonly string[] => {
	const isForward = row.direction === 'forward';
	const [first, last] = [seen.at(0) ?? 0, seen.at(-1) ?? 0];
	const isLost = first === last;
	const half = isLost && points.length > 1 ? LANE / 2 : 0;
	const low = columnAt(first) - (isForward ? 0 : half);
	const high = columnAt(last) + (isForward ? half : 0);
	const [from, to] = isForward ? [low, high] : [high, low];
	const className = row.impossible === undefined ? (isLost ? 'lost' : 'arrow') : 'wrong';
	const tip = isForward ? -9 : 9;
	return [
		`<line x1="${from}" y1="${y}" x2="${to}" y2="${y}" class="${className}"/>`,
		`<path d="M${to} ${y} l${tip} -5 v10 z" class="${className} tip"/>`,
		drawText(((low + high) / 2) - 10, y - 6, row.what, 'what'),
	];
};

const drawRow = (row: LadderRow, position: number, picture: Picture): readonly string[] => {
	const y = HEAD + (position * ROW) + 22;
	const frames = framesAt(row, picture);
	const seen = frames.flatMap((text, column) => (text === '' ? [] : [column]));
	const [addresses, facts] = describeRow(row);
	return [
		drawText(4, y + 4, row.atMs.toFixed(3), 'time'),
		...drawArrow(seen, y, row, picture),
		...frames.flatMap((text, column) => (text === '' ? [] : [drawText(columnAt(column) + 4, y + 15, text, 'frame')])),
		drawText(picture.notesAt, y, addresses, 'note'),
		drawText(picture.notesAt, y + 15, facts, row.impossible === undefined ? 'fact' : 'impossible'),
	];
};

/** The ladder of a flow as SVG: one column for each point, one arrow for each packet, what NAT did beside it. The page's style gives it its colours. */
export const drawLadder = (flow: Flow, columns: readonly LadderPoint[]): string => {
	const points = columnsOf(flow, columns);
	const rows = flow.ladder.slice(0, MOST_ROWS);
	const picture: Picture = {points, notesAt: columnAt(points.length - 1) + 60};
	const width = picture.notesAt + NOTES;
	const height = HEAD + (rows.length * ROW) + 10;
	return [
		`<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
		htmlEscape`<title>${formatFlowTitle(flow)}</title>`,
		...drawHead(picture, height),
		...rows.flatMap((row, position) => drawRow(row, position, picture)),
		'</svg>',
		...(flow.ladder.length > rows.length ? [`<p>${flow.ladder.length - rows.length} more packets are not drawn</p>`] : []),
	].join('\n');
};

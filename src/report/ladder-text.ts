import type {
	Flow,
	FlowEnding,
	LadderRow,
	PointRole,
} from '../packets/flow.ts';
import {formatAddress, isSameAddress} from '../packets/name-address.ts';

/** A column of the ladder. */
export type LadderPoint = {readonly point: string; readonly role: PointRole};

/** Two columns are left for an indent. */
const WIDTH = 118;
const TIME_WIDTH = 10;
const MOST_ROWS = 40;
const NARROWEST_NOTES = 12;
/** Enough of the beginning of a flow to say that a packet did not arrive; later packets may not have been kept. */
const ROWS_THAT_COUNT = 6;

const ranks: Record<PointRole, number> = {
	client: 0,
	node: 1,
	unknown: 1,
	backend: 2,
};

const lanesOf = (count: number): number => (count <= 2 ? 30 : (count === 3 ? 20 : 14));

/** How many columns the arrows take, before what is said of each packet. */
export const ladderPictureWidth = (points: number): number => TIME_WIDTH + 4 + (lanesOf(points) * Math.max(1, points - 1)) + 9;

const pointsOf = ({ladder}: Flow): readonly LadderPoint[] =>
	new Map(ladder.flatMap(({sightings}) => sightings).map(({point, role}) => [`${role} ${point}`, {point, role}])).values().toArray();

/** The points in the order of the path. A pod that reached itself stands at both ends. */
export const columnsOf = (flow: Flow, points: readonly LadderPoint[]): readonly LadderPoint[] => {
	const homes = pointsOf(flow).filter(({point, role}) => points.some(other => other.point === point) && points.every(other => other.point !== point || other.role !== role));
	return [...points, ...homes].toSorted((one, two) => ranks[one.role] - ranks[two.role]);
};

const shorten = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

// File names differ at their ends.
const shortenStart = (text: string, width: number): string => (text.length > width ? `…${text.slice(1 - width)}` : text);

/** Where one packet was seen, of the sightings that belong to one column. */
export const sightingsAt = ({sightings}: LadderRow, {point, role}: LadderPoint): LadderRow['sightings'] => sightings.filter(sighting => sighting.point === point && sighting.role === role);

/** Frame numbers of one packet at one point: `#4`, `#1,2`, `#3…9`. */
const nameFrames = (row: LadderRow, point: LadderPoint): string => {
	const frames = sightingsAt(row, point).map(({frame}) => frame).toSorted((one, two) => one - two);
	if (frames.length === 0) {
		return '';
	}

	return frames.length < 3 ? `#${frames.join(',')}` : `#${frames[0]}…${frames.at(-1)}`;
};

const place = (cells: string[], at: number, text: string): void => {
	for (const [offset, letter] of [...text].entries()) {
		cells[at + offset] = letter;
	}
};

/** The points in the order of the path, and those that an opening packet passed. */
type Columns = {readonly points: readonly LadderPoint[]; readonly passed: ReadonlySet<string>};

type Span = {readonly first: number; readonly last: number};

/** From the first to the last column that saw the packet; one that only its sender saw is drawn halfway to the next. */
const findSpan = (labels: readonly string[], isForward: boolean): Span => {
	const first = labels.findIndex(label => label !== '');
	const last = labels.findLastIndex(label => label !== '');
	if (first < last) {
		return {first, last};
	}

	return isForward ? {first, last: Math.min(labels.length - 1, first + 1)} : {first: Math.max(0, first - 1), last};
};

/** From where to where an arrow goes, and where the first gap between two columns ends: the packet's name is written there. */
type Arrow = {readonly from: number; readonly to: number; readonly gapEnd: number};

const drawArrow = (cells: string[], {from, to, gapEnd}: Arrow, what: string, isForward: boolean): void => {
	for (let at = from; at <= to; at++) {
		cells[at] = '─';
	}

	cells[isForward ? to : from] = isForward ? '▶' : '◀';
	const room = gapEnd - from - 3;
	const name = ` ${shorten(what, Math.max(1, room - 2))} `;
	place(cells, from + 1 + Math.max(0, (room - name.length) >> 1), name);
};

const drawLanes = (row: LadderRow, points: readonly LadderPoint[]): string => {
	const lane = lanesOf(points.length);
	const labels = points.map(point => nameFrames(row, point));
	const isForward = row.direction === 'forward';
	const {first, last} = findSpan(labels, isForward);
	const cells = Array.from({length: (lane * Math.max(1, points.length - 1)) + 9}, () => ' ');
	if (first < last) {
		const from = (first * lane) + labels[first].length + 1;
		drawArrow(cells, {from, to: (last * lane) - 2, gapEnd: ((first + 1) * lane) - 2}, row.what, isForward);
	}

	for (const [column, label] of labels.entries()) {
		if (label === '') {
			continue;
		}

		const isBetween = column > first && column < last;
		place(cells, (column * lane) - (isBetween ? 1 : 0), isBetween ? ` ${label} ` : label);
	}

	return points.length === 1 ? `${labels[0]} ${isForward ? '─' : '◀'} ${row.what} ${isForward ? '▶' : '─'}`.padEnd(cells.length) : cells.join('');
};

/**
 Points on the packet's way that did not see it: after the last that did, and for an answer only those that the opening had passed.
 Several backends are no places on one way: what came to one of them is missing at none.
 */
const missingAt = (row: LadderRow, {points, passed}: Columns, position: number): readonly string[] => {
	const saw = points.map(point => sightingsAt(row, point).length > 0);
	const isAtBackend = points.some(({role}, column) => role === 'backend' && saw[column]);
	const isMissing = row.direction === 'forward'
		? (column: number) => column > saw.lastIndexOf(true) && !(isAtBackend && points[column].role === 'backend')
		: (column: number) => column < saw.indexOf(true) && passed.has(points[column].point);
	const missing = points.filter(({role}, column) => role !== 'unknown' && isMissing(column)).map(({role}) => `not seen at the ${role}`);
	return position < ROWS_THAT_COUNT ? new Set(missing).values().toArray() : [];
};

const describeRow = (row: LadderRow, columns: Columns, position: number): readonly string[] => {
	const [sender] = row.sightings;
	return [
		`${formatAddress(sender.source)} → ${formatAddress(sender.destination)}`,
		...(row.payloadLength > 0 ? [`${row.payloadLength} bytes`] : []),
		...(row.isRetransmission ? ['sent again'] : []),
		...row.translations.map(text => text.replace(/(?<=^[DS]NAT) .* → /v, ' to ')),
		...missingAt(row, columns, position),
		...(row.impossible === undefined ? [] : [`✗ impossible: ${row.impossible.replace(/^from .*, expected/v, 'expected')}`]),
	];
};

/** Puts notes on as few lines as fit; one that is too long is broken between words. */
const wrapNotes = (notes: readonly string[], width: number): readonly string[] => {
	const lines: string[] = [];
	const put = (text: string, separator: string): void => {
		const last = lines.at(-1);
		if (last !== undefined && last.length + text.length + separator.length <= width) {
			lines[lines.length - 1] = `${last}${separator}${text}`;
		} else {
			lines.push(shorten(text, width));
		}
	};

	for (const note of notes) {
		const [first, ...words] = note.length > width ? note.split(' ') : [note];
		put(first, ' · ');
		for (const word of words) {
			put(word, ' ');
		}
	}

	return lines;
};

const formatRow = (row: LadderRow, columns: Columns, {position, width}: {readonly position: number; readonly width: number}): readonly string[] => {
	const lead = `${row.atMs.toFixed(3).padStart(TIME_WIDTH)} ${row.impossible === undefined ? ' ' : '✗'} ${drawLanes(row, columns.points)} `;
	const [first, ...rest] = wrapNotes(describeRow(row, columns, position), Math.max(NARROWEST_NOTES, width - lead.length));
	return [`${lead}${first}`, ...rest.map(line => `${' '.repeat(lead.length)}${line}`)].map(line => line.trimEnd());
};

const formatHeader = (points: readonly LadderPoint[]): readonly string[] => {
	const lane = lanesOf(points.length);
	const roles = points.map(({role}) => role.padEnd(lane)).join('');
	const names = points.map(({point}) => shortenStart(point, lane - 2).padEnd(lane)).join('');
	return [`${'ms'.padStart(TIME_WIDTH)}   ${roles}`.trimEnd(), `${' '.repeat(TIME_WIDTH + 3)}${names}`.trimEnd()];
};

/** The ladder of a flow as lines of at most so many columns: one column for each point, one row for each packet with its frame numbers and what NAT did to it. */
export const formatLadder = (flow: Flow, points: readonly LadderPoint[], mostRows = MOST_ROWS, width = WIDTH): readonly string[] => {
	const {ladder, reached} = flow;
	const columns: Columns = {points: columnsOf(flow, points), passed: new Set(reached)};
	const shown = ladder.slice(0, mostRows);
	return [
		...formatHeader(columns.points),
		...shown.flatMap((row, position) => formatRow(row, columns, {position, width})),
		...(ladder.length > shown.length ? [`${' '.repeat(TIME_WIDTH + 3)}… ${ladder.length - shown.length} more packets`] : []),
	];
};

const endings: Record<FlowEnding, string> = {
	established: 'established',
	refused: 'refused by the address that was dialled',
	'impossible-reply': 'answered from an address that was not dialled',
	unreachable: 'ICMP says unreachable',
	unanswered: 'no answer reached the client',
};

/** One line: who dialled whom, what NAT made of it, how it ended. */
export const formatFlowTitle = ({protocol, client, server, backend, sourceAtBackend, ending}: Flow): string => {
	const isTranslated = backend !== undefined && !isSameAddress(backend, server);
	const isMasqueraded = sourceAtBackend !== undefined && !isSameAddress(sourceAtBackend, client);
	return [
		`${protocol} ${formatAddress(client)} → ${formatAddress(server)}`,
		...(isTranslated ? [`backend ${formatAddress(backend)}`] : []),
		...(isMasqueraded ? [`seen there as ${formatAddress(sourceAtBackend)}`] : []),
	].join(', ') + `: ${endings[ending]}`;
};

/** Title and ladder of a flow. Without points, those that saw it. */
export const formatFlow = (flow: Flow, points: readonly LadderPoint[] = pointsOf(flow), mostRows = MOST_ROWS): readonly string[] => [formatFlowTitle(flow), ...formatLadder(flow, points, mostRows)];

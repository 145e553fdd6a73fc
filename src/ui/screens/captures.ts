import {podLabel} from '../../cluster/pod-label.ts';
import type {LadderRow} from '../../packets/flow.ts';
import {formatAddress} from '../../packets/name-address.ts';
import type {SeenPacket} from '../../packets/seen-packet.ts';
import {type TimelineRow, alignCaptures} from '../../packets/timeline.ts';
import type {LiveCapture} from '../../session-state.ts';
import {
	type Area,
	type Line,
	fitArea,
	fitLine,
	joinColumns,
	line,
	span,
	spread,
	wrap,
} from '../line.ts';
import type {Model} from '../model.ts';
import {type Look, spinnerAt} from '../theme.ts';
import {filterOf} from '../view.ts';
import {windowOf} from '../window.ts';

type Side = 'client' | 'backend';

/** The label of the capture that a side shows: of several backends the one that the attempt met. */
export const labelOf = ({state}: Model, side: Side): string | undefined => {
	if (state.target === undefined) {
		return undefined;
	}

	const {client} = state.target;
	if (side === 'client') {
		return podLabel(client);
	}

	const met = state.capture?.flows.toSorted((a, b) => Number(a.ending === 'established') - Number(b.ending === 'established')).at(0)?.ladder.flatMap(({sightings}) => sightings).find(({role, point}) => role === 'backend' && point !== podLabel(client))?.point;
	return met ?? state.live.values().find(({role}) => role === 'backend')?.label ?? state.target.backends.map(pod => podLabel(pod)).at(0);
};

const liveOf = (model: Model, side: Side): LiveCapture | undefined => {
	const label = labelOf(model, side);
	return label === undefined ? undefined : model.state.live.get(label);
};

/** The rows of both captures, lined up. */
export const timelineOf = (model: Model): readonly TimelineRow[] => {
	const sideOf = (side: Side) => ({label: labelOf(model, side) ?? '', packets: liveOf(model, side)?.rows ?? []});
	const filter = filterOf(model.view, 'captures');
	const rows = alignCaptures(sideOf('client'), sideOf('backend'), model.state.capture?.flows ?? []);
	return filter === '' ? rows : rows.filter(({client, backend}) => [client, backend].some(packet => packet && textOf(model, packet).includes(filter)));
};

const flagNames: Readonly<Record<string, string>> = {
	S: 'syn', 'S.': 'syn-ack', R: 'rst', 'R.': 'rst-ack', F: 'fin', 'F.': 'fin-ack', 'P.': 'psh-ack', '.': 'ack',
};

const textOf = (model: Model, {what, source, destination}: SeenPacket): string =>
	[what, flagNames[what] ?? '', ...[source, destination].flatMap(address => [formatAddress(address), namePeer(model, address)])].join(' ').toLowerCase();

/** Whether the verdict names the packet of a row. */
const isNamed = (model: Model, row: TimelineRow): boolean => {
	const verdict = model.state.diagnosis?.cause?.verdict;
	const refs = verdict && 'evidence' in verdict ? verdict.evidence : [];
	return refs.some(ref => ref.kind === 'packet' && (['client', 'backend'] as const).some(side => row[side]?.frame === ref.frame && labelOf(model, side) === ref.point));
};

/** The row that tells most: the packet that cannot be right, else one that the verdict names, else the first one of an attempt that failed, else the newest. */
const tellingRow = (model: Model, rows: readonly TimelineRow[]): number => {
	const failed = new Set(model.state.capture?.flows.filter(({ending}) => ending !== 'established').flatMap(({ladder}) => ladder));
	const found = [
		rows.findIndex(({ladder}) => ladder?.impossible !== undefined),
		rows.findIndex(row => isNamed(model, row)),
		rows.findIndex(({ladder}) => ladder !== undefined && failed.has(ladder)),
	].find(index => index !== -1);
	return found ?? (rows.length - 1);
};

/** Where the cursor stands; while nobody moved it, on the row that tells most. */
export const capturesCursor = (model: Model, rows: readonly TimelineRow[] = timelineOf(model)): number =>
	Math.max(0, Math.min(rows.length - 1, model.view.cursors.captures ?? tellingRow(model, rows)));

/** Three digits and the unit: `0.2 ms`, `1.03 s`. */
const formatTime = (ms: number): string => {
	if (Math.abs(ms) < 1000) {
		return `${ms.toFixed(Math.abs(ms) < 10 ? 1 : 0)} ms`;
	}

	return `${(ms / 1000).toFixed(2)} s`;
};

const addressNames = ({state}: Model): ReadonlyMap<string, string> => new Map((state.target ? [state.target.client, ...(state.target.otherClient ? [state.target.otherClient] : [])] : []).map(({ip, name}) => [ip, name]));

const namePeer = (model: Model, {ip, port}: SeenPacket['source']): string => formatAddress({ip: addressNames(model).get(ip) ?? ip, port}).replace(/^\[(?<name>[^:\[\]]+)\]/v, '$<name>');

const clientWords = [['reply restored', 'restored']] as const;
const backendWords = [['DNAT', 'dnat'], ['SNAT', 'snat']] as const;

/** What NAT did to a packet before this side saw it, in a word. */
const natWord = (side: Side, ladder: LadderRow | undefined): string => {
	const words = side === 'client' ? clientWords : (ladder?.direction === 'forward' ? backendWords : []);
	return words.filter(([begin]) => ladder?.translations.some(text => text.startsWith(begin))).map(([, word]) => word).join(' ');
};

const lookOf = (ladder: LadderRow | undefined, isImpossible: boolean): Look => (isImpossible ? 'bad' : (ladder === undefined ? 'dim' : 'plain'));

type Place = {readonly side: Side; readonly ip: string; readonly width: number; readonly isHere: boolean};

const drawSeen = (model: Model, packet: SeenPacket, row: TimelineRow, {side, ip, width, isHere}: Place): Line => {
	const isOut = packet.source.ip === ip;
	const isImpossible = side === 'client' && row.ladder?.impossible !== undefined;
	const look = lookOf(row.ladder, isImpossible);
	const left: Line = [
		span(isHere ? '▌' : ' ', 'accent'),
		span(`${formatTime(row.atMs).padStart(8)} `, 'dim'),
		span(`${packet.what.padEnd(3)} ${isOut ? '→' : '←'} ${namePeer(model, isOut ? packet.destination : packet.source)}`, isHere && look === 'plain' ? 'strong' : look),
	];
	return spread(left, isImpossible ? line(['✗ ', 'bad']) : line([natWord(side, row.ladder), 'accent'], ' '), width);
};

/** A row on one side; where that side did not see the packet, the cursor alone. */
const drawPacket = (model: Model, row: TimelineRow, place: Place): Line => {
	const packet = row[place.side];
	return packet === undefined ? fitLine(line([place.isHere ? '▏' : ' ', 'dim']), place.width) : drawSeen(model, packet, row, place);
};

const countPackets = ({isRunning, nowMs}: Model, {total, lastAtMs}: LiveCapture): Line => {
	if (total === 0) {
		return line([`${isRunning ? '' : '! '}0 packets `, 'warn']);
	}

	const age = lastAtMs === undefined ? '' : ` · ${formatTime(Math.max(0, Math.round((nowMs - lastAtMs) / 100) * 100))} ago`;
	return line([`${total}${isRunning ? age : ' packets'} `, 'dim']);
};

/** How well a capture does: packets so far, how long ago the last one came, what the kernel dropped. */
const describeCapture = (model: Model, live: LiveCapture | undefined, label: string): Line => {
	if (model.state.target === undefined) {
		return [];
	}

	if (live === undefined || live.problem !== undefined) {
		return line([`${live === undefined && model.isRunning ? `${spinnerAt(model.nowMs)} arming` : 'no capture'} `, live === undefined ? 'dim' : 'warn']);
	}

	const drops = model.state.capture?.points.find(point => point.label === label)?.kernelDrops ?? 0;
	return [...(drops > 0 ? line([`${drops} dropped · `, 'bad']) : []), ...countPackets(model, live)];
};

const drawHead = (model: Model, side: Side, width: number): Line => {
	const label = labelOf(model, side) ?? '';
	const ip = ipOf(model, side);
	const isHere = model.view.pane === 'captures';
	const filter = side === 'client' ? filterOf(model.view, 'captures') : '';
	if (filter !== '') {
		const total = timelineOf({...model, view: {...model.view, filter: ''}}).length;
		return spread(line([' CLIENT ', 'accent'], label.slice(label.indexOf('/') + 1)), line(`/${filter} ${timelineOf(model).length} of ${total} `), width);
	}

	return spread([span(` ${side.toUpperCase()} `, isHere ? 'accent' : 'strong'), span(label.slice(label.indexOf('/') + 1)), ...(width < 48 ? [] : [span(` ${ip}`, 'dim')])], describeCapture(model, liveOf(model, side), label), width);
};

const ipOf = ({state, ...model}: Model, side: Side): string => {
	const label = labelOf({state, ...model}, side);
	return [state.target?.client, ...(state.target?.backends ?? [])].find(pod => pod && podLabel(pod) === label)?.ip ?? '';
};

const drawProblem = (model: Model, side: Side, width: number): readonly Line[] => {
	const problem = liveOf(model, side)?.problem;
	return problem === undefined ? [] : [fitLine(line(' ', [problem, 'warn']), width)];
};

const drawSide = (model: Model, side: Side, {width, height}: Area, rows: readonly TimelineRow[]): readonly Line[] => {
	const cursor = capturesCursor(model, rows);
	const {first, last} = windowOf(rows.length, cursor, height - 1);
	const ip = ipOf(model, side);
	const packets = rows.slice(first, last).map((row, index) => drawPacket(model, row, {
		side, ip, width, isHere: first + index === cursor,
	}));
	const isNothingFound = side === 'client' && rows.length === 0 && filterOf(model.view, 'captures') !== '';
	const nothing = isNothingFound ? wrap('no packet is like that: esc ends the filter', width - 2, 'dim').map((text): Line => [span(' '), ...text]) : [];
	return fitArea([drawHead(model, side, width), ...drawProblem(model, side, width), ...packets, ...nothing], {width, height});
};

/** As narrow as two captures beside each other can be read. */
const narrowestSide = 32;

/** How wide the client's capture is where both stand beside each other; undefined where there is no room for that. */
export const clientWidthOf = (width: number): number | undefined => {
	const half = Math.floor((width - 1) / 2);
	return half < narrowestSide ? undefined : half;
};

/** Both captures: beside each other on shared lines where there is room, else the client's above the backend's. */
export const drawCaptures = (model: Model, {width, height}: Area): readonly Line[] => {
	const rows = timelineOf(model);
	const half = clientWidthOf(width);
	if (half !== undefined) {
		return joinColumns([drawSide(model, 'client', {width: half, height}, rows), drawSide(model, 'backend', {width: width - 1 - half, height}, rows)]);
	}

	const upper = Math.ceil(height / 2);
	return [...drawSide(model, 'client', {width, height: upper}, rows), ...drawSide(model, 'backend', {width, height: height - upper}, rows)];
};

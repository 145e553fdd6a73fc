import type {Flow, LadderRow, Sighting} from './flow.ts';
import {formatAddress} from './name-address.ts';
import type {SeenPacket} from './seen-packet.ts';

/** A row of two captures side by side: a packet that both saw stands once, on one line. */
export type TimelineRow = {
	/** Milliseconds since the first packet of the flow, or where there is none, since the first row; on the client's clock. */
	readonly atMs: number;
	readonly client: SeenPacket | undefined;
	readonly backend: SeenPacket | undefined;
	/** What the packet is in the flow that is examined; undefined for all other traffic. */
	readonly ladder: LadderRow | undefined;
};

type Side = 'client' | 'backend';
type Place = {readonly packet: SeenPacket; readonly side: Side; readonly ladder: LadderRow | undefined; readonly timeMs: number};

const frameAt = ({sightings}: LadderRow, point: string): Sighting | undefined => sightings.find(sighting => sighting.point === point);

const indexFrames = (flows: readonly Flow[], point: string): ReadonlyMap<number, LadderRow> =>
	new Map(flows.flatMap(({ladder}) => ladder).flatMap(row => row.sightings.filter(sighting => sighting.point === point).map(({frame}) => [frame, row] as const)));

/** How far the backend's clock is ahead, told by a packet that both saw: 0 where there is none, or where the two share a clock. */
const findOffsetMs = (client: readonly Place[], backend: readonly Place[]): number => {
	const times = new Map(client.filter(({ladder}) => ladder !== undefined).map(({ladder, timeMs}) => [ladder, timeMs]));
	const match = backend.find(({ladder}) => ladder !== undefined && times.has(ladder));
	const apartMs = match === undefined ? 0 : match.timeMs - (times.get(match.ladder) ?? 0);
	// Within one machine a packet takes less than this, and clocks of two machines are rarely closer.
	return Math.abs(apartMs) < 5 ? 0 : apartMs;
};

const placesOf = (packets: readonly SeenPacket[], side: Side, rows: ReadonlyMap<number, LadderRow>): readonly Place[] =>
	packets.map(packet => ({
		packet, side, ladder: rows.get(packet.frame), timeMs: packet.timeMs,
	}));

/** What is the same packet, where both sides saw it: what the flows say, and outside of them the same addresses and content, as nothing was translated there. */
const identify = ({packet: {source, destination, what, payloadLength}, ladder}: Place): LadderRow | string =>
	ladder ?? `${formatAddress(source)} ${formatAddress(destination)} ${what} ${payloadLength}`;

/** A packet needs no longer from one side to the other; one that is sent again comes later. */
const longestWayMs = 100;

type Waiting = {readonly index: number; readonly side: Side; readonly timeMs: number};

/** Takes the row in which the other side saw the same packet, if there is one; what waited too long is another one. */
const takeSame = (waiting: Waiting[], {side, ladder, timeMs}: Place): number | undefined => {
	while (waiting.length > 0 && waiting[0].side !== side) {
		const {index, timeMs: seenMs} = waiting.shift()!;
		if (ladder !== undefined || timeMs - seenMs <= longestWayMs) {
			return index;
		}
	}

	return undefined;
};

const mergePlaces = (places: readonly Place[]): readonly TimelineRow[] => {
	const rows: TimelineRow[] = [];
	const waiting = new Map<LadderRow | string, Waiting[]>();
	const startMs = (places.find(({ladder}) => ladder !== undefined) ?? places.at(0))?.timeMs ?? 0;
	for (const place of places) {
		const {packet, side, ladder, timeMs} = place;
		const key = identify(place);
		const unpaired = waiting.get(key) ?? [];
		waiting.set(key, unpaired);
		const same = takeSame(unpaired, place);
		if (same === undefined) {
			unpaired.push({index: rows.length, side, timeMs});
			rows.push({
				client: undefined, backend: undefined, [side]: packet, ladder, atMs: timeMs - startMs,
			});
		} else {
			rows[same] = {...rows[same], [side]: packet};
		}
	}

	return rows;
};

export type TimelineSide = {readonly label: string; readonly packets: readonly SeenPacket[]};

/** Lines two captures up in time, across NAT and different clocks, as far as the flows or their addresses say which packets are the same. */
export const alignCaptures = (client: TimelineSide, backend: TimelineSide, flows: readonly Flow[]): readonly TimelineRow[] => {
	const left = placesOf(client.packets, 'client', indexFrames(flows, client.label));
	const right = placesOf(backend.packets, 'backend', indexFrames(flows, backend.label));
	const offsetMs = findOffsetMs(left, right);
	const shifted = right.map(place => ({...place, timeMs: place.timeMs - offsetMs}));
	return mergePlaces([...left, ...shifted].toSorted((a, b) => a.timeMs - b.timeMs));
};

/** The frame of a row's packet at a point, or undefined where that point did not see it. */
export const frameOf = (row: LadderRow, point: string): number | undefined => frameAt(row, point)?.frame;

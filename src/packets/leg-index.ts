import type {FlowTable} from './flow-table.ts';
import type {PointRole} from './flow.ts';
import {
	LEG_DESTINATION,
	LEG_FIRST_ROW,
	LEG_PORTS,
	LEG_SOURCE,
	LEG_WIDTH,
} from './leg-table.ts';
import {ROW_NANOSECONDS, ROW_SECONDS, ROW_WIDTH} from './row-store.ts';

/** A capture as it enters correlation. */
export type PointTable = {readonly point: string; readonly role: PointRole; readonly flows: FlowTable};

/** All legs of all points under one numbering. */
export type LegIndex = {
	readonly points: readonly PointTable[];
	/** Number of each point's first leg. */
	readonly bases: readonly number[];
	readonly total: number;
	/** Times are counted from here, so that milliseconds keep their fractions. */
	readonly epochSeconds: number;
};

/** Numbers the legs of all points. */
export const indexLegs = (points: readonly PointTable[]): LegIndex => {
	const bases: number[] = [];
	let total = 0;
	for (const {flows} of points) {
		bases.push(total);
		total += flows.table.count;
	}

	const first = points.find(({flows}) => flows.store.count > 0);
	return {
		points,
		bases,
		total,
		epochSeconds: first ? first.flows.store.rows[ROW_SECONDS] >>> 0 : 0,
	};
};

/** The point that a leg was seen at. */
export const pointOf = ({bases}: LegIndex, leg: number): number => {
	let point = bases.length - 1;
	while (bases[point] > leg) {
		point--;
	}

	return point;
};

/** A field of a leg. */
export const readLeg = (index: LegIndex, leg: number, field: number): number => {
	const point = pointOf(index, leg);
	return index.points[point].flows.table.legs[((leg - index.bases[point]) * LEG_WIDTH) + field];
};

/** A field of a kept packet at a point. */
export const readRow = ({points}: LegIndex, point: number, row: number, field: number): number => points[point].flows.store.rows[(row * ROW_WIDTH) + field];

/** When a kept packet passed, in milliseconds on its point's own clock. */
export const readTimeMs = (index: LegIndex, point: number, row: number): number =>
	(((readRow(index, point, row, ROW_SECONDS) >>> 0) - index.epochSeconds) * 1000) + (readRow(index, point, row, ROW_NANOSECONDS) / 1_000_000);

/** The first kept packet of a leg, or -1. */
export const firstRowOf = (index: LegIndex, leg: number): number => readLeg(index, leg, LEG_FIRST_ROW);

/** Which end of a leg: the sender of its first packet, or the other. */
export type End = 'source' | 'destination';

const addressField = (end: End): number => (end === 'source' ? LEG_SOURCE : LEG_DESTINATION);

/** The port at one end of a leg. */
export const portOf = (index: LegIndex, leg: number, end: End): number => {
	const ports = readLeg(index, leg, LEG_PORTS);
	return end === 'source' ? ports >>> 16 : ports & 0xFF_FF;
};

/** One end of a leg: which leg, and which of its ends. */
export type LegEnd = {readonly leg: number; readonly end: End};

/** True where two ends have the same address. */
export const isSameIp = (index: LegIndex, one: LegEnd, two: LegEnd): boolean => {
	for (let word = 3; word >= 0; word--) {
		if (readLeg(index, one.leg, addressField(one.end) + word) !== readLeg(index, two.leg, addressField(two.end) + word)) {
			return false;
		}
	}

	return true;
};

/** True where two ends have the same port. */
export const isSamePort = (index: LegIndex, one: LegEnd, two: LegEnd): boolean => portOf(index, one.leg, one.end) === portOf(index, two.leg, two.end);

/** The address words at one end of a leg. */
export const addressWords = (index: LegIndex, {leg, end}: LegEnd): readonly [number, number, number, number] => {
	const field = addressField(end);
	return [readLeg(index, leg, field), readLeg(index, leg, field + 1), readLeg(index, leg, field + 2), readLeg(index, leg, field + 3)];
};

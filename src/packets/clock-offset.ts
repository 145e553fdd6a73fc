import type {Conversation, Row} from './conversation.ts';
import {FLAGS_THAT_STAY} from './tcp.ts';

/** Clocks this close are the same clock: the difference is the packet's way. */
const SAME_CLOCK_MS = 2;
const ENOUGH_SAMPLES = 1000;

const median = (numbers: readonly number[]): number | undefined => {
	const sorted = numbers.toSorted((one, two) => one - two);
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted.at(middle) : (sorted.length === 0 ? undefined : (sorted[middle - 1] + sorted[middle]) / 2);
};

/** What stays the same in a packet wherever it is seen. */
export const identify = (row: Row): string => `${Number(row.isForward)} ${Number(row.isError)} ${row.sequence} ${row.acknowledgement} ${row.flags & FLAGS_THAT_STAY} ${row.payloadLength} ${row.mark}`;

type Differences = {readonly forward: number[]; readonly back: number[]};

/** The first time each packet was seen at a point. */
const firstTimes = (rows: readonly Row[], point: number): ReadonlyMap<string, number> => {
	const times = new Map<string, number>();
	for (const row of rows) {
		const key = `${identify(row)} ${row.identification}`;
		if (row.point === point && !times.has(key)) {
			times.set(key, row.timeMs);
		}
	}

	return times;
};

const compareTimes = (rows: readonly Row[], point: number, {forward, back}: Differences): void => {
	const first = firstTimes(rows, 0);
	for (const [key, timeMs] of firstTimes(rows, point)) {
		const firstMs = first.get(key);
		if (firstMs !== undefined) {
			(key.startsWith('1') ? forward : back).push(timeMs - firstMs);
		}
	}
};

/** One way the packet's travel is in the difference, the other way it is taken off: the mean of both medians is the clocks' alone. */
const settle = ({forward, back}: Differences): number => {
	const [there, return_] = [median(forward), median(back)];
	const offsetMs = there === undefined || return_ === undefined ? there ?? return_ ?? 0 : (there + return_) / 2;
	return Math.abs(offsetMs) < SAME_CLOCK_MS ? 0 : offsetMs;
};

/** How far each point's clock is ahead of the first point's, in milliseconds, estimated from the packets that both saw. */
export const estimateClockOffsets = (conversations: readonly Conversation[], points: number): readonly number[] => {
	const offsets = [0];
	for (let point = 1; point < points; point++) {
		const differences: Differences = {forward: [], back: []};
		for (const {rows} of conversations) {
			if (differences.forward.length + differences.back.length < ENOUGH_SAMPLES) {
				compareTimes(rows, point, differences);
			}
		}

		offsets.push(settle(differences));
	}

	return offsets;
};

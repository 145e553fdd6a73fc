import {
	firstRowOf,
	isSameIp,
	isSamePort,
	type LegIndex,
	pointOf,
	readRow,
	readTimeMs,
} from './leg-index.ts';
import {ROW_IDENTIFICATION, ROW_MARK} from './row-store.ts';

/** A packet that stands for its leg in a comparison: the leg's first in one direction. */
export type Sample = {readonly leg: number; readonly row: number; readonly isBack: boolean};

const SAME_ID = 4;
const OTHER_ID = -2;
const SAME_MARK = 4;
/** Two captures of one incident may run on clocks this far apart. */
const LARGEST_SKEW_MS = 300_000;
const LARGEST_TIMESTAMP_STEP = 1_048_576;
/** A packet shows up twice at one point within microseconds; a retransmission takes at least the 200 ms of Linux' shortest timer. */
const LONGEST_REFLECTION_MS = 100;

/** Likeness of packets that must not be paired. */
export const UNLIKE = -100;

/** The first packet of a leg. */
export const sampleOf = (index: LegIndex, leg: number): Sample => ({leg, row: firstRowOf(index, leg), isBack: false});

const identificationOf = (index: LegIndex, {leg, row}: Sample): number => readRow(index, pointOf(index, leg), row, ROW_IDENTIFICATION);
const markOf = (index: LegIndex, {leg, row}: Sample): number => readRow(index, pointOf(index, leg), row, ROW_MARK);
const timeOf = (index: LegIndex, {leg, row}: Sample): number => readTimeMs(index, pointOf(index, leg), row);

const likenessOfIds = (one: number, two: number): number => {
	if (one <= 0 || two <= 0) {
		return 0;
	}

	return one === two ? SAME_ID : OTHER_ID;
};

/** How many of the two addresses and ports agree, each in the direction of its packet. */
const countSameEnds = (index: LegIndex, one: Sample, two: Sample): number => {
	let same = 0;
	for (const side of ['source', 'destination'] as const) {
		const opposite = side === 'source' ? 'destination' : 'source';
		const first = {leg: one.leg, end: one.isBack ? opposite : side} as const;
		const second = {leg: two.leg, end: two.isBack ? opposite : side} as const;
		same += Number(isSameIp(index, first, second)) + Number(isSamePort(index, first, second));
	}

	return same;
};

const isReflection = (index: LegIndex, one: Sample, two: Sample): boolean =>
	markOf(index, one) === markOf(index, two) && identificationOf(index, one) === identificationOf(index, two)
	&& Math.abs(timeOf(index, one) - timeOf(index, two)) < LONGEST_REFLECTION_MS;

/**
How sure it is that two packets are one, seen twice. Callers have compared sequence numbers or payload already: this weighs IP id, timestamp, addresses and ports.
At one point the two must be the same packet before and after NAT, so everything that NAT leaves alone has to agree.
*/
export const weighLikeness = (index: LegIndex, one: Sample, two: Sample): number => {
	if (one.row < 0 || two.row < 0) {
		return UNLIKE;
	}

	const isSamePoint = pointOf(index, one.leg) === pointOf(index, two.leg);
	if (Math.abs(timeOf(index, one) - timeOf(index, two)) > LARGEST_SKEW_MS || (isSamePoint && !isReflection(index, one, two))) {
		return UNLIKE;
	}

	const [firstMark, secondMark] = [markOf(index, one), markOf(index, two)];
	const haveMarks = firstMark !== 0 && secondMark !== 0;
	if (haveMarks && Math.abs(firstMark - secondMark) > LARGEST_TIMESTAMP_STEP) {
		return UNLIKE;
	}

	return likenessOfIds(identificationOf(index, one), identificationOf(index, two))
		+ (haveMarks && firstMark === secondMark ? SAME_MARK : 0)
		+ countSameEnds(index, one, two);
};

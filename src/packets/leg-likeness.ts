import {
	firstRowOf,
	type LegIndex,
	pointOf,
	readRow,
	readTimeMs,
} from './leg-index.ts';
import {
	LEG_DESTINATION,
	LEG_PORTS,
	LEG_SOURCE,
	LEG_WIDTH,
} from './leg-table.ts';
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

type Words = {readonly legs: Int32Array; readonly at: number};

const wordsOf = (index: LegIndex, leg: number): Words => {
	const point = pointOf(index, leg);
	return {legs: index.points[point].flows.table.legs, at: (leg - index.bases[point]) * LEG_WIDTH};
};

const isSameAddress = (one: Words, two: Words, from: number, to: number): boolean =>
	one.legs[one.at + from + 3] === two.legs[two.at + to + 3] && one.legs[one.at + from + 2] === two.legs[two.at + to + 2]
	&& one.legs[one.at + from + 1] === two.legs[two.at + to + 1] && one.legs[one.at + from] === two.legs[two.at + to];

const portAt = ({legs, at}: Words, field: number): number => (field === LEG_SOURCE ? legs[at + LEG_PORTS] >>> 16 : legs[at + LEG_PORTS] & 0xFF_FF);

/** How many of the two addresses and ports agree, each in the direction of its packet. */
const countSameEnds = (index: LegIndex, one: Sample, two: Sample): number => {
	const [first, second] = [wordsOf(index, one.leg), wordsOf(index, two.leg)];
	const [from, to] = [one.isBack ? LEG_DESTINATION : LEG_SOURCE, two.isBack ? LEG_DESTINATION : LEG_SOURCE];
	const [otherFrom, otherTo] = [LEG_DESTINATION - from, LEG_DESTINATION - to];
	return Number(isSameAddress(first, second, from, to)) + Number(isSameAddress(first, second, otherFrom, otherTo))
		+ Number(portAt(first, from) === portAt(second, to)) + Number(portAt(first, otherFrom) === portAt(second, otherTo));
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

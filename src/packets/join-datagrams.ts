import {createCandidates} from './candidates.ts';
import {type LegGroups, joinPair} from './leg-groups.ts';
import {
	addressWords,
	firstRowOf,
	isSameIp,
	isSamePort,
	type LegIndex,
	pointOf,
	portOf,
	readLeg,
	readRow,
	readTimeMs,
} from './leg-index.ts';
import {
	type Sample,
	sampleOf,
	UNLIKE,
	weighLikeness,
} from './leg-likeness.ts';
import {firstRowInDirection, hashRow} from './leg-rows.ts';
import {LEG_KIND} from './leg-table.ts';
import {ROW_LEG, ROW_NEXT} from './row-store.ts';
import {UDP} from './transport.ts';

/** Same payload and, at least, one address or port in common, or the same IP id. */
const ENOUGH = 5;
const LONGEST_ANSWER_MS = 10_000;
/** First byte of multicast addresses, and for IPv4 of all above them. */
const IPV4_MULTICAST = 224;
const IPV6_MULTICAST = 255;

/** The first packet of a leg one way or the other: samples are numbered by leg and direction. */
const readSample = (index: LegIndex, number: number): Sample => {
	const leg = number >> 1;
	const isBack = number % 2 === 1;
	return {leg, row: firstRowInDirection(index, leg, isBack), isBack};
};

/** An answer that matches the way back of another leg begins its own leg: that leg runs the other way. */
const noteReversed = (groups: LegGroups, one: Sample, two: Sample): void => {
	if (one.isBack !== two.isBack) {
		groups.isReversed[one.isBack ? two.leg : one.leg] = 1;
	}
};

const joinByPayload = (index: LegIndex, groups: LegGroups, legs: readonly number[]): void => {
	const seen = createCandidates(index.total * 2);
	const numbers = legs.flatMap(leg => [leg * 2, (leg * 2) + 1]);
	for (const number of numbers) {
		const sample = readSample(index, number);
		if (sample.row < 0) {
			continue;
		}

		const key = hashRow(index, pointOf(index, sample.leg), sample.row) + readLeg(index, sample.leg, LEG_KIND);
		const best = seen.chooseBest(key, other => (other >> 1 === sample.leg ? UNLIKE : weighLikeness(index, sample, readSample(index, other))), ENOUGH);
		if (best >= 0) {
			joinPair(groups, best >> 1, sample.leg);
			noteReversed(groups, readSample(index, best), sample);
		}

		seen.add(key, number);
	}
};

/** Multicast or broadcast: anybody may answer. */
const isMulticast = (index: LegIndex, leg: number): boolean => {
	const words = addressWords(index, {leg, end: 'destination'});
	const isIpv6 = readLeg(index, leg, LEG_KIND) >>> 16 === 6;
	return isIpv6 ? words[0] >>> 24 === IPV6_MULTICAST : words[3] >>> 24 >= IPV4_MULTICAST;
};

/** True where somebody complained by ICMP about a leg's packets. */
const hasError = (index: LegIndex, leg: number): boolean => {
	const point = pointOf(index, leg);
	const own = leg - index.bases[point];
	let row = firstRowOf(index, leg);
	while (row >= 0 && readRow(index, point, row, ROW_LEG) === own) {
		row = readRow(index, point, row, ROW_NEXT);
	}

	return row >= 0;
};

const isUnexpectedReply = (index: LegIndex, reply: number, request: number): boolean => {
	const point = pointOf(index, reply);
	const [asked, answered] = [sampleOf(index, request), sampleOf(index, reply)];
	const waitMs = readTimeMs(index, point, answered.row) - readTimeMs(index, point, asked.row);
	const caller = {leg: request, end: 'source'} as const;
	const receiver = {leg: reply, end: 'destination'} as const;
	return waitMs >= 0 && waitMs <= LONGEST_ANSWER_MS && pointOf(index, request) === point
		&& isSameIp(index, caller, receiver) && isSamePort(index, caller, receiver)
		&& !isMulticast(index, request) && firstRowInDirection(index, request, true) < 0;
};

/** A reply from an address that was not asked has no leg to match where the backend was not captured. It is taken for one at the client, or where its receiver refused it. */
const joinUnexpectedReplies = (index: LegIndex, groups: LegGroups, legs: readonly number[]): void => {
	const requests = createCandidates(index.total);
	for (const leg of legs) {
		if (sampleOf(index, leg).row < 0 || (readLeg(index, leg, LEG_KIND) & 0xFF_FF) !== UDP) {
			continue;
		}

		const isTrusted = index.points[pointOf(index, leg)].role === 'client' || hasError(index, leg);
		const request = isTrusted ? requests.chooseBest(portOf(index, leg, 'destination'), candidate => Number(isUnexpectedReply(index, leg, candidate)), 1) : -1;
		if (request >= 0) {
			joinPair(groups, request, leg);
			groups.isReversed[leg] = 1;
		}

		// An answer is nobody's request, though more may be sent to where it comes from.
		if (groups.isReversed[leg] === 0) {
			requests.add(portOf(index, leg, 'source'), leg);
		}
	}
};

/** Joins the legs of UDP, ICMP and other conversations, which have no sequence numbers: by payload, IP id, addresses and ports. */
export const joinDatagrams = (index: LegIndex, groups: LegGroups, legs: readonly number[]): void => {
	joinByPayload(index, groups, legs);
	joinUnexpectedReplies(index, groups, legs);
};

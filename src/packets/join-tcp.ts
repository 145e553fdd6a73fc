import {type Candidates, createCandidates} from './candidates.ts';
import {
	isSameIp,
	isSamePort,
	type LegIndex,
	pointOf,
	portOf,
	readLeg,
	readTimeMs,
} from './leg-index.ts';
import {joinPair, type LegGroups} from './leg-groups.ts';
import {type Sample, sampleOf, weighLikeness} from './leg-likeness.ts';
import {
	ISN_OF_ANSWER,
	ISN_OF_SYN,
	LEG_ISN,
	LEG_ISN_KIND,
} from './leg-table.ts';
import {hashRow, listRows} from './leg-rows.ts';

const TO_THE_CALLER = 8;
const LONGEST_ANSWER_MS = 5000;
const COMPARED_ROWS = 8;

const joinSyn = (index: LegIndex, groups: LegGroups, syns: Candidates, leg: number): void => {
	const isn = readLeg(index, leg, LEG_ISN);
	const sample = sampleOf(index, leg);
	const best = syns.chooseBest(isn, other => weighLikeness(index, sample, sampleOf(index, other)), 1);
	if (best >= 0) {
		joinPair(groups, best, leg);
	}

	syns.add(isn, leg);
};

/** True where a leg that began with an answer goes to the very socket that sent the SYN, at the same point. */
export const isAnswerToCaller = (index: LegIndex, answer: number, syn: number): boolean => {
	const [caller, receiver] = [{leg: syn, end: 'source'}, {leg: answer, end: 'destination'}] as const;
	return pointOf(index, answer) === pointOf(index, syn) && isSameIp(index, caller, receiver) && isSamePort(index, caller, receiver);
};

const weighAnswer = (index: LegIndex, answer: Sample, syn: Sample): number => {
	if (isAnswerToCaller(index, answer.leg, syn.leg)) {
		return TO_THE_CALLER;
	}

	if (answer.row < 0 || syn.row < 0) {
		return 0;
	}

	const apart = readTimeMs(index, pointOf(index, answer.leg), answer.row) - readTimeMs(index, pointOf(index, syn.leg), syn.row);
	return Math.abs(apart) <= LONGEST_ANSWER_MS ? 1 : 0;
};

const joinAnswer = (index: LegIndex, groups: LegGroups, syns: Candidates, leg: number): void => {
	const sample = sampleOf(index, leg);
	const best = syns.chooseBest(readLeg(index, leg, LEG_ISN), syn => weighAnswer(index, sample, sampleOf(index, syn)), 1);
	groups.isReversed[leg] = 1;
	if (best >= 0) {
		joinPair(groups, best, leg);
	}
};

/** A capture that began in the middle of a conversation has no SYN of it: its packets are looked for in the other legs, each by all its numbers. */
const joinMidway = (index: LegIndex, groups: LegGroups, tcpLegs: readonly number[], midway: readonly number[]): void => {
	const seen = new Map<number, number>();
	for (const leg of tcpLegs) {
		for (const row of listRows(index, leg)) {
			seen.set(hashRow(index, pointOf(index, leg), row), leg);
		}
	}

	for (const leg of midway) {
		for (const row of listRows(index, leg, COMPARED_ROWS)) {
			const other = seen.get(hashRow(index, pointOf(index, leg), row));
			if (other !== undefined && other !== leg) {
				joinPair(groups, other, leg);
			}
		}
	}
};

/** Joins the TCP legs of one attempt. NAT rewrites addresses and ports, but the client's initial sequence number stays (RFC 9293, 3.4.1: it is unique for minutes). */
export const joinTcp = (index: LegIndex, groups: LegGroups, legs: readonly number[]): void => {
	const syns = createCandidates(index.total);
	const answers: number[] = [];
	const midway: number[] = [];
	for (const leg of legs) {
		const kind = readLeg(index, leg, LEG_ISN_KIND);
		if (kind === ISN_OF_SYN) {
			joinSyn(index, groups, syns, leg);
		} else {
			(kind === ISN_OF_ANSWER ? answers : midway).push(leg);
		}
	}

	for (const leg of answers) {
		joinAnswer(index, groups, syns, leg);
	}

	for (const leg of midway) {
		// Whoever opened it, the lower port is the server's nearly always.
		groups.isReversed[leg] = portOf(index, leg, 'source') < portOf(index, leg, 'destination') ? 1 : 0;
	}

	if (midway.length > 0) {
		joinMidway(index, groups, legs, midway);
	}
};

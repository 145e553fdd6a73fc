import type {Outcome} from '../../probes/matrix.ts';
import {joinWords, pluralize} from '../shared/words.ts';
import type {FilterVerdict} from '../../datapath/filter.ts';

type Walked = {readonly node: string; readonly verdict: FilterVerdict};

/** A packet of a route that a rule or a policy of one node stops. */
export type Stop<Crossing extends Walked> = Crossing & {readonly verdict: Extract<FilterVerdict, {readonly by: string}>};

export const isStop = <Crossing extends Walked>(crossing: Crossing): crossing is Stop<Crossing> => crossing.verdict.does === 'drop' || crossing.verdict.does === 'reject';

/** How an attempt fails whose packets cross these. A dropped packet is never answered; REJECT answers with ICMP or a reset (iptables-extensions(8)). */
export const predictStop = (crossings: readonly Walked[]): readonly Outcome[] => {
	const stop = crossings.find(crossing => isStop(crossing));
	return stop === undefined ? [] : (stop.verdict.does === 'drop' ? ['timeout'] : ['refused', 'unreachable']);
};

/** The counter of one rule on several nodes, each counted once. */
const countPackets = (stops: ReadonlyArray<Stop<Walked>>): number =>
	Map.groupBy(stops, ({node}) => node).values().reduce((sum, [{verdict: {packets}}]) => sum + packets, 0);

type StopWords<Crossing extends Walked> = {
	/** The rule or policy that stops these. */
	readonly nameRule: (stop: Stop<Crossing>) => string;
	readonly tellPackets: (stops: ReadonlyArray<Stop<Crossing>>) => string;
};

const describeRule = <Crossing extends Walked>(stops: ReadonlyArray<Stop<Crossing>>, {nameRule, tellPackets}: StopWords<Crossing>): string => {
	const counted = countPackets(stops);
	const count = counted > 0 ? ` (${pluralize(counted, 'packet')} so far)` : '';
	return `${nameRule(stops[0])} on ${joinWords(stops.map(({node}) => node))}${count} ${stops[0].verdict.does === 'drop' ? 'drops' : 'rejects'} ${tellPackets(stops)}`;
};

/** `the policy DROP of FORWARD on k8s1 and k8s2 (4 packets so far) drops …`; one rule on several nodes is told once. */
export const describeStops = <Crossing extends Walked>(stops: ReadonlyArray<Stop<Crossing>>, words: StopWords<Crossing>): string =>
	Map.groupBy(stops, ({verdict}) => verdict.by).values().map(same => describeRule(same, words)).toArray().join('; ');

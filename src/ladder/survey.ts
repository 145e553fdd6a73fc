import type {Conversation} from '../packets/conversation.ts';
import type {Correlation} from '../packets/correlate.ts';
import type {Flow, FlowEnding} from '../packets/flow.ts';
import {judgeConversation} from '../packets/judge-conversation.ts';
import {nameDestination, nameSource} from '../packets/name-address.ts';
import {TCP, UDP} from '../packets/transport.ts';
import {ICMP, ICMPV6} from '../packets/icmp.ts';
import type {FlowFilter, Subject} from './flow-filter.ts';

/** How many flows there are, how many were seen at more than one point, how they ended. */
export type Counts = {
	flows: number;
	paired: number;
	readonly endings: Record<FlowEnding, number>;
	/** TCP attempts that got no answer, or where no TCP was captured, UDP ones. */
	unansweredTcp: number;
	unansweredUdp: number;
	tcp: number;
};

/** What is worth showing of all captures together. */
export type Survey = {
	readonly counts: Counts;
	/** The most telling flows, worst first, bounded. */
	readonly telling: readonly Flow[];
};

const MOST_TELLING = 10;
const order: readonly FlowEnding[] = ['impossible-reply', 'unreachable', 'refused', 'unanswered', 'established'];

const protocolNames: ReadonlyMap<number, Subject['protocol']> = new Map([[TCP, 'tcp'], [UDP, 'udp'], [ICMP, 'icmp'], [ICMPV6, 'icmp6']]);

/** True where any packet of the conversation, at any point, passes the filter. */
export const isMatching = ({index}: Correlation, conversation: Conversation, filter: FlowFilter): boolean => {
	const seen = new Set<string>();
	return conversation.rows.some(row => {
		const key = `${row.addressLeg} ${Number(row.isFromSource)}`;
		if (seen.has(key)) {
			return false;
		}

		seen.add(key);
		const protocol = row.isError ? (conversation.version === 6 ? 'icmp6' : 'icmp') : protocolNames.get(conversation.protocol) ?? 'other';
		return filter({
			protocol,
			version: conversation.version,
			source: nameSource(index, row),
			destination: nameDestination(index, row),
		});
	});
};

/**
Every conversation that the filter lets through, one after another.

@yields The conversation with its kept packets.
*/
export function * listConversations(correlation: Correlation, filter: FlowFilter | undefined): Generator<Conversation> {
	for (const group of correlation.groups) {
		const conversation = correlation.readConversation(group);
		if (!filter || isMatching(correlation, conversation, filter)) {
			yield conversation;
		}
	}
}

const isPaired = ({rows}: Conversation): boolean => rows.some(({point}) => point !== rows[0].point);

const count = (counts: Counts, conversation: Conversation, ending: FlowEnding, hasOpening: boolean): void => {
	const isUnanswered = ending === 'unanswered' && hasOpening;
	counts.flows++;
	counts.paired += Number(isPaired(conversation));
	counts.endings[ending]++;
	counts.tcp += Number(conversation.protocol === TCP);
	counts.unansweredTcp += Number(isUnanswered && conversation.protocol === TCP);
	counts.unansweredUdp += Number(isUnanswered && conversation.protocol === UDP);
};

const createCounts = (): Counts => ({
	flows: 0,
	paired: 0,
	endings: {
		established: 0,
		refused: 0,
		'impossible-reply': 0,
		unreachable: 0,
		unanswered: 0,
	},
	unansweredTcp: 0,
	unansweredUdp: 0,
	tcp: 0,
});

/** Looks at every conversation once, and keeps the most telling of each ending: those that several points saw first. */
export const surveyFlows = (correlation: Correlation, filter: FlowFilter | undefined): Survey => {
	const counts = createCounts();
	const kept = new Map<string, Conversation[]>();
	for (const conversation of listConversations(correlation, filter)) {
		const {ending, opening} = judgeConversation(correlation.index, conversation, correlation.roles);
		count(counts, conversation, ending, opening !== undefined);
		const key = `${ending} ${isPaired(conversation) ? 'paired' : 'alone'}`;
		const list = kept.get(key) ?? [];
		if (list.length < MOST_TELLING) {
			kept.set(key, [...list, conversation]);
		}
	}

	const telling = order.flatMap(ending => [...kept.get(`${ending} paired`) ?? [], ...kept.get(`${ending} alone`) ?? []]);
	return {counts, telling: telling.slice(0, MOST_TELLING).map(conversation => correlation.buildFlow(conversation))};
};

import type {Flow} from '../packets/flow.ts';
import {formatAddress} from '../packets/name-address.ts';
import type {Survey} from './survey.ts';

/** What the packets say, and the exit code for it: 0 nothing impossible, 1 an impossible reply, 2 undecided. */
export type LadderVerdict = {readonly sentence: string; readonly exitCode: 0 | 1 | 2};

const usualCause = 'what usually does that: on the client\'s node br_netfilter is not loaded, or net.bridge.bridge-nf-call-iptables is 0, so that a bridged reply passes NAT by';

const describeReset = ({impossibleReply, protocol}: Flow): string => {
	if (impossibleReply?.resetFrame === undefined) {
		return protocol === 'tcp' && impossibleReply?.what === 'RST' ? 'the client does not take it for an answer to its SYN' : 'what the client made of it was not captured';
	}

	return `the client ${protocol === 'udp' ? 'refused it by ICMP' : 'reset it'} (frame ${impossibleReply.resetFrame})`;
};

const describeImpossible = (flow: Flow, count: number): string => {
	const reply = flow.impossibleReply;
	if (!reply) {
		return '';
	}

	const others = count > 1 ? ` (one of ${count} such flows)` : '';
	return `client frame ${reply.frame}: ${reply.what} from ${formatAddress(reply.source)}, expected ${formatAddress(reply.expected)}${others}; `
		+ `the reply never met NAT on its way back; ${describeReset(flow)}; ${usualCause}`;
};

const describeUnanswered = (flow: Flow | undefined, count: number): string => {
	if (!flow) {
		return `${count} attempts got no answer`;
	}

	const {client, server, reached, answerSeenAt, ladder} = flow;
	const far = reached.length > 0 ? `; it came as far as ${reached.at(-1)}` : '';
	const reset = ladder.find(({direction, what}) => direction === 'forward' && what.startsWith('R'))?.sightings[0];
	const rejected = reset ? `; the client reset what it got (${reset.point} frame ${reset.frame}): only its own capture shows what that was` : '';
	const back = answerSeenAt.length > 0 ? `, and the answer as far as ${answerSeenAt.at(-1)}` : ', and no capture has an answer';
	return `${formatAddress(client)} → ${formatAddress(server)} got no answer that counts${far}${back}${rejected}${count > 1 ? ` (one of ${count})` : ''}`;
};

const describeHealthy = ({counts: {endings}}: Survey): string => {
	const refused = endings.refused > 0 ? `; ${endings.refused} refused by the very address that was dialled` : '';
	const unreachable = endings.unreachable > 0 ? `; ${endings.unreachable} answered by ICMP unreachable` : '';
	return `nothing impossible: every answer came from the address that was dialled${refused}${unreachable}`;
};

/** The verdict on all flows that were looked at. `points`: how many captures there are. */
export const decideVerdict = (survey: Survey, points: number): LadderVerdict => {
	const {counts, telling} = survey;
	const impossible = telling.find(({ending}) => ending === 'impossible-reply');
	if (impossible) {
		return {sentence: describeImpossible(impossible, counts.endings['impossible-reply']), exitCode: 1};
	}

	if (counts.flows === 0) {
		return {sentence: 'undecided: there is no flow to judge', exitCode: 2};
	}

	if (points > 1 && counts.paired === 0) {
		return {sentence: 'undecided: nothing pairs, no packet of one capture is in another; were they taken at the same time, and in both directions?', exitCode: 2};
	}

	const unanswered = counts.tcp > 0 ? counts.unansweredTcp : counts.unansweredUdp;
	if (unanswered > 0) {
		const flow = telling.find(({ending, protocol}) => ending === 'unanswered' && protocol === (counts.tcp > 0 ? 'tcp' : 'udp'));
		return {sentence: `undecided: ${describeUnanswered(flow, unanswered)}`, exitCode: 2};
	}

	return {sentence: describeHealthy(survey), exitCode: 0};
};

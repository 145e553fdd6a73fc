import {
	type Conversation,
	isAnswer,
	isOpening,
	type Row,
} from './conversation.ts';
import type {
	Address,
	Flow,
	ImpossibleReply,
} from './flow.ts';
import {ICMP, ICMPV6} from './icmp.ts';
import {type Judgement, judgeConversation, type KnownRole} from './judge-conversation.ts';
import {buildLadder, compareOnPath, type Path} from './ladder-rows.ts';
import type {LegIndex} from './leg-index.ts';
import {
	formatAddress,
	isSameAddress,
	nameDestination,
	nameSource,
} from './name-address.ts';
import {RST} from './tcp.ts';
import {TCP, UDP} from './transport.ts';

export type FlowContext = {readonly index: LegIndex; readonly roles: readonly KnownRole[]};

const protocolNames: ReadonlyMap<number, Flow['protocol']> = new Map([[TCP, 'tcp'], [UDP, 'udp'], [ICMP, 'icmp'], [ICMPV6, 'icmp']]);

const nameReply = (protocol: number, row: Row): string => {
	if (protocol === UDP) {
		return 'UDP reply';
	}

	return (row.flags & RST) === 0 ? 'SYN-ACK' : 'RST';
};

const describeImpossible = ({index}: FlowContext, conversation: Conversation, {impossible, reset}: Judgement, expected: Address): ImpossibleReply | undefined => {
	const first = impossible.at(0);
	return first && {
		point: index.points[first.point].point,
		frame: first.frame,
		what: nameReply(conversation.protocol, first),
		source: nameSource(index, first),
		expected,
		resetFrame: reset?.frame,
	};
};

const uniquePoints = (path: Path, rows: readonly Row[], isForward: boolean): readonly string[] => {
	const ordered = rows.toSorted(compareOnPath(path, isForward));
	return new Set(ordered.map(row => path.index.points[row.point].point)).values().toArray();
};

/** The opening packet as the last point on its way saw it, where that is further than the client, or differs. */
const findLastView = ({index, roles}: FlowContext, openings: readonly Row[], opening: Row): Row | undefined => {
	const last = openings.toSorted(compareOnPath({index, roles, opening}, true)).at(-1);
	const isFurther = last && (last.point !== opening.point || !isSameAddress(nameDestination(index, last), nameDestination(index, opening)));
	return isFurther ? last : undefined;
};

type Ends = Pick<Flow, 'client' | 'server' | 'backend' | 'sourceAtBackend'>;

/** Who talks to whom, before and after NAT. Where no capture shows the opening behind NAT, an answer from elsewhere still tells the backend. */
const nameEnds = (context: FlowContext, conversation: Conversation, {opening, impossible}: Judgement): Ends => {
	const {index} = context;
	const [first] = conversation.rows;
	const start = opening ?? first;
	const openings = conversation.rows.filter(row => isOpening(conversation, row));
	const last = opening && findLastView(context, openings, opening);
	const answer = impossible.at(0);
	const {isForward} = start;
	return {
		client: isForward ? nameSource(index, start) : nameDestination(index, start),
		server: isForward ? nameDestination(index, start) : nameSource(index, start),
		backend: last ? nameDestination(index, last) : answer && nameSource(index, answer),
		sourceAtBackend: last && nameSource(index, last),
	};
};

/** The flow of a conversation, from what was judged of it. */
export const buildFlow = (context: FlowContext, conversation: Conversation): Flow => {
	const {index, roles} = context;
	const judgement = judgeConversation(index, conversation, roles);
	const ends = nameEnds(context, conversation, judgement);
	const impossible = new Set(judgement.impossible);
	const path: Path = {index, roles, opening: judgement.opening};
	const ladder = buildLadder({
		path,
		explainImpossible: row => (impossible.has(row) ? `from ${formatAddress(nameSource(index, row))}, expected ${formatAddress(ends.server)}` : undefined),
	}, conversation);
	const openings = conversation.rows.filter(row => isOpening(conversation, row));
	const openingFrames = new Set(openings.filter(row => row.leg === judgement.opening?.leg).map(row => row.frame));
	return {
		protocol: protocolNames.get(conversation.protocol) ?? 'other',
		...ends,
		reached: uniquePoints(path, openings, true),
		answerSeenAt: uniquePoints(path, conversation.rows.filter(row => isAnswer(conversation, row)), false),
		ending: judgement.ending,
		openings: ladder.filter(step => step.sightings.some(({point, frame}) => point === index.points[judgement.viewpoint].point && openingFrames.has(frame))).length,
		impossibleReply: describeImpossible(context, conversation, judgement, ends.server),
		ladder,
	};
};

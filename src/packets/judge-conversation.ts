import {toSigned} from './bytes.ts';
import {type PointRole, type FlowEnding} from './flow.ts';
import {
	type Conversation,
	isAnswer,
	isOpening,
	type Row,
} from './conversation.ts';
import {isSameIp, isSamePort, type LegIndex} from './leg-index.ts';
import {
	ACK,
	FIN,
	RST,
	SYN,
} from './tcp.ts';
import {TCP, UDP} from './transport.ts';

/** A point's role, and whether it was told or concluded from the packets. */
export type KnownRole = {readonly role: PointRole; readonly isInferred: boolean};

/** What a conversation's packets say, as rows. */
export type Judgement = {
	/** The opening packet at the point nearest to the client; absent where no capture has it. */
	readonly opening: Row | undefined;
	/** The point from which it is judged. */
	readonly viewpoint: number;
	readonly ending: FlowEnding;
	/** Answers to the client from an address that it did not dial. */
	readonly impossible: readonly Row[];
	readonly reset: Row | undefined;
};

const isTcp = ({protocol}: Conversation): boolean => protocol === TCP;

/** Nobody raises the TTL: of two views of one packet, the one with the higher TTL is nearer to its sender. */
const isNearerToSender = (one: Row, two: Row): boolean => one.ttl > two.ttl || (one.ttl === two.ttl && one.timeMs < two.timeMs);

/** The least translated view of the opening packet. */
export const findOrigin = (openings: readonly Row[]): Row | undefined => {
	let origin: Row | undefined;
	for (const row of openings) {
		origin = !origin || isNearerToSender(row, origin) ? row : origin;
	}

	return origin;
};

const findOpening = (conversation: Conversation, roles: readonly KnownRole[]): Row | undefined => {
	const openings = conversation.rows.filter(row => isOpening(conversation, row));
	return findOrigin(openings.filter(row => roles[row.point].role === 'client')) ?? findOrigin(openings);
};

const isToCaller = (index: LegIndex, row: Row, opening: Row): boolean => {
	const caller = {leg: opening.leg, end: opening.isFromSource ? 'source' : 'destination'} as const;
	const receiver = {leg: row.leg, end: row.isFromSource ? 'destination' : 'source'} as const;
	return isSameIp(index, caller, receiver) && isSamePort(index, caller, receiver);
};

/** Answers that reach the caller's socket on a leg that the caller never opened at this point. */
const findForeignAnswers = (index: LegIndex, conversation: Conversation, view: readonly Row[], opening: Row): readonly Row[] => {
	const dialled = new Set(view.filter(row => isOpening(conversation, row)).map(row => row.leg));
	return view.filter(row => !row.isError && !dialled.has(row.leg) && isAnswer(conversation, row) && isToCaller(index, row, opening)
		&& (!isTcp(conversation) || ((row.flags & ACK) !== 0 && row.acknowledgement === toSigned(opening.sequence + 1))));
};

const isResetOf = (conversation: Conversation, row: Row, answer: Row): boolean => {
	if (!row.isForward || row.leg !== answer.leg) {
		return false;
	}

	// RFC 9293, 3.10.7.1: the reset takes its sequence number from the acknowledgement of what it rejects.
	return isTcp(conversation) ? (row.flags & RST) !== 0 && row.sequence === answer.acknowledgement : row.isError;
};

/** A reset comes for a SYN-ACK; nothing ever answers a reset. */
const isResetItself = (conversation: Conversation, row: Row): boolean => isTcp(conversation) && (row.flags & RST) !== 0;

type Impossible = Pick<Judgement, 'impossible' | 'reset'>;
const nothingImpossible: Impossible = {impossible: [], reset: undefined};

/** Only the client's own capture can show an impossible reply: on the bridge every reply is seen before it is translated back. Where the role is a guess, the client's reset must confirm it. */
const findImpossible = (index: LegIndex, conversation: Conversation, view: readonly Row[], {opening, known}: {opening: Row; known: KnownRole}): Impossible => {
	const hasAnswers = conversation.protocol === TCP || conversation.protocol === UDP;
	if (!hasAnswers || known.role !== 'client') {
		return nothingImpossible;
	}

	const impossible = findForeignAnswers(index, conversation, view, opening);
	const first = impossible.at(0);
	const reset = first && view.find(row => isResetOf(conversation, row, first));
	const isConfirmed = reset !== undefined || (first !== undefined && isResetItself(conversation, first));
	return !isConfirmed && known.isInferred ? nothingImpossible : {impossible, reset};
};

/** True where the dialled address answered. Seen from the client, a SYN-ACK is enough; from elsewhere it must also have been accepted. */
const isEstablished = (conversation: Conversation, dialled: readonly Row[], isClient: boolean): boolean => {
	const answer = dialled.find(row => !row.isForward && !row.isError && (!isTcp(conversation) || (row.flags & (SYN | RST)) === SYN));
	if (!answer || isClient || !isTcp(conversation)) {
		return answer !== undefined;
	}

	return dialled.some(row => row.isForward && (row.flags & (SYN | RST | ACK)) === ACK);
};

const judgeEnding = (conversation: Conversation, dialled: readonly Row[], {isClient, hasImpossible}: {isClient: boolean; hasImpossible: boolean}): FlowEnding => {
	if (isEstablished(conversation, dialled, isClient)) {
		return 'established';
	}

	if (dialled.some(row => !row.isForward && !row.isError && isResetItself(conversation, row))) {
		return 'refused';
	}

	if (hasImpossible) {
		return 'impossible-reply';
	}

	return dialled.some(row => !row.isForward && row.isError) ? 'unreachable' : 'unanswered';
};

/** A capture that began midway shows no opening: both directions, then, are as good as a handshake. */
const judgeMidway = ({rows}: Conversation): Judgement => {
	const isBothWays = rows.some(row => row.isForward) && rows.some(row => !row.isForward && (row.flags & (RST | FIN)) === 0);
	return {
		opening: undefined,
		viewpoint: rows.at(0)?.point ?? 0,
		ending: isBothWays ? 'established' : 'unanswered',
		...nothingImpossible,
	};
};

/** Says how a conversation ended, seen from the point nearest to its client. */
export const judgeConversation = (index: LegIndex, conversation: Conversation, roles: readonly KnownRole[]): Judgement => {
	const opening = findOpening(conversation, roles);
	if (!opening) {
		return judgeMidway(conversation);
	}

	const known = roles[opening.point];
	const view = conversation.rows.filter(row => row.point === opening.point);
	const dialled = view.filter(row => row.leg === opening.leg);
	const found = findImpossible(index, conversation, view, {opening, known});
	const ending = judgeEnding(conversation, dialled, {isClient: known.role === 'client', hasImpossible: found.impossible.length > 0});
	return {
		opening,
		viewpoint: opening.point,
		ending,
		...(ending === 'impossible-reply' ? found : nothingImpossible),
	};
};

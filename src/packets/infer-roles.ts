import {type Conversation, isAnswer, isOpening} from './conversation.ts';
import type {PointRole} from './flow.ts';
import {findOrigin, type KnownRole} from './judge-conversation.ts';
import {isSameIp, isSamePort, type LegIndex} from './leg-index.ts';

/** One conversation in so many must show what a point is. */
const LEAST_SHARE = 20;

type Votes = {client: number; node: number; backend: number};

const isSameTuple = (index: LegIndex, one: number, two: number): boolean => (['source', 'destination'] as const)
	.every(end => isSameIp(index, {leg: one, end}, {leg: two, end}) && isSamePort(index, {leg: one, end}, {leg: two, end}));

/** What one conversation says about a point: it saw the opening as its sender wrote it, as the backend got it, or both. */
const voteFor = (index: LegIndex, conversation: Conversation, point: number): keyof Votes | undefined => {
	const openings = conversation.rows.filter(row => isOpening(conversation, row));
	const origin = findOrigin(openings);
	const here = openings.filter(row => row.point === point);
	if (!origin || here.length === 0) {
		return undefined;
	}

	const isSawOriginal = here.some(row => row.ttl === origin.ttl && isSameTuple(index, row.leg, origin.leg));
	const translated = here.find(row => !isSameTuple(index, row.leg, origin.leg));
	if (isSawOriginal && translated) {
		// A pod that reaches itself sees both views at home.
		return isSameIp(index, {leg: translated.leg, end: 'destination'}, {leg: origin.leg, end: 'source'}) ? 'client' : 'node';
	}

	return isSawOriginal ? 'client' : 'backend';
};

/** One capture alone has nothing to be compared with: it is the client's where an answer came on a leg that nobody opened there. */
const isClientAlone = (conversation: Conversation): boolean => {
	const opened = new Set(conversation.rows.filter(row => isOpening(conversation, row)).map(row => row.leg));
	return opened.size === 1 && conversation.rows.some(row => !row.isError && isAnswer(conversation, row) && !opened.has(row.leg));
};

const countVotes = (index: LegIndex, conversations: readonly Conversation[], point: number): Votes => {
	const votes: Votes = {client: 0, node: 0, backend: 0};
	const isAlone = index.points.length === 1;
	for (const conversation of conversations) {
		const isShared = new Set(conversation.rows.map(row => row.point)).size > 1;
		const vote = isShared || isAlone ? voteFor(index, conversation, point) : undefined;
		const isCredible = vote !== 'client' || !isAlone || isClientAlone(conversation);
		if (vote !== undefined && isCredible) {
			votes[vote]++;
		}
	}

	// A few chance likenesses among thousands of conversations say nothing about a capture that is alone.
	return isAlone && (votes.node + votes.client) * LEAST_SHARE < conversations.length ? {client: 0, node: 0, backend: 0} : votes;
};

const chooseRole = ({client, node, backend}: Votes, canBeClient: boolean): PointRole => {
	if (client + node + backend === 0) {
		return 'unknown';
	}

	if (canBeClient && client >= node && client >= backend) {
		return 'client';
	}

	return node > backend ? 'node' : 'backend';
};

/** The point that most looks like the client's, the first of equals, unless one was told to be. */
const findClient = (points: LegIndex['points'], votes: readonly Votes[]): number => {
	const told = points.findIndex(({role}) => role === 'client');
	const most = Math.max(...votes.map(({client}) => client));
	return told !== -1 || most === 0 ? told : votes.findIndex(({client}, point) => client === most && points[point].role === 'unknown');
};

/** Finds out which capture is the client's, the node's, the backend's where nobody said so, from what NAT had done to the opening packets seen there. */
export const inferRoles = (index: LegIndex, conversations: readonly Conversation[]): readonly KnownRole[] => {
	const {points} = index;
	const votes = points.map(({role}, point) => (role === 'unknown' ? countVotes(index, conversations, point) : {client: 0, node: 0, backend: 0}));
	const client = findClient(points, votes);
	return points.map(({role}, point) => (role === 'unknown'
		? {role: chooseRole(votes[point], point === client), isInferred: true}
		: {role, isInferred: false}));
};

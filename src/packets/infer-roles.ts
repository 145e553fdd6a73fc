import {
	type Conversation,
	isAnswer,
	isOpening,
	type Row,
} from './conversation.ts';
import type {PointRole} from './flow.ts';
import {findOrigin, type KnownRole} from './judge-conversation.ts';
import {isSameIp, isSamePort, type LegIndex} from './leg-index.ts';

/** One conversation in so many must show what a point is. */
const LEAST_SHARE = 20;

/** `self`: saw a pod reach itself, which looks alike in the pod and on its node. */
type Votes = {client: number; node: number; backend: number; self: number};

const noVotes: Votes = {
	client: 0, node: 0, backend: 0, self: 0,
};

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

	const isChanged = (row: Row): boolean => row.ttl !== origin.ttl || !isSameTuple(index, row.leg, origin.leg);
	// A conversation that looks the same everywhere, such as a direct one on a bridge, tells no point from another.
	if (index.points.length > 1 && openings.every(row => !isChanged(row))) {
		return undefined;
	}

	const changed = here.filter(row => isChanged(row));
	if (changed.length === 0) {
		return 'client';
	}

	if (changed.length === here.length) {
		return 'backend';
	}

	const isBackHome = changed.some(row => isSameIp(index, {leg: row.leg, end: 'destination'}, {leg: origin.leg, end: 'source'}));
	return isBackHome ? 'self' : 'node';
};

/** One capture alone has nothing to be compared with: it is the client's where an answer came on a leg that nobody opened there. */
const isClientAlone = (conversation: Conversation): boolean => {
	const opened = new Set(conversation.rows.filter(row => isOpening(conversation, row)).map(row => row.leg));
	return opened.size === 1 && conversation.rows.some(row => !row.isError && isAnswer(conversation, row) && !opened.has(row.leg));
};

const countVotes = (index: LegIndex, conversations: readonly Conversation[], point: number): Votes => {
	const votes = {...noVotes};
	const isAlone = index.points.length === 1;
	for (const conversation of conversations) {
		const isShared = new Set(conversation.rows.map(row => row.point)).size > 1;
		const vote = isShared || isAlone ? voteFor(index, conversation, point) : undefined;
		const isCredible = (vote !== 'client' && vote !== 'self') || !isAlone || isClientAlone(conversation);
		if (vote !== undefined && isCredible) {
			votes[vote]++;
		}
	}

	// A few chance likenesses among thousands of conversations say nothing about a capture that is alone.
	return isAlone && (votes.node + votes.client + votes.self) * LEAST_SHARE < conversations.length ? noVotes : votes;
};

const chooseRole = ({client, node, backend, self}: Votes, canBeClient: boolean): PointRole => {
	if (client + node + backend + self === 0) {
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
	const key = votes.some(({client}) => client > 0) ? 'client' : 'self';
	const most = Math.max(...votes.map(vote => vote[key]));
	return told !== -1 || most === 0 ? told : votes.findIndex((vote, point) => vote[key] === most && points[point].role === 'unknown');
};

/** Finds out which capture is the client's, the node's, the backend's where nobody said so, from what NAT had done to the opening packets seen there. */
export const inferRoles = (index: LegIndex, conversations: readonly Conversation[]): readonly KnownRole[] => {
	const {points} = index;
	const votes = points.map(({role}, point) => (role === 'unknown' ? countVotes(index, conversations, point) : noVotes));
	const client = findClient(points, votes);
	return points.map(({role}, point) => (role === 'unknown'
		? {role: chooseRole(votes[point], point === client), isInferred: true}
		: {role, isInferred: false}));
};

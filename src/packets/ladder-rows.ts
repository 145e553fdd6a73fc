import {identify} from './clock-offset.ts';
import {compareInTime, type Conversation, type Row} from './conversation.ts';
import type {LadderRow, PointRole, Sighting} from './flow.ts';
import {formatIcmp} from './icmp-name.ts';
import {ICMP, ICMPV6} from './icmp.ts';
import type {KnownRole} from './judge-conversation.ts';
import {isSameIp, type LegIndex} from './leg-index.ts';
import {
	formatAddress,
	isSameAddress,
	nameDestination,
	nameSource,
} from './name-address.ts';
import {FIN, formatFlags, SYN} from './tcp.ts';
import {TCP, UDP} from './transport.ts';

/** Between two points one packet takes no longer than this, clock offsets taken out; Linux retransmits after 200 ms at the earliest. */
const LONGEST_WAY_MS = 190;
/** The same packet at one point again, before and after NAT or on several interfaces. */
const LONGEST_REFLECTION_MS = 50;

type Step = {readonly rows: Row[]};

const areIdsCompatible = (one: Row, two: Row): boolean => {
	const isUnknown = one.identification <= 0 || two.identification <= 0;
	// A timestamp that agrees outweighs an IP id that did not survive the way between points.
	return isUnknown || one.identification === two.identification || (one.point !== two.point && one.mark !== 0);
};

const isSamePacket = (step: Step, row: Row): boolean => step.rows.every(other => {
	const apartMs = Math.abs(row.timeMs - other.timeMs);
	return areIdsCompatible(other, row) && apartMs <= (other.point === row.point ? LONGEST_REFLECTION_MS : LONGEST_WAY_MS);
});

/** Puts the views of each packet together: one step for each packet. */
const groupSightings = (rows: readonly Row[]): readonly Step[] => {
	const steps: Step[] = [];
	const byPacket = new Map<string, Step[]>();
	for (const row of rows) {
		const key = identify(row);
		const known = byPacket.get(key) ?? [];
		const step = known.findLast(candidate => isSamePacket(candidate, row));
		if (step) {
			step.rows.push(row);
			continue;
		}

		const started: Step = {rows: [row]};
		steps.push(started);
		byPacket.set(key, [...known, started]);
	}

	return steps;
};

const ranks = {
	client: 0,
	node: 1,
	unknown: 1,
	backend: 2,
};

/** What tells where on its way a packet was seen. */
export type Path = {
	readonly index: LegIndex;
	readonly roles: readonly KnownRole[];
	/** The opening packet as its sender wrote it, where it was seen. */
	readonly opening: Row | undefined;
};

/** The role of the point for this packet: a pod that reaches itself is the backend of what comes home to it. */
const roleOf = ({index, roles, opening}: Path, row: Row): PointRole => {
	const {role} = roles[row.point];
	if (role !== 'client' || !opening || row.isError) {
		return role;
	}

	const caller = {leg: opening.addressLeg, end: opening.isFromSource ? 'source' : 'destination'} as const;
	const called = {leg: row.addressLeg, end: row.isForward === row.isFromSource ? 'destination' : 'source'} as const;
	return isSameIp(index, caller, called) ? 'backend' : role;
};

/** Orders points as a packet passes them: from the client to the backend, or back. */
export const compareOnPath = (path: Path, isForward: boolean) => (one: Row, two: Row): number => {
	const difference = ranks[roleOf(path, one)] - ranks[roleOf(path, two)];
	return difference === 0 ? compareInTime(one, two) : (isForward ? difference : -difference);
};

const toSighting = (path: Path, row: Row, startMs: number): Sighting => ({
	point: path.index.points[row.point].point,
	role: roleOf(path, row),
	frame: row.frame,
	atMs: row.timeMs - startMs,
	source: nameSource(path.index, row),
	destination: nameDestination(path.index, row),
	ttl: row.ttl,
	interfaceIndex: row.interfaceIndex < 0 ? undefined : row.interfaceIndex,
});

const describeForward = (before: Sighting, after: Sighting): readonly string[] => [
	...(isSameAddress(before.destination, after.destination) ? [] : [`DNAT ${formatAddress(before.destination)} → ${formatAddress(after.destination)}`]),
	...(isSameAddress(before.source, after.source) ? [] : [`SNAT ${formatAddress(before.source)} → ${formatAddress(after.source)}`]),
];

const describeBack = (before: Sighting, after: Sighting): readonly string[] => [
	...(isSameAddress(before.source, after.source) ? [] : [`reply restored to ${formatAddress(after.source)}`]),
	...(isSameAddress(before.destination, after.destination) ? [] : [`masquerade undone, to ${formatAddress(after.destination)}`]),
];

const describeTranslations = (sightings: readonly Sighting[], isForward: boolean): readonly string[] => {
	const found = new Set<string>();
	for (const [position, after] of sightings.entries()) {
		const before = sightings.at(position - 1);
		for (const text of position === 0 || !before ? [] : (isForward ? describeForward(before, after) : describeBack(before, after))) {
			found.add(text);
		}
	}

	return found.values().toArray();
};

/** What a packet is, as tcpdump writes it. */
export const describePacket = ({version, protocol}: Conversation, row: Row): string => {
	if (protocol === ICMP || protocol === ICMPV6 || row.isError) {
		return formatIcmp(version, row.flags >> 8, row.flags & 0xFF);
	}

	if (protocol === TCP) {
		return formatFlags(row.flags);
	}

	return protocol === UDP ? 'UDP' : `protocol ${protocol}`;
};

/** Sent again: the same bytes of the same stream. A bare acknowledgement says nothing twice. */
const isRepeatable = ({protocol}: Conversation, row: Row): boolean => protocol === TCP && !row.isError && (row.payloadLength > 0 || (row.flags & (SYN | FIN)) !== 0);
const streamKey = (row: Row): string => `${Number(row.isForward)} ${row.sequence} ${row.flags & (SYN | FIN)} ${row.payloadLength}`;

export type LadderContext = {
	readonly path: Path;
	/** Why a row cannot be right, or undefined. */
	readonly explainImpossible: (row: Row) => string | undefined;
};

/** The ladder of a conversation: each packet once, with the points that saw it and what NAT did to it in between. */
export const buildLadder = ({path, explainImpossible}: LadderContext, conversation: Conversation): readonly LadderRow[] => {
	const startMs = conversation.rows.at(0)?.timeMs ?? 0;
	const sent = new Set<string | undefined>();
	return groupSightings(conversation.rows).map(({rows}) => {
		const [first] = rows;
		const {isForward} = first;
		const sightings = rows.toSorted(compareOnPath(path, isForward)).map(row => toSighting(path, row, startMs));
		const key = isRepeatable(conversation, first) ? streamKey(first) : undefined;
		const isRetransmission = key !== undefined && sent.has(key);
		sent.add(key);
		return {
			atMs: first.timeMs - startMs,
			what: describePacket(conversation, first),
			direction: isForward ? 'forward' : 'back',
			payloadLength: first.payloadLength,
			sightings,
			translations: describeTranslations(sightings, isForward),
			isRetransmission,
			impossible: rows.map(row => explainImpossible(row)).find(text => text !== undefined),
		};
	});
};

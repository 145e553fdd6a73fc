import {buildFlow} from './build-flow.ts';
import {estimateClockOffsets} from './clock-offset.ts';
import {type Conversation, readConversation} from './conversation.ts';
import {
	addError,
	addPacket,
	createFlowTable,
	type FlowTable,
} from './flow-table.ts';
import type {Flow, PointRole} from './flow.ts';
import {
	fillFrame,
	fillQuoted,
	fillRecord,
	markOf,
} from './fill-record.ts';
import {createFrame} from './frame.ts';
import {inferRoles} from './infer-roles.ts';
import {joinDatagrams} from './join-datagrams.ts';
import {joinTcp} from './join-tcp.ts';
import type {KnownRole} from './judge-conversation.ts';
import {createLegGroups, listGroups} from './leg-groups.ts';
import {
	indexLegs,
	type LegIndex,
	type PointTable,
	readLeg,
} from './leg-index.ts';
import {LEG_KEPT, LEG_KIND} from './leg-table.ts';
import {createPacketRecord} from './packet-record.ts';
import type {Packet} from './packet.ts';
import {ROW_MARK, ROW_WIDTH} from './row-store.ts';
import {TCP} from './transport.ts';

/** The packets of one capture, and where it was taken. */
export type CapturedPackets = {
	readonly point: string;
	readonly role: PointRole;
	readonly packets: readonly Packet[];
};

/** How far a point's clock is ahead of the first point's. */
export type ClockOffset = {readonly point: string; readonly offsetMs: number};

/** All captures of an incident, paired. Flows are built when asked for: a large file holds more of them than anybody reads. */
export type Correlation = {
	readonly index: LegIndex;
	readonly roles: readonly KnownRole[];
	readonly clockOffsets: readonly ClockOffset[];
	/** Legs of each conversation. */
	readonly groups: ReadonlyArray<readonly number[]>;
	readConversation(group: readonly number[]): Conversation;
	buildFlow(conversation: Conversation): Flow;
};

const ROWS_PER_LEG = 512;
const SAMPLED_CONVERSATIONS = 500;

const splitLegs = (index: LegIndex): {readonly tcp: readonly number[]; readonly others: readonly number[]} => {
	const tcp: number[] = [];
	const others: number[] = [];
	for (let leg = 0; leg < index.total; leg++) {
		((readLeg(index, leg, LEG_KIND) & 0xFF_FF) === TCP ? tcp : others).push(leg);
	}

	return {tcp, others};
};

/** Pairs flow tables: which legs are one conversation, whose capture is whose, how far the clocks are apart. */
export const correlateTables = (points: readonly PointTable[]): Correlation => {
	const index = indexLegs(points);
	const joined = createLegGroups(index.total);
	const {tcp, others} = splitLegs(index);
	joinTcp(index, joined, tcp);
	joinDatagrams(index, joined, others);
	const groups = listGroups(joined).filter(group => group.some(leg => readLeg(index, leg, LEG_KEPT) > 0));
	const sampled = groups.filter(group => group.length > 1 || points.length === 1).slice(0, SAMPLED_CONVERSATIONS);
	const sample = sampled.map(group => readConversation({index, groups: joined, offsetsMs: points.map(() => 0)}, group));
	const offsetsMs = estimateClockOffsets(sample, points.length);
	const roles = inferRoles(index, sample);
	return {
		index,
		roles,
		clockOffsets: points.map(({point}, position) => ({point, offsetMs: offsetsMs[position]})),
		groups,
		readConversation: group => readConversation({index, groups: joined, offsetsMs}, group),
		buildFlow: conversation => buildFlow({index, roles}, conversation),
	};
};

/** Adds decoded packets to a flow table; what a tunnel carries counts as the packet. */
export const addPackets = (flows: FlowTable, packets: readonly Packet[]): void => {
	const frame = createFrame();
	const record = createPacketRecord();
	const quoted = createPacketRecord();
	for (const packet of packets) {
		const layers = packet.tunnel?.inner ?? packet;
		fillFrame(frame, packet);
		fillRecord(record, layers);
		record.interfaceIndex = packet.interfaceIndex ?? -1;
		if (layers.icmp?.quoted) {
			fillQuoted(quoted, layers.icmp.quoted);
			addError(flows, frame, {record, quoted});
			continue;
		}

		const row = addPacket(flows, frame, record);
		if (row >= 0) {
			flows.store.rows[(row * ROW_WIDTH) + ROW_MARK] = markOf(layers);
		}
	}
};

const buildFlows = (points: readonly PointTable[]): readonly Flow[] => {
	const correlation = correlateTables(points);
	return correlation.groups
		.map(group => correlation.readConversation(group))
		.toSorted((one, two) => one.rows[0].timeMs - two.rows[0].timeMs)
		.map(conversation => correlation.buildFlow(conversation));
};

const toTables = (points: readonly CapturedPackets[]): readonly PointTable[] => points.map(({point, role, packets}) => {
	const flows = createFlowTable(ROWS_PER_LEG);
	addPackets(flows, packets);
	return {point, role, flows};
});

/** Pairs the packets of one incident that several points saw, across NAT: one flow for each attempt, in time order. */
export const correlateFlows = (points: readonly CapturedPackets[]): readonly Flow[] => buildFlows(toTables(points));

/** How far each point's clock is ahead of the first point's, in milliseconds, estimated from the packets that both saw. */
export const findClockOffsets = (points: readonly CapturedPackets[]): readonly ClockOffset[] => correlateTables(toTables(points)).clockOffsets;

export {isDecided} from './is-decided.ts';

/** Flows of captures that still grow. */
export type FlowWatch = {
	add(point: string, packets: readonly Packet[]): void;
	flows(): readonly Flow[];
};

/** Watches captures as they grow: packets are taken in once, and pairing is done when flows are asked for. */
export const watchFlows = (points: ReadonlyArray<{readonly point: string; readonly role: PointRole}>): FlowWatch => {
	const tables = points.map(({point, role}) => ({point, role, flows: createFlowTable(ROWS_PER_LEG)}));
	return {
		add(point, packets) {
			const table = tables.find(candidate => candidate.point === point);
			if (table) {
				addPackets(table.flows, packets);
			}
		},
		flows: () => buildFlows(tables),
	};
};

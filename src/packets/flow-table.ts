import {toSigned} from './bytes.ts';
import type {Frame} from './frame.ts';
import {
	addLeg,
	createLegTable,
	findLeg,
	ISN_OF_ANSWER,
	ISN_OF_SYN,
	isSameDirection,
	LEG_FIRST_ROW,
	LEG_ISN,
	LEG_ISN_KIND,
	LEG_KEPT,
	LEG_LAST_ROW,
	LEG_PACKETS,
	LEG_WIDTH,
	type LegTable,
} from './leg-table.ts';
import type {PacketRecord} from './packet-record.ts';
import {
	addRow,
	createRowStore,
	ROW_IS_BACK,
	ROW_LEG,
	ROW_NEXT,
	ROW_WIDTH,
	type RowStore,
} from './row-store.ts';
import {ACK, RST, SYN} from './tcp.ts';
import {TCP} from './transport.ts';

/** All conversations of one capture: their legs, and of each leg its first packets. Memory is bounded whatever the file holds. */
export type FlowTable = {
	readonly table: LegTable;
	readonly store: RowStore;
	readonly rowsPerLeg: number;
	/** Packets that belong to no conversation: not IP, or a later fragment. */
	other: number;
};

/** With this many rows kept, only packets that open, refuse or reset a conversation are kept any more; and from the second number on none. */
const FEW_ROWS_LEFT = 1_048_576;
const NO_ROWS_LEFT = 2_097_152;

/** An empty flow table that keeps so many packets of each leg. */
export const createFlowTable = (rowsPerLeg: number): FlowTable => ({
	table: createLegTable(),
	store: createRowStore(),
	rowsPerLeg,
	other: 0,
});

const isOpening = (record: PacketRecord): boolean => record.transport === TCP && (record.flags & (SYN | ACK | RST)) === SYN;
// A server answers a SYN with SYN-ACK, or with RST-ACK where nothing listens (RFC 9293, 3.10.7.1); both acknowledge the SYN.
const isAnswer = (record: PacketRecord): boolean => record.transport === TCP && (record.flags & ACK) !== 0 && (record.flags & (SYN | RST)) !== 0;

const startLeg = ({table}: FlowTable, record: PacketRecord): number => {
	const leg = addLeg(table, record);
	const at = leg * LEG_WIDTH;
	if (leg >= 0 && isOpening(record)) {
		table.legs[at + LEG_ISN] = record.sequence;
		table.legs[at + LEG_ISN_KIND] = ISN_OF_SYN;
	} else if (leg >= 0 && isAnswer(record)) {
		table.legs[at + LEG_ISN] = toSigned(record.acknowledgement - 1);
		table.legs[at + LEG_ISN_KIND] = ISN_OF_ANSWER;
	}

	return leg;
};

/** A SYN with a new sequence number is a new attempt from a port that was used before. One whose answer was written to the file first is not. */
const isNewAttempt = ({table}: FlowTable, leg: number, record: PacketRecord): boolean => {
	const at = leg * LEG_WIDTH;
	return isOpening(record) && (table.legs[at + LEG_ISN_KIND] === 0 || table.legs[at + LEG_ISN] !== record.sequence);
};

const noteSyn = ({table}: FlowTable, leg: number, record: PacketRecord): void => {
	const at = leg * LEG_WIDTH;
	if (isOpening(record) && isSameDirection(table, leg, record)) {
		table.legs[at + LEG_ISN_KIND] = ISN_OF_SYN;
	}
};

const isWorthKeeping = ({store, rowsPerLeg}: FlowTable, kept: number, record: PacketRecord): boolean => {
	if (store.count < FEW_ROWS_LEFT) {
		return kept < rowsPerLeg;
	}

	return store.count < NO_ROWS_LEFT && kept < rowsPerLeg && (kept < 2 || (record.transport === TCP && (record.flags & (SYN | RST)) !== 0));
};

/** Appends a packet to a leg's list where it is worth keeping. Out: the row, or -1. */
const keepRow = (flows: FlowTable, leg: number, frame: Frame, record: PacketRecord): number => {
	const {legs} = flows.table;
	const at = leg * LEG_WIDTH;
	legs[at + LEG_PACKETS]++;
	if (!isWorthKeeping(flows, legs[at + LEG_KEPT], record)) {
		return -1;
	}

	const row = addRow(flows.store, frame, record);
	const last = legs[at + LEG_LAST_ROW];
	if (last < 0) {
		legs[at + LEG_FIRST_ROW] = row;
	} else {
		flows.store.rows[(last * ROW_WIDTH) + ROW_NEXT] = row;
	}

	legs[at + LEG_LAST_ROW] = row;
	legs[at + LEG_KEPT]++;
	return row;
};

const findOrStartLeg = (flows: FlowTable, record: PacketRecord): number => {
	const leg = findLeg(flows.table, record);
	if (leg < 0 || isNewAttempt(flows, leg, record)) {
		return startLeg(flows, record);
	}

	noteSyn(flows, leg, record);
	return leg;
};

const setAddresses = (flows: FlowTable, row: number, leg: number, record: PacketRecord): void => {
	flows.store.rows[(row * ROW_WIDTH) + ROW_LEG] = leg;
	flows.store.rows[(row * ROW_WIDTH) + ROW_IS_BACK] = isSameDirection(flows.table, leg, record) ? 0 : 1;
};

/** Adds a packet to its conversation. Out: the row that was kept, whose mark the caller sets, or -1. */
export const addPacket = (flows: FlowTable, frame: Frame, record: PacketRecord): number => {
	if (record.version === 0 || record.fragmentOffset > 0) {
		flows.other++;
		return -1;
	}

	const leg = findOrStartLeg(flows, record);
	const row = leg < 0 ? -1 : keepRow(flows, leg, frame, record);
	if (row >= 0) {
		setAddresses(flows, row, leg, record);
	}

	return row;
};

/** Adds an ICMP error to the conversation of the packet that it quotes. Out: the row that was kept, or -1. */
export const addError = (flows: FlowTable, frame: Frame, error: {readonly record: PacketRecord; readonly quoted: PacketRecord}): number => {
	const about = findLeg(flows.table, error.quoted);
	if (about < 0) {
		return addPacket(flows, frame, error.record);
	}

	const addresses = findOrStartLeg(flows, error.record);
	const row = addresses < 0 ? -1 : keepRow(flows, about, frame, error.record);
	if (row >= 0) {
		setAddresses(flows, row, addresses, error.record);
	}

	return row;
};

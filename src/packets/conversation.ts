import {
	addressWords,
	firstRowOf,
	type LegIndex,
	pointOf,
	readLeg,
	readRow,
	readTimeMs,
} from './leg-index.ts';
import type {LegGroups} from './leg-groups.ts';
import {LEG_KIND} from './leg-table.ts';
import {
	ROW_ACKNOWLEDGEMENT,
	ROW_FLAGS,
	ROW_FRAME,
	ROW_IDENTIFICATION,
	ROW_INTERFACE,
	ROW_IS_BACK,
	ROW_LEG,
	ROW_MARK,
	ROW_NEXT,
	ROW_PAYLOAD_LENGTH,
	ROW_SEQUENCE,
	ROW_TTL,
	ROW_WIDTH,
} from './row-store.ts';
import {ACK, RST, SYN} from './tcp.ts';
import {TCP} from './transport.ts';

/** A kept packet of a conversation. */
export type Row = {
	readonly point: number;
	/** The leg it belongs to, and the leg whose addresses it bears: another one for an ICMP error. */
	readonly leg: number;
	readonly addressLeg: number;
	/** True where its sender is the source of `addressLeg`. */
	readonly isFromSource: boolean;
	/** True where it goes from the side that opened the conversation. */
	readonly isForward: boolean;
	readonly isError: boolean;
	readonly frame: number;
	/** On the first point's clock. */
	readonly timeMs: number;
	readonly sequence: number;
	readonly acknowledgement: number;
	readonly flags: number;
	readonly payloadLength: number;
	readonly identification: number;
	readonly ttl: number;
	readonly interfaceIndex: number;
	readonly mark: number;
};

/** The kept packets of one conversation at all points, in time order. */
export type Conversation = {
	readonly version: number;
	readonly protocol: number;
	readonly legs: readonly number[];
	readonly rows: readonly Row[];
};

type Reader = {readonly index: LegIndex; readonly groups: LegGroups; readonly offsetsMs: readonly number[]};

/** An ICMP error goes back when it is addressed to the side that opened the conversation. */
const isErrorToCaller = ({index, groups}: Reader, leg: number, addressLeg: number, isFromSource: boolean): boolean => {
	const receiver = addressWords(index, {leg: addressLeg, end: isFromSource ? 'destination' : 'source'});
	const caller = addressWords(index, {leg, end: groups.isReversed[leg] === 0 ? 'source' : 'destination'});
	return receiver.every((word, position) => word === caller[position]);
};

/** A packet from its row of numbers. */
const readRowOf = (reader: Reader, point: number, leg: number, row: number): Row => {
	const {index, groups, offsetsMs} = reader;
	const {rows} = index.points[point].flows.store;
	const at = row * ROW_WIDTH;
	const addressLeg = index.bases[point] + rows[at + ROW_LEG];
	const isFromSource = rows[at + ROW_IS_BACK] === 0;
	const isError = addressLeg !== leg;
	return {
		point,
		leg,
		addressLeg,
		isFromSource,
		isForward: isError ? !isErrorToCaller(reader, leg, addressLeg, isFromSource) : isFromSource === (groups.isReversed[leg] === 0),
		isError,
		frame: rows[at + ROW_FRAME],
		timeMs: readTimeMs(index, point, row) - offsetsMs[point],
		sequence: rows[at + ROW_SEQUENCE],
		acknowledgement: rows[at + ROW_ACKNOWLEDGEMENT],
		flags: rows[at + ROW_FLAGS],
		payloadLength: rows[at + ROW_PAYLOAD_LENGTH],
		identification: rows[at + ROW_IDENTIFICATION],
		ttl: rows[at + ROW_TTL],
		interfaceIndex: rows[at + ROW_INTERFACE],
		mark: rows[at + ROW_MARK],
	};
};

/** Orders packets by time; where two have the same, as their files do. */
export const compareInTime = (one: Row, two: Row): number => {
	if (one.timeMs !== two.timeMs) {
		return one.timeMs - two.timeMs;
	}

	return one.point === two.point ? one.frame - two.frame : one.point - two.point;
};

/** Collects the packets of joined legs. */
export const readConversation = (reader: Reader, legs: readonly number[]): Conversation => {
	const {index} = reader;
	const rows: Row[] = [];
	for (const leg of legs) {
		const point = pointOf(index, leg);
		for (let row = firstRowOf(index, leg); row >= 0; row = readRow(index, point, row, ROW_NEXT)) {
			rows.push(readRowOf(reader, point, leg, row));
		}
	}

	const kind = readLeg(index, legs[0], LEG_KIND);
	return {
		version: kind >>> 16,
		protocol: kind & 0xFF_FF,
		legs,
		rows: rows.sort(compareInTime), // eslint-disable-line unicorn/no-array-sort
	};
};

/** True for the packets that open a conversation: SYNs, and of other protocols whatever its opener sends. */
export const isOpening = ({protocol}: Conversation, row: Row): boolean =>
	row.isForward && !row.isError && (protocol !== TCP || (row.flags & (SYN | ACK | RST)) === SYN);

/** True for the packets that answer an opening: SYN-ACK, RST-ACK, ICMP errors, and of other protocols whatever comes back. */
export const isAnswer = ({protocol}: Conversation, row: Row): boolean =>
	!row.isForward && (protocol !== TCP || row.isError || (row.flags & (SYN | RST)) !== 0);

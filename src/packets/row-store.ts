import type {Frame} from './frame.ts';
import type {PacketRecord} from './packet-record.ts';

/** The packets that were kept, as rows of 32-bit numbers. */
export type RowStore = {
	rows: Int32Array;
	count: number;
};

/** The next kept packet of the same leg, or -1. */
export const ROW_NEXT = 0;
/** The leg whose endpoints this packet's addresses are: for an ICMP error not the leg that it is about. */
export const ROW_LEG = 1;
/** 1 where the packet goes against the leg's first packet. */
export const ROW_IS_BACK = 2;
export const ROW_FRAME = 3;
export const ROW_SECONDS = 4;
export const ROW_NANOSECONDS = 5;
export const ROW_SEQUENCE = 6;
export const ROW_ACKNOWLEDGEMENT = 7;
/** TCP flags; type and code for ICMP. */
export const ROW_FLAGS = 8;
export const ROW_PAYLOAD_LENGTH = 9;
export const ROW_IDENTIFICATION = 10;
export const ROW_TTL = 11;
export const ROW_INTERFACE = 12;
/** The sender's TCP timestamp or the digest of a datagram: NAT changes neither. 0 where there is none. */
export const ROW_MARK = 13;
export const ROW_WIDTH = 14;

/** An empty store. */
export const createRowStore = (): RowStore => ({rows: new Int32Array(1024 * ROW_WIDTH), count: 0});

const growRows = (store: RowStore): void => {
	const rows = new Int32Array(store.rows.length * 2);
	rows.set(store.rows);
	store.rows = rows;
};

/** Copies a packet into a new row and returns its index. The mark is left 0. */
export const addRow = (store: RowStore, frame: Frame, record: PacketRecord): number => {
	const row = store.count;
	const at = row * ROW_WIDTH;
	if (at + ROW_WIDTH > store.rows.length) {
		growRows(store);
	}

	const {rows} = store;
	rows[at + ROW_NEXT] = -1;
	rows[at + ROW_FRAME] = frame.number;
	rows[at + ROW_SECONDS] = frame.seconds;
	rows[at + ROW_NANOSECONDS] = frame.nanoseconds;
	rows[at + ROW_SEQUENCE] = record.transport === 6 ? record.sequence : record.echoSequence;
	rows[at + ROW_ACKNOWLEDGEMENT] = record.acknowledgement;
	rows[at + ROW_FLAGS] = record.transport === 6 ? record.flags : (record.icmpType << 8) | record.icmpCode;
	rows[at + ROW_PAYLOAD_LENGTH] = record.payloadLength;
	rows[at + ROW_IDENTIFICATION] = record.identification;
	rows[at + ROW_TTL] = record.ttl;
	rows[at + ROW_INTERFACE] = record.interfaceIndex;
	store.count++;
	return row;
};

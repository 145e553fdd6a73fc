import {
	firstRowOf,
	type LegIndex,
	pointOf,
	readRow,
} from './leg-index.ts';
import {
	ROW_ACKNOWLEDGEMENT,
	ROW_FLAGS,
	ROW_IS_BACK,
	ROW_MARK,
	ROW_NEXT,
	ROW_PAYLOAD_LENGTH,
	ROW_SEQUENCE,
} from './row-store.ts';
import {FLAGS_THAT_STAY} from './tcp.ts';

/** The packets kept of a leg, in file order. */
export const listRows = (index: LegIndex, leg: number, most = Infinity): readonly number[] => {
	const point = pointOf(index, leg);
	const rows: number[] = [];
	for (let row = firstRowOf(index, leg); row >= 0 && rows.length < most; row = readRow(index, point, row, ROW_NEXT)) {
		rows.push(row);
	}

	return rows;
};

/** The first packet that was kept of a leg in one direction, or -1. */
export const firstRowInDirection = (index: LegIndex, leg: number, isBack: boolean): number => {
	const point = pointOf(index, leg);
	const wanted = Number(isBack);
	let row = firstRowOf(index, leg);
	while (row >= 0 && readRow(index, point, row, ROW_IS_BACK) !== wanted) {
		row = readRow(index, point, row, ROW_NEXT);
	}

	return row;
};

const mix = (hash: number, value: number): number => Math.imul(hash ^ value ^ (value >>> 15), 0x9E_37_79_B1);

/** A number of 53 bits from everything in a packet that NAT leaves alone. */
export const hashRow = (index: LegIndex, point: number, row: number): number => {
	const sequence = readRow(index, point, row, ROW_SEQUENCE);
	const acknowledgement = readRow(index, point, row, ROW_ACKNOWLEDGEMENT);
	const mark = readRow(index, point, row, ROW_MARK);
	const shape = (readRow(index, point, row, ROW_PAYLOAD_LENGTH) << 6) | (readRow(index, point, row, ROW_FLAGS) & FLAGS_THAT_STAY);
	const high = mix(mix(mix(sequence, acknowledgement), mark), shape);
	const low = mix(mix(mix(shape, mark), sequence), acknowledgement + 1);
	return ((high >>> 0) * 2_097_152) + (low >>> 11);
};

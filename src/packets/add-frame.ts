import {decodeFrame, decodeInner, decodeQuoted} from './decode.ts';
import {addError, addPacket, type FlowTable} from './flow-table.ts';
import type {Frame} from './frame.ts';
import {createPacketRecord, type PacketRecord} from './packet-record.ts';
import {digestPayload} from './payload-digest.ts';
import {ROW_MARK, ROW_WIDTH} from './row-store.ts';
import {findTimestamp} from './tcp-options.ts';
import {TCP} from './transport.ts';

const SMALLEST_TCP_HEADER = 20;

const readMark = (bytes: Uint8Array, record: PacketRecord): number => {
	const end = Math.min(record.end, record.payloadOffset);
	return record.transport === TCP
		? findTimestamp(bytes, record.transportOffset + SMALLEST_TCP_HEADER, end)
		: digestPayload(bytes, record.payloadOffset, Math.min(record.end, record.payloadOffset + record.payloadLength));
};

/** Gives a function that decodes a frame and adds it to a flow table. A tunnel's packet counts as what it carries. */
export const createFrameAdder = (flows: FlowTable): ((frame: Frame) => void) => {
	const record = createPacketRecord();
	const quoted = createPacketRecord();
	return frame => {
		decodeFrame(frame, record);
		if (record.innerKind > 0) {
			decodeInner(frame.bytes, record);
		}

		if (record.quotedOffset > 0) {
			decodeQuoted(frame.bytes, record, quoted);
			addError(flows, frame, {record, quoted});
			return;
		}

		const row = addPacket(flows, frame, record);
		if (row >= 0) {
			flows.store.rows[(row * ROW_WIDTH) + ROW_MARK] = readMark(frame.bytes, record);
		}
	};
};

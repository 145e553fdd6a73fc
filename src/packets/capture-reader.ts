import {decodeFrame} from './decode.ts';
import type {Frame} from './frame.ts';
import {createPacketRecord} from './packet-record.ts';
import type {Packet} from './packet.ts';
import {type CaptureScanner, createCaptureScanner} from './scan-capture.ts';
import {toPacket} from './to-packet.ts';

/** Decodes a capture as it arrives. `problem` says why it stopped, where the file is not one or is damaged. */
export type CaptureReader = Pick<CaptureScanner, 'format' | 'problem' | 'interfaces' | 'end'> & {
	/** The packets that this chunk completed. */
	push(chunk: Uint8Array): readonly Packet[];
};

/** A reader of pcap and pcapng, for captures whose packets fit in memory. */
export const createCaptureReader = (): CaptureReader => {
	const scanner = createCaptureScanner();
	const record = createPacketRecord();
	let packets: Packet[] = [];
	const visit = (frame: Frame): void => {
		decodeFrame(frame, record);
		packets.push(toPacket(frame, record));
	};

	return {
		push(chunk) {
			packets = [];
			scanner.push(chunk, visit);
			return packets;
		},
		end() {
			scanner.end();
		},
		get format() {
			return scanner.format;
		},
		get problem() {
			return scanner.problem;
		},
		interfaces: scanner.interfaces,
	};
};

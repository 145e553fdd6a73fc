import {decodeFrame} from '../packets/decode.ts';
import {createPacketRecord} from '../packets/packet-record.ts';
import type {Packet} from '../packets/packet.ts';
import {toPacket} from '../packets/to-packet.ts';
import {readCapture} from './read-capture.ts';

/** Decodes a file packet by packet; holds none of them. */
export const eachPacket = async (file: string, visit: (packet: Packet) => void): Promise<void> => {
	const record = createPacketRecord();
	await readCapture(file, frame => {
		decodeFrame(frame, record);
		visit(toPacket(frame, record));
	});
};

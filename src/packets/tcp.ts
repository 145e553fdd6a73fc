import {readInt32, readUint16} from './bytes.ts';
import type {PacketRecord} from './packet-record.ts';
import {
	markMalformed,
	markShort,
	TCP_HEADER_BEYOND,
	TCP_HEADER_LENGTH,
	TCP_SHORT,
} from './malformation.ts';

// RFC 9293.
const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const SEQUENCE = 4;
const ACKNOWLEDGEMENT = 8;
const OFFSET_AND_FLAGS = 12;
const WINDOW = 14;
const SMALLEST_HEADER = 20;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const ACK = 0x10;
/** The bits that make a packet what it is: congestion marks (ECE, CWR, AE) may be changed on the way. */
export const FLAGS_THAT_STAY = 0x3F;

// tcpdump's letters in tcpdump's order, from the lowest bit; AE (RFC 9768) is `e`.
const flagLetters = 'FSRP.UEWe';

/** Flags as tcpdump prints them: `S`, `S.`, `P.`, `none`. */
export const formatFlags = (flags: number): string => {
	let text = '';
	for (let bit = 0; bit < flagLetters.length; bit++) {
		text += ((flags >> bit) & 1) === 1 ? flagLetters[bit] : '';
	}

	return text === '' ? 'none' : text;
};

/** Reads a TCP header at the record's transport offset. `length`: bytes of the segment as the IP header says. */
export const decodeTcp = (bytes: Uint8Array, record: PacketRecord, length: number): void => {
	const at = record.transportOffset;
	// Port numbers are read even where nothing else was captured: an ICMP error may quote only 8 bytes (RFC 792).
	if (at + SEQUENCE <= record.end) {
		record.sourcePort = readUint16(bytes, at + SOURCE_PORT);
		record.destinationPort = readUint16(bytes, at + DESTINATION_PORT);
	}

	if (at + SMALLEST_HEADER > record.end) {
		record.sequence = at + ACKNOWLEDGEMENT <= record.end ? readInt32(bytes, at + SEQUENCE) : 0;
		markShort(record, TCP_SHORT, at);
		return;
	}

	const offsetAndFlags = readUint16(bytes, at + OFFSET_AND_FLAGS);
	const headerLength = (offsetAndFlags >> 12) << 2;
	record.transport = 6;
	record.sequence = readInt32(bytes, at + SEQUENCE);
	record.acknowledgement = readInt32(bytes, at + ACKNOWLEDGEMENT);
	record.flags = offsetAndFlags & 0x0F_FF;
	record.window = readUint16(bytes, at + WINDOW);
	record.transportHeaderLength = headerLength;
	record.payloadOffset = at + headerLength;
	record.payloadLength = length - headerLength;
	if (headerLength < SMALLEST_HEADER) {
		record.payloadLength = 0;
		markMalformed(record, TCP_HEADER_LENGTH, at + OFFSET_AND_FLAGS);
	} else if (headerLength > length) {
		record.payloadLength = 0;
		markMalformed(record, TCP_HEADER_BEYOND, at + OFFSET_AND_FLAGS);
	}
};

import {readUint16} from './bytes.ts';
import type {PacketRecord} from './packet-record.ts';
import {ICMP_SHORT, markShort} from './malformation.ts';

// RFC 792, RFC 4443.
const TYPE = 0;
const CODE = 1;
const IDENTIFIER = 4;
const SEQUENCE = 6;
const HEADER_LENGTH = 8;

export const ICMP = 1;
export const ICMPV6 = 58;

// Unreachable, source quench, redirect, time exceeded, parameter problem.
const errorTypes: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);
const isError = (protocol: number, type: number): boolean => (protocol === ICMP ? errorTypes.has(type) : type >= 1 && type <= 4);
const isEcho = (protocol: number, type: number): boolean => (protocol === ICMP ? type === 0 || type === 8 : type === 128 || type === 129);

/** Reads an ICMP or ICMPv6 header. An error message carries the beginning of the packet that caused it. */
export const decodeIcmp = (bytes: Uint8Array, record: PacketRecord, length: number): void => {
	const at = record.transportOffset;
	if (at + HEADER_LENGTH > record.end) {
		markShort(record, ICMP_SHORT, at);
		return;
	}

	const type = bytes[at + TYPE];
	record.transport = record.protocol;
	record.icmpType = type;
	record.icmpCode = bytes[at + CODE];
	record.transportHeaderLength = HEADER_LENGTH;
	record.payloadOffset = at + HEADER_LENGTH;
	record.payloadLength = Math.max(0, length - HEADER_LENGTH);
	if (isEcho(record.protocol, type)) {
		record.echoIdentifier = readUint16(bytes, at + IDENTIFIER);
		record.echoSequence = readUint16(bytes, at + SEQUENCE);
	} else if (isError(record.protocol, type)) {
		record.quotedOffset = at + HEADER_LENGTH;
	}
};

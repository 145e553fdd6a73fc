import {concatenateBytes, words16, words32} from '../packets/bytes.ts';
import {decodeFrame, decodeInner} from '../packets/decode.ts';
import type {Frame} from '../packets/frame.ts';
import {type PacketRecord, createPacketRecord} from '../packets/packet-record.ts';
import {createCaptureScanner} from '../packets/scan-capture.ts';
import {TCP} from '../packets/transport.ts';

// As many bytes as tell datagrams apart (payload-digest.ts).
const digestedBytes = 20;
const NANOSECOND_MAGIC = 0xA1_B2_3C_4D;
const SNAP_LENGTH = 262_144;
const longestHeaders = 54;

// The global header of pcap: version 2.4, times in nanoseconds (draft-ietf-opsawg-pcap).
const fileHeader = (linkType: number): Uint8Array => concatenateBytes([words32(NANOSECOND_MAGIC), words16(2, 4), words32(0, 0, SNAP_LENGTH, linkType)]);

/** Replaces what a datagram says, but the same by the same, so that it is still recognized elsewhere. `hide` maps bytes to as many or more. */
const hideDatagram = (bytes: Uint8Array, from: number, hide: (bytes: Uint8Array) => Uint8Array): Uint8Array => {
	const to = Math.min(bytes.length, from + digestedBytes);
	const kept = bytes.slice(0, to);
	kept.set(hide(bytes.subarray(from, to)).subarray(0, to - from), from);
	return kept;
};

const stripPacket = (frame: Frame, record: PacketRecord, hide: (bytes: Uint8Array) => Uint8Array): Uint8Array => {
	const bytes = frame.bytes.slice(frame.start, frame.start + frame.capturedLength);
	decodeFrame(frame, record);
	if (record.innerKind > 0) {
		decodeInner(frame.bytes, record);
	}

	// Of an ICMP error, the quoted headers are what it is about.
	if (record.arpOperation > 0 || record.quotedOffset > 0) {
		return bytes.slice(0, record.quotedOffset > 0 ? record.quotedOffset - frame.start + 28 : bytes.length);
	}

	if (record.transport === 0 || record.payloadOffset === 0) {
		return bytes.slice(0, longestHeaders);
	}

	const from = Math.max(0, record.payloadOffset - frame.start);
	return record.transport === TCP ? bytes.slice(0, from) : hideDatagram(bytes, from, hide);
};

const toRecord = (frame: Frame, bytes: Uint8Array): Uint8Array =>
	concatenateBytes([words32(frame.seconds, frame.nanoseconds, bytes.length, frame.wireLength), bytes]);

/** Takes a capture in chunks, gives back the same as pcap with the headers of its packets alone. */
export const createPayloadStripper = (hide: (bytes: Uint8Array) => Uint8Array) => {
	const scanner = createCaptureScanner();
	const record = createPacketRecord();
	let hasHeader = false;
	return (chunk: Uint8Array): Uint8Array => {
		const parts: Uint8Array[] = [];
		scanner.push(chunk, frame => {
			if (!hasHeader) {
				hasHeader = true;
				parts.push(fileHeader(frame.linkType));
			}

			parts.push(toRecord(frame, stripPacket(frame, record, hide)));
		});
		return concatenateBytes(parts);
	};
};

import {readInt32, readUint16} from './bytes.ts';
import type {PacketRecord} from './packet-record.ts';
import {ARP_SHORT, markShort} from './malformation.ts';

// RFC 826, for 6-byte hardware and 4-byte protocol addresses.
const PROTOCOL_TYPE = 2;
const HARDWARE_LENGTH = 4;
const PROTOCOL_LENGTH = 5;
const OPERATION = 6;
export const ARP_SENDER_MAC = 8;
const SENDER_IP = 14;
const TARGET_IP = 24;
const BODY_LENGTH = 28;
const ETHER_TYPE_IPV4 = 0x08_00;

/** Reads an ARP body for IPv4 over Ethernet. Others keep operation 0. */
export const decodeArp = (bytes: Uint8Array, record: PacketRecord): void => {
	const at = record.networkOffset;
	if (at + BODY_LENGTH > record.end) {
		markShort(record, ARP_SHORT, at);
		return;
	}

	if (readUint16(bytes, at + PROTOCOL_TYPE) !== ETHER_TYPE_IPV4 || bytes[at + HARDWARE_LENGTH] !== 6 || bytes[at + PROTOCOL_LENGTH] !== 4) {
		return;
	}

	record.arpOperation = readUint16(bytes, at + OPERATION);
	record.source3 = readInt32(bytes, at + SENDER_IP);
	record.destination3 = readInt32(bytes, at + TARGET_IP);
};

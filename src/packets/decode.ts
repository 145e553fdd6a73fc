import {decodeArp} from './arp.ts';
import {
	decodeEthernet,
	ETHER_TYPE_ARP,
	ETHER_TYPE_IPV4,
	ETHER_TYPE_IPV6,
} from './ethernet.ts';
import type {Frame} from './frame.ts';
import {decodeIpv4} from './ipv4.ts';
import {decodeIpv6} from './ipv6.ts';
import {decodeLink} from './link.ts';
import {markShort, IPV4_SHORT} from './malformation.ts';
import {type PacketRecord, resetNetwork} from './packet-record.ts';
import {INNER_ETHERNET} from './udp.ts';

const decodeNetwork = (bytes: Uint8Array, record: PacketRecord): void => {
	const {etherType} = record;
	switch (etherType) {
		case ETHER_TYPE_IPV4: {
			decodeIpv4(bytes, record, record.networkOffset);

			break;
		}

		case ETHER_TYPE_IPV6: {
			decodeIpv6(bytes, record, record.networkOffset);

			break;
		}

		case ETHER_TYPE_ARP: {
			decodeArp(bytes, record);

			break;
		}
	// No default
	}
};

/** Decodes one frame into a record. Never throws; allocates nothing. What a tunnel carries is left to `decodeInner`. */
export const decodeFrame = (frame: Frame, record: PacketRecord): void => {
	record.start = frame.start;
	record.end = frame.start + frame.capturedLength;
	record.missing = frame.wireLength > frame.capturedLength ? frame.wireLength - frame.capturedLength : 0;
	resetNetwork(record);
	decodeLink(frame.bytes, record, frame.linkType);
	decodeNetwork(frame.bytes, record);
};

/** Decodes the IP packet at an offset, by its own version: a quoted or tunnelled packet, or one without link header. */
export const decodeIp = (bytes: Uint8Array, record: PacketRecord, at: number): void => {
	resetNetwork(record);
	if (at >= record.end) {
		markShort(record, IPV4_SHORT, at);
	} else if (bytes[at] >> 4 === 6) {
		decodeIpv6(bytes, record, at);
	} else {
		decodeIpv4(bytes, record, at);
	}
};

/** Replaces the record of a tunnel packet (VXLAN, IP in IP) by the packet that it carries. */
export const decodeInner = (bytes: Uint8Array, record: PacketRecord): void => {
	const {innerKind, innerOffset} = record;
	resetNetwork(record);
	if (innerKind === INNER_ETHERNET) {
		record.vlanCount = 0;
		record.etherType = 0;
		decodeEthernet(bytes, record, innerOffset);
		decodeNetwork(bytes, record);
	} else {
		decodeIp(bytes, record, innerOffset);
	}
};

/** Decodes the quoted beginning of a packet. It is short by design, so nothing in it counts as malformed. */
export const decodeQuoted = (bytes: Uint8Array, record: PacketRecord, quoted: PacketRecord): void => {
	quoted.start = record.start;
	quoted.end = Math.min(record.end, record.payloadOffset + record.payloadLength);
	quoted.missing = 1;
	decodeIp(bytes, quoted, record.quotedOffset);
};

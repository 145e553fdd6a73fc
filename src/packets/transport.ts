import type {PacketRecord} from './packet-record.ts';
import {decodeIcmp, ICMP, ICMPV6} from './icmp.ts';
import {decodeTcp} from './tcp.ts';
import {decodeUdp, INNER_IP} from './udp.ts';

export const TCP = 6;
export const UDP = 17;
const IPV4_IN_IP = 4;
const IPV6_IN_IP = 41;

/** Reads what an IP packet carries, at the record's transport offset. `length`: its bytes as the IP header says. */
export const decodeTransport = (bytes: Uint8Array, record: PacketRecord, length: number): void => {
	record.payloadLength = Math.max(0, length);
	record.payloadOffset = record.transportOffset;
	const {protocol} = record;
	switch (protocol) {
		case TCP: {
			decodeTcp(bytes, record, length);

			break;
		}

		case UDP: {
			decodeUdp(bytes, record, length);

			break;
		}

		case ICMP:
		case ICMPV6: {
			decodeIcmp(bytes, record, length);

			break;
		}

		default: {if ((protocol === IPV4_IN_IP || protocol === IPV6_IN_IP) && record.isFragment === 0) {
			record.innerKind = INNER_IP;
			record.innerOffset = record.transportOffset;
		}}
	}
};

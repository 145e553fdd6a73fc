import {toSigned} from './bytes.ts';
import type {Frame} from './frame.ts';
import {parseIp} from './ip-address.ts';
import {type PacketRecord, resetNetwork} from './packet-record.ts';
import type {
	Icmp,
	Ip,
	Layers,
	Packet,
	Quoted,
} from './packet.ts';

const fillAddresses = (record: PacketRecord, ip: Ip): void => {
	const source = parseIp(ip.source)?.words ?? [0, 0, 0, 0];
	const destination = parseIp(ip.destination)?.words ?? [0, 0, 0, 0];
	record.source0 = source[0];
	record.source1 = source[1];
	record.source2 = source[2];
	record.source3 = source[3];
	record.destination0 = destination[0];
	record.destination1 = destination[1];
	record.destination2 = destination[2];
	record.destination3 = destination[3];
};

const fillIp = (record: PacketRecord, ip: Ip): void => {
	fillAddresses(record, ip);
	record.version = ip.version;
	record.ttl = ip.ttl;
	record.identification = ip.id ?? -1;
	record.fragmentOffset = ip.fragmentOffset;
	record.protocol = ip.protocol;
	record.payloadLength = Math.max(0, ip.length - ip.headerLength);
};

const fillTcp = (record: PacketRecord, tcp: NonNullable<Layers['tcp']>): void => {
	record.transport = record.protocol;
	record.sourcePort = tcp.sourcePort;
	record.destinationPort = tcp.destinationPort;
	record.sequence = toSigned(tcp.sequence);
	record.acknowledgement = toSigned(tcp.acknowledgement);
	record.flags = tcp.flags;
	record.payloadLength = tcp.payloadLength;
};

const fillUdp = (record: PacketRecord, udp: NonNullable<Layers['udp']>): void => {
	record.transport = record.protocol;
	record.sourcePort = udp.sourcePort;
	record.destinationPort = udp.destinationPort;
	record.payloadLength = udp.payloadLength;
};

const fillIcmp = (record: PacketRecord, icmp: Icmp): void => {
	record.transport = record.protocol;
	record.icmpType = icmp.type;
	record.icmpCode = icmp.code;
	record.payloadLength = icmp.payloadLength;
	record.echoIdentifier = icmp.echo?.identifier ?? -1;
	record.echoSequence = icmp.echo?.sequence ?? -1;
};

/** The record of a packet's layers, as the decoder would have filled it as far as flows need it. */
export const fillRecord = (record: PacketRecord, {ip, tcp, udp, icmp}: Layers): void => {
	resetNetwork(record);
	if (ip) {
		fillIp(record, ip);
	}

	if (tcp) {
		fillTcp(record, tcp);
	} else if (udp) {
		fillUdp(record, udp);
	} else if (icmp) {
		fillIcmp(record, icmp);
	}
};

/** The record of a quoted packet. */
export const fillQuoted = (record: PacketRecord, quoted: Quoted): void => {
	resetNetwork(record);
	fillIp(record, quoted.ip);
	record.sourcePort = quoted.sourcePort ?? 0;
	record.destinationPort = quoted.destinationPort ?? 0;
};

/** Number and time of a packet's frame. */
export const fillFrame = (frame: Frame, packet: Packet): void => {
	frame.number = packet.frame;
	frame.seconds = packet.time.seconds;
	frame.nanoseconds = packet.time.nanoseconds;
};

/** What NAT leaves alone in a packet: its TCP timestamp or the digest of its payload, signed; 0 where there is none. */
export const markOf = ({tcp, udp, icmp}: Layers): number => {
	if (tcp) {
		return toSigned(tcp.options.timestamp?.value ?? 0);
	}

	return udp?.payloadDigest ?? icmp?.payloadDigest ?? 0;
};

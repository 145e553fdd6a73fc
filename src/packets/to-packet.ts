import {ARP_SENDER_MAC} from './arp.ts';
import {readUint16} from './bytes.ts';
import {decodeInner, decodeQuoted} from './decode.ts';
import type {Frame} from './frame.ts';
import {formatIpv4, formatIpv6} from './ip-address.ts';
import {LINK_ETHERNET} from './link.ts';
import {malformations, TCP_OPTION, markMalformed} from './malformation.ts';
import {createPacketRecord, type PacketRecord} from './packet-record.ts';
import type {
	Arp,
	Icmp,
	Ip,
	Layers,
	Malformed,
	Packet,
	Quoted,
	Tcp,
	Udp,
} from './packet.ts';
import {digestPayload} from './payload-digest.ts';
import {formatFlags} from './tcp.ts';
import {readTcpOptions} from './tcp-options.ts';
import {ICMP, ICMPV6} from './icmp.ts';
import {TCP, UDP} from './transport.ts';
import {INNER_ETHERNET} from './udp.ts';

const VLAN_ID_MASK = 0x0F_FF;
/** RFC 792: ports and sequence number are in the 8 bytes that every router quotes. */
const QUOTED_TCP = 8;

const formatMac = (bytes: Uint8Array, at: number): string => Array.from(bytes.subarray(at, at + 6), byte => byte.toString(16).padStart(2, '0')).join(':');

/** Text of the record's source address. */
export const formatSource = (record: PacketRecord): string => (record.version === 6
	? formatIpv6(record.source0, record.source1, record.source2, record.source3)
	: formatIpv4(record.source3));

/** Text of the record's destination address. */
export const formatDestination = (record: PacketRecord): string => (record.version === 6
	? formatIpv6(record.destination0, record.destination1, record.destination2, record.destination3)
	: formatIpv4(record.destination3));

const toArp = (bytes: Uint8Array, record: PacketRecord): Arp => ({
	operation: record.arpOperation,
	senderMac: formatMac(bytes, record.networkOffset + ARP_SENDER_MAC),
	senderIp: formatIpv4(record.source3),
	targetMac: formatMac(bytes, record.networkOffset + ARP_SENDER_MAC + 10),
	targetIp: formatIpv4(record.destination3),
});

const toIp = (record: PacketRecord): Ip => ({
	version: record.version === 6 ? 6 : 4,
	source: formatSource(record),
	destination: formatDestination(record),
	ttl: record.ttl,
	...(record.identification >= 0 && {id: record.identification}),
	length: record.ipLength,
	headerLength: record.ipHeaderLength,
	protocol: record.protocol,
	isFragment: record.isFragment === 1,
	fragmentOffset: record.fragmentOffset,
});

const toTcp = (bytes: Uint8Array, record: PacketRecord): Tcp => {
	const end = Math.min(record.payloadOffset, record.end);
	const {options, malformedAt} = readTcpOptions(bytes, record.transportOffset + 20, end, end < record.payloadOffset);
	if (malformedAt !== undefined && record.malformed === 0) {
		markMalformed(record, TCP_OPTION, malformedAt);
	}

	return {
		sourcePort: record.sourcePort,
		destinationPort: record.destinationPort,
		sequence: record.sequence >>> 0,
		acknowledgement: record.acknowledgement >>> 0,
		flags: record.flags,
		flagText: formatFlags(record.flags),
		window: record.window,
		headerLength: record.transportHeaderLength,
		options,
		payloadLength: record.payloadLength,
	};
};

const digestRest = (bytes: Uint8Array, record: PacketRecord): number => digestPayload(bytes, record.payloadOffset, Math.min(record.end, record.payloadOffset + record.payloadLength));

const toUdp = (bytes: Uint8Array, record: PacketRecord): Udp => ({
	sourcePort: record.sourcePort,
	destinationPort: record.destinationPort,
	payloadLength: record.payloadLength,
	payloadDigest: digestRest(bytes, record),
});

const quotedRecord = createPacketRecord();

const toQuoted = (bytes: Uint8Array, record: PacketRecord): Quoted | undefined => {
	decodeQuoted(bytes, record, quotedRecord);
	if (quotedRecord.version === 0) {
		return undefined;
	}

	const hasSequence = quotedRecord.transport === TCP || (quotedRecord.protocol === TCP && quotedRecord.fragmentOffset === 0 && quotedRecord.end - quotedRecord.transportOffset >= QUOTED_TCP);
	const hasPorts = quotedRecord.sourcePort !== 0 || quotedRecord.destinationPort !== 0;
	return {
		ip: toIp(quotedRecord),
		...(hasPorts && {sourcePort: quotedRecord.sourcePort, destinationPort: quotedRecord.destinationPort}),
		...(hasSequence && {sequence: quotedRecord.sequence >>> 0}),
	};
};

const toIcmp = (bytes: Uint8Array, record: PacketRecord): Icmp => {
	const quoted = record.quotedOffset > 0 ? toQuoted(bytes, record) : undefined;
	return {
		type: record.icmpType,
		code: record.icmpCode,
		...(record.echoIdentifier >= 0 && {echo: {identifier: record.echoIdentifier, sequence: record.echoSequence}}),
		...(quoted && {quoted}),
		payloadLength: record.payloadLength,
		payloadDigest: digestRest(bytes, record),
	};
};

const toLayers = (bytes: Uint8Array, record: PacketRecord): Layers => {
	const {transport} = record;
	return {
		...(record.arpOperation > 0 && {arp: toArp(bytes, record)}),
		...(record.version > 0 && {ip: toIp(record)}),
		...(transport === TCP && {tcp: toTcp(bytes, record)}),
		...(transport === UDP && {udp: toUdp(bytes, record)}),
		...((transport === ICMP || transport === ICMPV6) && {icmp: toIcmp(bytes, record)}),
	};
};

const readVlanIds = (bytes: Uint8Array, record: PacketRecord): number[] => {
	const first = record.networkOffset - (4 * record.vlanCount);
	return Array.from({length: record.vlanCount}, (_, index) => readUint16(bytes, first + (4 * index)) & VLAN_ID_MASK);
};

type LinkFields = Pick<Packet, 'ethernet' | 'etherType' | 'interfaceIndex' | 'packetType' | 'vlanIds'>;

const toLinkFields = (frame: Frame, record: PacketRecord): LinkFields => ({
	...(frame.linkType === LINK_ETHERNET && frame.capturedLength >= 14
		&& {ethernet: {source: formatMac(frame.bytes, frame.start + 6), destination: formatMac(frame.bytes, frame.start)}}),
	...(record.etherType > 0 && {etherType: record.etherType}),
	...(record.interfaceIndex >= 0 && {interfaceIndex: record.interfaceIndex}),
	...(record.packetType >= 0 && {packetType: record.packetType}),
	...(record.vlanCount > 0 && {vlanIds: readVlanIds(frame.bytes, record)}),
});

const toMalformed = (record: PacketRecord): Malformed => ({reason: malformations[record.malformed], at: record.malformedAt});

/** Replaces the record by what the tunnel carries. */
const toTunnel = (bytes: Uint8Array, record: PacketRecord): Packet['tunnel'] => {
	const kind = record.innerKind === INNER_ETHERNET ? 'vxlan' : 'ip-in-ip';
	decodeInner(bytes, record);
	return {kind, inner: toLayers(bytes, record)};
};

/** The packet as a value, from the frame and the record that `decodeFrame` filled; the record is used up. */
export const toPacket = (frame: Frame, record: PacketRecord): Packet => {
	const link = toLinkFields(frame, record);
	const layers = toLayers(frame.bytes, record);
	const tunnel = record.innerKind > 0 ? toTunnel(frame.bytes, record) : undefined;
	return {
		frame: frame.number,
		time: {seconds: frame.seconds, nanoseconds: frame.nanoseconds},
		linkType: frame.linkType,
		captureInterface: frame.captureInterface,
		capturedLength: frame.capturedLength,
		wireLength: frame.wireLength,
		...link,
		...layers,
		...(tunnel && {tunnel}),
		...(record.isCut === 1 && {isCut: true as const}),
		...(record.malformed > 0 && {malformed: toMalformed(record)}),
	};
};

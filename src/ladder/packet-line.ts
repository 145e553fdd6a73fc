import type {Packet, Layers} from '../packets/packet.ts';
import {formatIcmp} from '../packets/icmp-name.ts';
import {formatAddress} from '../packets/name-address.ts';
import type {Subject} from './flow-filter.ts';

const ARP_REQUEST = 1;

const formatTcp = ({flagText, sequence, acknowledgement, window, payloadLength}: NonNullable<Layers['tcp']>): string => {
	const acknowledges = flagText.includes('.') ? `, ack ${acknowledgement}` : '';
	return `[${flagText}], seq ${sequence}${acknowledges}, win ${window}, length ${payloadLength}`;
};

const formatUpper = ({ip, tcp, udp, icmp}: Layers): string => {
	if (tcp) {
		return formatTcp(tcp);
	}

	if (udp) {
		return `UDP, length ${udp.payloadLength}`;
	}

	if (icmp) {
		return `${formatIcmp(ip?.version ?? 4, icmp.type, icmp.code)}${icmp.quoted ? `, about ${formatEnds(icmp.quoted.ip, icmp.quoted)}` : ''}`;
	}

	return ip ? `protocol ${ip.protocol}, length ${ip.length}${ip.fragmentOffset > 0 ? `, fragment at ${ip.fragmentOffset}` : ''}` : '';
};

type Ports = {readonly sourcePort?: number; readonly destinationPort?: number};

const formatEnds = (ip: NonNullable<Layers['ip']>, {sourcePort, destinationPort}: Ports): string =>
	`${formatAddress({ip: ip.source, port: sourcePort})} → ${formatAddress({ip: ip.destination, port: destinationPort})}`;

const formatLayers = (layers: Layers): string => {
	const {arp, ip, tcp, udp} = layers;
	if (arp) {
		return arp.operation === ARP_REQUEST ? `ARP who-has ${arp.targetIp} tell ${arp.senderIp}` : `ARP ${arp.senderIp} is-at ${arp.senderMac}`;
	}

	return ip ? `${formatEnds(ip, tcp ?? udp ?? {})}  ${formatUpper(layers)}  ttl ${ip.ttl}${ip.id === undefined ? '' : `, id ${ip.id}`}` : '';
};

const formatUnknown = ({linkType, etherType, wireLength}: Packet): string => {
	const type = etherType === undefined ? '' : `, EtherType 0x${etherType.toString(16).padStart(4, '0')}`;
	return `link type ${linkType}${type}, ${wireLength} bytes`;
};

const formatRest = (packet: Packet): string => [
	packet.tunnel ? `  ${packet.tunnel.kind}: ${formatLayers(packet.tunnel.inner)}` : '',
	(packet.ip ?? packet.arp) ? '' : formatUnknown(packet),
	packet.isCut ? '  (cut by the snap length)' : '',
	packet.malformed ? `  malformed: ${packet.malformed.reason}, at byte ${packet.malformed.at}` : '',
].join('');

/** One packet in one line, much as tcpdump prints it. `startSeconds`: where time is counted from. */
export const formatPacket = (packet: Packet, startSeconds: number): string => {
	const seconds = (packet.time.seconds - startSeconds) + (packet.time.nanoseconds / 1_000_000_000);
	const interfaceText = packet.interfaceIndex === undefined ? '' : `if ${packet.interfaceIndex} `;
	return `${`#${packet.frame}`.padStart(6)} ${seconds.toFixed(6).padStart(13)}  ${interfaceText}${formatLayers(packet)}${formatRest(packet)}`;
};

const protocolOf = ({arp, ip, tcp, udp, icmp}: Layers): Subject['protocol'] => {
	if (arp) {
		return 'arp';
	}

	if (icmp) {
		return ip?.version === 6 ? 'icmp6' : 'icmp';
	}

	return tcp ? 'tcp' : (udp ? 'udp' : 'other');
};

/** What a filter looks at in a packet. */
export const subjectOf = (packet: Layers): Subject => {
	const {arp, ip, tcp, udp} = packet;
	const ports: Ports = tcp ?? udp ?? {};
	const ends = ip ?? {source: arp?.senderIp ?? '', destination: arp?.targetIp ?? '', version: arp ? 4 : 0};
	return {
		protocol: protocolOf(packet),
		version: ends.version,
		source: {ip: ends.source, port: ports.sourcePort},
		destination: {ip: ends.destination, port: ports.destinationPort},
	};
};

import type {
	Arp,
	Icmp,
	Ip,
	Layers,
	Packet,
	Quoted,
	Tcp,
	Udp,
} from '../../src/packets/packet.ts';
import {ICMPV6, TCP, UDP} from '../helpers/generate-transport.ts';

/** Ports of a transport header, which a quoted packet has too. */
type Ports = {readonly sourcePort: number; readonly destinationPort: number};

/**
All layers of a packet of one kind, from the outermost inwards: what it carries in a tunnel and what its ICMP error quotes are further ones.
`isInFragment`: as tshark has it, an IPv6 packet in a fragment is a fragment too, an IPv4 packet is not.
*/
export type FlatLayers = {
	readonly arp: readonly Arp[];
	readonly ip: ReadonlyArray<Ip & {readonly isQuoted: boolean}>;
	readonly tcp: ReadonlyArray<Tcp & {readonly isInFragment: boolean}>;
	readonly udp: readonly Udp[];
	readonly icmp: ReadonlyArray<{readonly version: 4 | 6; readonly icmp: Icmp}>;
	readonly tcpPorts: readonly Ports[];
	readonly udpPorts: readonly Ports[];
	readonly sequences: readonly number[];
	readonly quotes: number;
};

/** The value in a list, or an empty list where there is none. */
export const present = <Item>(value: Item | undefined): Item[] => (value === undefined ? [] : [value]);

const portsOf = (header: Ports | undefined, quoted: Quoted | undefined, protocol: number): Ports[] => {
	if (header) {
		return [header];
	}

	const {ip, sourcePort, destinationPort} = quoted ?? {};
	const hasPorts = sourcePort !== undefined && destinationPort !== undefined;
	return hasPorts && ip?.protocol === protocol ? [{sourcePort, destinationPort}] : [];
};

const flattenOne = ({arp, ip, tcp, udp, icmp}: Layers, isInFragment: boolean): FlatLayers => {
	const quoted = icmp?.quoted;
	const isFragment = ip?.isFragment === true;
	return {
		arp: present(arp),
		ip: [...present(ip && {...ip, isQuoted: false}), ...present(quoted && {...quoted.ip, isQuoted: true})],
		tcp: present(tcp && {...tcp, isInFragment: isInFragment || isFragment}),
		udp: present(udp),
		icmp: icmp && ip ? [{version: ip.protocol === ICMPV6 ? 6 : 4, icmp}] : [],
		tcpPorts: portsOf(tcp, quoted, TCP),
		udpPorts: portsOf(udp, quoted, UDP),
		sequences: [...present(tcp?.sequence), ...present(quoted?.sequence)],
		quotes: present(quoted).length,
	};
};

/** Lays the layers of a packet side by side, as tshark's occurrences of a field are. */
export const flattenLayers = (packet: Packet): FlatLayers => {
	const outer = flattenOne(packet, false);
	const inner = packet.tunnel ? flattenOne(packet.tunnel.inner, (packet.ip?.isFragment ?? false) && packet.tunnel.inner.ip?.version === 6) : undefined;
	return inner
		? {
			arp: [...outer.arp, ...inner.arp],
			ip: [...outer.ip, ...inner.ip],
			tcp: [...outer.tcp, ...inner.tcp],
			udp: [...outer.udp, ...inner.udp],
			icmp: [...outer.icmp, ...inner.icmp],
			tcpPorts: [...outer.tcpPorts, ...inner.tcpPorts],
			udpPorts: [...outer.udpPorts, ...inner.udpPorts],
			sequences: [...outer.sequences, ...inner.sequences],
			quotes: outer.quotes + inner.quotes,
		}
		: outer;
};

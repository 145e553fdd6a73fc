import type {Address, PointRole} from './flow.ts';
import {formatIcmp} from './icmp-name.ts';
import type {Layers, Packet} from './packet.ts';

/** One packet of a running capture, as a row on screen needs it. */
export type SeenPacket = {
	/** From 1, as tcpdump counts. */
	readonly frame: number;
	/** Milliseconds since 1970 on the clock of the node. */
	readonly timeMs: number;
	/** As tcpdump writes it: `S.`, `UDP`, `ARP who-has`. */
	readonly what: string;
	readonly source: Address;
	readonly destination: Address;
	readonly payloadLength: number;
};

/** What one point's capture brought since the last time. `rows` holds the newest only; `total` counts all since it was armed. */
export type SeenAtPoint = {
	readonly label: string;
	readonly role: PointRole;
	readonly total: number;
	readonly rows: readonly SeenPacket[];
};

const ARP_REQUEST = 1;

const nameTransport = ({ip, tcp, udp, icmp}: Layers): string => {
	if (icmp) {
		return formatIcmp(ip?.version ?? 4, icmp.type, icmp.code);
	}

	return tcp?.flagText ?? (udp ? 'UDP' : `protocol ${ip?.protocol ?? '?'}`);
};

const nameLayers = (layers: Layers): string => (layers.arp ? (layers.arp.operation === ARP_REQUEST ? 'ARP who-has' : 'ARP is-at') : nameTransport(layers));

const endsOf = ({arp, ip, tcp, udp}: Layers): Pick<SeenPacket, 'source' | 'destination'> => {
	const ports = tcp ?? udp;
	return {
		source: {ip: ip?.source ?? arp?.senderIp ?? '', port: ports?.sourcePort},
		destination: {ip: ip?.destination ?? arp?.targetIp ?? '', port: ports?.destinationPort},
	};
};

/** A decoded packet as a row. What a tunnel carries counts as the packet. */
export const toSeenPacket = (packet: Packet): SeenPacket => {
	const layers = packet.tunnel?.inner ?? packet;
	return {
		frame: packet.frame,
		timeMs: (packet.time.seconds * 1000) + (packet.time.nanoseconds / 1_000_000),
		what: nameLayers(layers),
		...endsOf(layers),
		payloadLength: layers.tcp?.payloadLength ?? layers.udp?.payloadLength ?? 0,
	};
};

import type {Ip, Packet} from '../../src/packets/packet.ts';
import {digestPayload} from '../../src/packets/payload-digest.ts';
import {type FlatLayers, present} from './layers.ts';
import type {TsharkRow} from './tshark.ts';
import {walkIpv6} from './walk-ipv6.ts';

export type Value = string | number | undefined;

/** Our side of one packet. */
export type Ours = {readonly packet: Packet; readonly flat: FlatLayers; readonly interfaceName: string | undefined};

/**
One thing that both sides say about a packet, as lists of the same order.
`quoted`: we keep less of a quoted packet than tshark, so it may give one value more for each.
*/
export type Comparison = {
	readonly name: string;
	readonly ours: (ours: Ours, row: TsharkRow) => readonly Value[];
	readonly theirs: (row: TsharkRow) => readonly Value[];
	readonly quoted?: 'less';
	/**
	How to compare where the snap length cut a header. tshark gives the fields before the cut, we give a header whole or not at all, so we may have fewer values.
	 whole: the last field of a header, which both have or have not · skip: what only the whole chain of headers tells.
	*/
	readonly whenCut?: 'whole' | 'skip';
	/** Options are read as far as they were captured: fewer, without the header counting as cut. */
	readonly isOption?: true;
};

const numbers = (field: string) => (row: TsharkRow): number[] => row[field].map(Number);
const texts = (field: string) => (row: TsharkRow): readonly string[] => row[field];
const first = (field: string) => (row: TsharkRow): readonly string[] => row[field].slice(0, 1);

/** Simple packets have no time: tshark gives none, we give 0. */
const readTime = (row: TsharkRow): string[] => row['frame.time_epoch'].length === 0 ? ['0.000000000'] : row['frame.time_epoch'].map(text => text.padEnd(text.indexOf('.') + 10, '0'));

const frame: readonly Comparison[] = [
	{name: 'frame number', ours: ({packet}) => [packet.frame], theirs: numbers('frame.number')},
	{name: 'wire length', ours: ({packet}) => [packet.wireLength], theirs: numbers('frame.len')},
	{name: 'captured length', ours: ({packet}) => [packet.capturedLength], theirs: numbers('frame.cap_len')},
	{name: 'time', ours: ({packet: {time}}) => [`${time.seconds}.${String(time.nanoseconds).padStart(9, '0')}`], theirs: readTime},
	{name: 'interface name', ours: ({interfaceName}) => present(interfaceName), theirs: texts('frame.interface_name')},
];

const link: readonly Comparison[] = [
	// Of an inner frame (VXLAN) we keep what is above the link layer.
	{name: 'Ethernet source', ours: ({packet}) => present(packet.ethernet?.source), theirs: row => (row['frame.encap_type'][0] === '1' ? first('eth.src')(row) : [])},
	{name: 'Ethernet destination', ours: ({packet}) => present(packet.ethernet?.destination), theirs: row => (row['frame.encap_type'][0] === '1' ? first('eth.dst')(row) : [])},
	{name: 'SLL2 interface index', ours: ({packet}) => present(packet.interfaceIndex), theirs: numbers('sll.ifindex')},
	{name: 'SLL packet type', ours: ({packet}) => present(packet.packetType), theirs: numbers('sll.pkttype')},
	{name: 'VLAN ids', ours: ({packet}) => packet.vlanIds ?? [], theirs: row => [...row['ieee8021ad.id'], ...row['vlan.id']].map(Number)},
	{name: 'ARP operation', ours: ({flat}) => flat.arp.map(arp => arp.operation), theirs: numbers('arp.opcode')},
	{name: 'ARP sender MAC', ours: ({flat}) => flat.arp.map(arp => arp.senderMac), theirs: texts('arp.src.hw_mac')},
	{name: 'ARP sender IP', ours: ({flat}) => flat.arp.map(arp => arp.senderIp), theirs: texts('arp.src.proto_ipv4')},
	{name: 'ARP target MAC', ours: ({flat}) => flat.arp.map(arp => arp.targetMac), theirs: texts('arp.dst.hw_mac')},
	{
		name: 'ARP target IP',
		ours: ({flat}) => flat.arp.map(arp => arp.targetIp),
		theirs: texts('arp.dst.proto_ipv4'),
		whenCut: 'whole',
	},
];

const ofVersion = (version: 4 | 6) => ({flat}: Ours) => flat.ip.filter(ip => ip.version === version);
const ip4 = ofVersion(4);
const ip6 = ofVersion(6);

/** tshark writes the deprecated IPv4-compatible addresses as `::1.2.3.4`; RFC 5952 has a dotted end for prefixes known to hold an IPv4 address only. */
const canonical = (text: string): string => /^::\d+\./v.test(text) ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text;

/** The header chain of a quoted packet may end in the middle, so only that of others is compared. */
const chains = (name: string, read: (ip: Pick<Ip, 'protocol' | 'headerLength' | 'id' | 'fragmentOffset' | 'isFragment'>) => Value): Comparison => ({
	name,
	ours: ours => ip6(ours).filter(ip => !ip.isQuoted).map(ip => read(ip)),
	theirs: row => walkIpv6(row).map(chain => read(chain)),
	quoted: 'less',
	whenCut: 'skip',
});

const network: readonly Comparison[] = [
	{name: 'IPv4 source', ours: ours => ip4(ours).map(ip => ip.source), theirs: texts('ip.src')},
	{
		name: 'IPv4 destination',
		// tshark gives no address where the options were cut off.
		ours: (ours, row) => ip4(ours).filter((ip, index) => !((ours.packet.isCut ?? ip.isQuoted) && ip.headerLength > 20 && index >= row['ip.dst'].length)).map(ip => ip.destination),
		theirs: texts('ip.dst'),
		whenCut: 'whole',
	},
	{name: 'IPv4 TTL', ours: ours => ip4(ours).map(ip => ip.ttl), theirs: numbers('ip.ttl')},
	{name: 'IPv4 id', ours: ours => ip4(ours).map(ip => ip.id), theirs: numbers('ip.id')},
	{name: 'IPv4 length', ours: ours => ip4(ours).map(ip => ip.length), theirs: numbers('ip.len')},
	{name: 'IPv4 header length', ours: ours => ip4(ours).map(ip => ip.headerLength), theirs: numbers('ip.hdr_len')},
	{name: 'IPv4 protocol', ours: ours => ip4(ours).map(ip => ip.protocol), theirs: numbers('ip.proto')},
	{name: 'IPv4 fragment offset', ours: ours => ip4(ours).map(ip => ip.fragmentOffset), theirs: row => row['ip.frag_offset'].map(units => Number(units) * 8)},
	{
		name: 'IPv4 is a fragment',
		ours: ours => ip4(ours).map(ip => String(ip.isFragment)),
		theirs: row => row['ip.frag_offset'].map((offset, index) => String(offset !== '0' || row['ip.flags.mf'][index] === '1')),
	},
	{name: 'IPv6 source', ours: ours => ip6(ours).map(ip => ip.source), theirs: row => row['ipv6.src'].map(text => canonical(text))},
	{
		name: 'IPv6 destination',
		ours: ours => ip6(ours).map(ip => ip.destination),
		theirs: row => row['ipv6.dst'].map(text => canonical(text)),
		whenCut: 'whole',
	},
	{name: 'IPv6 hop limit', ours: ours => ip6(ours).map(ip => ip.ttl), theirs: numbers('ipv6.hlim')},
	{
		name: 'IPv6 length',
		// 0 is a jumbogram or segmentation offload: we take the frame's length then, tshark keeps the 0.
		ours: (ours, row) => ip6(ours).map((ip, index) => (row['ipv6.plen'].at(index) === '0' ? 'of the frame' : ip.length)),
		theirs: row => row['ipv6.plen'].map(length => (length === '0' ? 'of the frame' : Number(length) + 40)),
	},
	chains('IPv6 final protocol', ip => ip.protocol),
	chains('IPv6 header length', ip => ip.headerLength),
	chains('IPv6 fragment id', ip => ip.id),
	chains('IPv6 fragment offset', ip => ip.fragmentOffset),
	chains('IPv6 is a fragment', ip => String(ip.isFragment)),
];

type TcpField = readonly [name: string, read: (header: FlatLayers['tcp'][number]) => Value, theirs: Comparison['theirs']];

const tcp: readonly Comparison[] = [
	{name: 'TCP source port', ours: ({flat}) => flat.tcpPorts.map(ports => ports.sourcePort), theirs: numbers('tcp.srcport')},
	{name: 'TCP destination port', ours: ({flat}) => flat.tcpPorts.map(ports => ports.destinationPort), theirs: numbers('tcp.dstport')},
	// Of a quoted header that was cut tshark gives the ports alone, though RFC 792 promises the sequence number.
	{name: 'TCP sequence', ours: ({flat}, row) => (flat.quotes > 0 ? flat.sequences.slice(0, row['tcp.seq_raw'].length) : flat.sequences), theirs: numbers('tcp.seq_raw')},
	...([
		['TCP acknowledgement', header => header.acknowledgement, numbers('tcp.ack_raw')],
		['TCP flags', header => header.flags, numbers('tcp.flags')],
		['TCP window', header => header.window, numbers('tcp.window_size_value')],
		['TCP header length', header => header.headerLength, numbers('tcp.hdr_len')],
		// tshark gives none in a fragment.
		['TCP payload length', header => (header.isInFragment ? undefined : header.payloadLength), numbers('tcp.len')],
	] satisfies readonly TcpField[]).map(([name, read, theirs]) => ({
		name,
		ours: ({flat}: Ours) => flat.tcp.flatMap(header => present(read(header))),
		theirs,
		quoted: 'less' as const,
	})),
	...([
		['TCP MSS', header => header.options.mss, numbers('tcp.options.mss_val')],
		['TCP window scale', header => header.options.windowScale, numbers('tcp.options.wscale.shift')],
		['TCP SACK permitted', header => (header.options.sackPermitted ? 'yes' : undefined), row => row['tcp.options.sack_perm'].map(() => 'yes')],
		['TCP timestamp', header => header.options.timestamp?.value, numbers('tcp.options.timestamp.tsval')],
		['TCP timestamp echo', header => header.options.timestamp?.echo, numbers('tcp.options.timestamp.tsecr')],
	] satisfies readonly TcpField[]).map(([name, read, theirs]) => ({
		name,
		ours: ({flat}: Ours) => flat.tcp.flatMap(header => present(read(header))),
		theirs,
		quoted: 'less' as const,
		isOption: true as const,
	})),
	{
		name: 'TCP SACK left edges',
		ours: ({flat}) => flat.tcp.flatMap(header => (header.options.sack ?? []).map(block => block.left)),
		theirs: numbers('tcp.options.sack_le'),
		quoted: 'less',
		isOption: true,
	},
	{
		name: 'TCP SACK right edges',
		ours: ({flat}) => flat.tcp.flatMap(header => (header.options.sack ?? []).map(block => block.right)),
		theirs: numbers('tcp.options.sack_re'),
		quoted: 'less',
		isOption: true,
	},
	{
		name: 'TCP headers',
		ours: ({flat}) => flat.tcp.map(() => 'whole'),
		theirs: row => row['tcp.urgent_pointer'].map(() => 'whole'),
		quoted: 'less',
		whenCut: 'whole',
	},
];

/** tshark takes everything after the header for payload; the datagram's own length says where it ends. */
const readDigests = (row: TsharkRow): number[] => row['udp.payload'].map((hex, index) => {
	const bytes = Uint8Array.fromHex(hex.replaceAll(':', ''));
	return digestPayload(bytes, 0, Math.min(bytes.length, Number(row['udp.length'][index]) - 8));
}).filter(digest => digest !== 0);

const udp: readonly Comparison[] = [
	// Of a quoted packet that ends after the ports we give none: no router quotes so little.
	{
		name: 'UDP source port',
		ours: ({flat}) => flat.udpPorts.map(ports => ports.sourcePort),
		theirs: numbers('udp.srcport'),
		quoted: 'less',
	},
	{
		name: 'UDP destination port',
		ours: ({flat}) => flat.udpPorts.map(ports => ports.destinationPort),
		theirs: numbers('udp.dstport'),
		quoted: 'less',
	},
	{
		name: 'UDP length',
		ours: ({flat}) => flat.udp.map(header => header.payloadLength + 8),
		theirs: numbers('udp.length'),
		quoted: 'less',
	},
	{
		name: 'UDP payload digest',
		// A digest of 0 is that of no payload, for which tshark has no field.
		ours: ({flat}) => flat.udp.map(header => header.payloadDigest).filter(digest => digest !== 0),
		theirs: readDigests,
		quoted: 'less',
	},
	{
		name: 'UDP headers',
		ours: ({flat}) => flat.udp.map(() => 'whole'),
		theirs: row => row['udp.checksum'].map(() => 'whole'),
		quoted: 'less',
		whenCut: 'whole',
	},
];

const icmpOf = (version: 4 | 6) => ({flat}: Ours) => flat.icmp.filter(layer => layer.version === version).map(layer => layer.icmp);
const icmp4 = icmpOf(4);
const icmp6 = icmpOf(6);

/** tshark gives identifier and sequence in both byte orders under one name, and of other messages than echo too. */
const echoFields = (field: string) => (row: TsharkRow): number[] => (row['icmp.type'][0] === '0' || row['icmp.type'][0] === '8' ? row[field].filter((_, index) => index % 2 === 0).map(Number) : []);

/** What the IP header leaves for it, outside of tunnels. */
const icmpPayloadLengths = (row: TsharkRow): number[] => {
	if (row['vxlan.vni'].length > 0) {
		return [];
	}

	if (row['icmp.type'].length > 0) {
		return [Number(row['ip.len'][0]) - Number(row['ip.hdr_len'][0]) - 8];
	}

	return row['icmpv6.type'].length > 0 ? [Number(row['ipv6.plen'][0]) + 40 - walkIpv6(row)[0].headerLength - 8] : [];
};

const icmp: readonly Comparison[] = [
	{
		name: 'ICMP type',
		ours: ours => icmp4(ours).map(message => message.type),
		theirs: numbers('icmp.type'),
		quoted: 'less',
	},
	{
		name: 'ICMP code',
		ours: ours => icmp4(ours).map(message => message.code),
		theirs: numbers('icmp.code'),
		quoted: 'less',
	},
	{name: 'ICMP echo identifier', ours: ours => icmp4(ours).flatMap(message => present(message.echo?.identifier)), theirs: echoFields('icmp.ident')},
	{
		name: 'ICMP echo sequence',
		ours: ours => icmp4(ours).flatMap(message => present(message.echo?.sequence)),
		theirs: row => echoFields('icmp.ident')(row).flatMap((_, index) => present(row['icmp.seq'].at(index))).map(Number),
	},
	{
		name: 'ICMPv6 type',
		ours: ours => icmp6(ours).map(message => message.type),
		theirs: numbers('icmpv6.type'),
		quoted: 'less',
	},
	{
		name: 'ICMPv6 code',
		ours: ours => icmp6(ours).map(message => message.code),
		theirs: numbers('icmpv6.code'),
		quoted: 'less',
	},
	{name: 'ICMPv6 echo identifier', ours: ours => icmp6(ours).flatMap(message => present(message.echo?.identifier)), theirs: numbers('icmpv6.echo.identifier')},
	{name: 'ICMPv6 echo sequence', ours: ours => icmp6(ours).flatMap(message => present(message.echo?.sequence)), theirs: numbers('icmpv6.echo.sequence_number')},
	{
		name: 'ICMP payload length',
		ours: ({packet, flat}) => (packet.tunnel ? [] : flat.icmp.map(layer => layer.icmp.payloadLength)),
		theirs: icmpPayloadLengths,
	},
];

/** Everything that is compared. */
export const comparisons: readonly Comparison[] = [...frame, ...link, ...network, ...tcp, ...udp, ...icmp];

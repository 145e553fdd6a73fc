import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {execa} from 'execa';

/** One packet as tshark sees it: for each field all its occurrences, from the outermost header inwards. */
export type TsharkRow = Readonly<Record<string, readonly string[]>>;

export const tsharkFields = [
	'frame.number',
	'frame.time_epoch',
	'frame.len',
	'frame.cap_len',
	'frame.interface_name',
	'frame.encap_type',
	'frame.protocols',
	'eth.src',
	'eth.dst',
	'eth.type',
	'sll.ifindex',
	'sll.pkttype',
	'sll.etype',
	'ieee8021ad.id',
	'vlan.id',
	'arp.opcode',
	'arp.src.hw_mac',
	'arp.src.proto_ipv4',
	'arp.dst.hw_mac',
	'arp.dst.proto_ipv4',
	'ip.src',
	'ip.dst',
	'ip.ttl',
	'ip.id',
	'ip.len',
	'ip.hdr_len',
	'ip.frag_offset',
	'ip.flags.mf',
	'ip.proto',
	'ipv6.src',
	'ipv6.dst',
	'ipv6.hlim',
	'ipv6.plen',
	'ipv6.nxt',
	'ipv6.hopopts.nxt',
	'ipv6.hopopts.len_oct',
	'ipv6.routing.nxt',
	'ipv6.routing.len_oct',
	'ipv6.dstopts.nxt',
	'ipv6.dstopts.len_oct',
	'ipv6.fraghdr.nxt',
	'ipv6.fraghdr.offset',
	'ipv6.fraghdr.more',
	'ipv6.fraghdr.ident',
	'ah.next_header',
	'ah.length',
	'tcp.srcport',
	'tcp.dstport',
	'tcp.seq_raw',
	'tcp.ack_raw',
	'tcp.flags',
	'tcp.window_size_value',
	'tcp.urgent_pointer',
	'tcp.hdr_len',
	'tcp.len',
	'tcp.options.mss_val',
	'tcp.options.wscale.shift',
	'tcp.options.sack_perm',
	'tcp.options.sack_le',
	'tcp.options.sack_re',
	'tcp.options.timestamp.tsval',
	'tcp.options.timestamp.tsecr',
	'udp.srcport',
	'udp.dstport',
	'udp.length',
	'udp.checksum',
	'udp.payload',
	'icmp.type',
	'icmp.code',
	'icmp.ident',
	'icmp.seq',
	'icmpv6.type',
	'icmpv6.code',
	'icmpv6.echo.identifier',
	'icmpv6.echo.sequence_number',
	'vxlan.vni',
] as const;

const OCCURRENCES = '\u{1F}';

/** State between packets off: each packet is told as it stands in the file. */
const preferences = [
	'tcp.desegment_tcp_streams:FALSE',
	'tcp.analyze_sequence_numbers:FALSE',
	'tcp.relative_sequence_numbers:FALSE',
	'tcp.track_bytes_in_flight:FALSE',
	'ip.defragment:FALSE',
	'ipv6.defragment:FALSE',
	'ip.tso_support:TRUE',
	'udp.process_info:FALSE',
];

/** What we decode. Everything else is switched off, so that no payload is guessed at. */
const decodedProtocols = /^(?:frame|file|eth|ethertype|vlan|ieee8021ad|sll|null|raw|arp|ip|ipv6|tcp|udp|icmp|icmpv6|vxlan|data|ah|(?:ip|ipv6|tcp|icmpv6)\..*)$/v;

/** True where tshark can be asked. */
export const hasTshark = async (): Promise<boolean> => {
	const {failed} = await execa('tshark', ['--version'], {reject: false});
	return !failed;
};

export type Tshark = {
	/** Every packet of a capture file. */
	read(file: string): Promise<TsharkRow[]>;
	remove(): void;
};

/** Stands where there is none to ask. */
export const noTshark: Tshark = {
	read: async () => [],
	remove: () => undefined,
};

const parseRow = (line: string): TsharkRow => {
	const cells = line.split('\t');
	return Object.fromEntries(tsharkFields.map((field, index) => [field, cells[index] === '' ? [] : cells[index].split(OCCURRENCES)]));
};

const readRows = async (directory: string, file: string): Promise<TsharkRow[]> => {
	const {stdout} = await execa('tshark', [
		'-n',
		'-r',
		file,
		...preferences.flatMap(preference => ['-o', preference]),
		// Linux and flannel use this port unless told otherwise.
		'-d',
		'udp.port==8472,vxlan',
		'-T',
		'fields',
		'-E',
		'separator=/t',
		'-E',
		'occurrence=a',
		'-E',
		`aggregator=${OCCURRENCES}`,
		...tsharkFields.flatMap(field => ['-e', field]),
	], {env: Object.fromEntries([['WIRESHARK_CONFIG_DIR', directory]]), maxBuffer: 1_000_000_000});
	return stdout === '' ? [] : stdout.split('\n').map(line => parseRow(line));
};

/** A tshark with a configuration of its own, in which only the protocols that we decode are switched on. */
export const createTshark = async (): Promise<Tshark> => {
	const directory = mkdtempSync(path.join(tmpdir(), 'hairpin-tshark-'));
	const {stdout} = await execa('tshark', ['-G', 'protocols']);
	const names = stdout.split('\n').map(line => line.split('\t', 3).at(2) ?? '');
	writeFileSync(path.join(directory, 'disabled_protos'), `${names.filter(name => !decodedProtocols.test(name)).join('\n')}\n`);
	return {
		read: async file => readRows(directory, file),
		remove() {
			rmSync(directory, {recursive: true});
		},
	};
};

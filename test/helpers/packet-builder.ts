/** Builds packets byte by byte, so that tests say what is on the wire. */

type Side = {readonly ip: string; readonly port: number};

export type TcpSpec = {
	readonly from: string;
	readonly to: string;
	readonly flags: string;
	readonly sequence?: number;
	readonly acknowledgement?: number;
	readonly payload?: string;
	readonly id?: number;
	readonly ttl?: number;
	/** TCP timestamp value; absent: no options. */
	readonly timestamp?: number;
};

export type UdpSpec = {
	readonly from: string;
	readonly to: string;
	readonly payload: string;
	readonly id?: number;
	readonly ttl?: number;
};

const u16 = (value: number): number[] => [(value >> 8) & 0xFF, value & 0xFF];
const u32 = (value: number): number[] => [(value >>> 24) & 0xFF, (value >>> 16) & 0xFF, (value >>> 8) & 0xFF, value & 0xFF];
const text = (value: string): number[] => [...new TextEncoder().encode(value)];

const parseSide = (address: string): Side => {
	const [ip, port] = address.split(':', 2);
	return {ip, port: Number(port ?? 0)};
};

const ipBytes = (ip: string): number[] => ip.split('.').map(Number);

/** Bytes written as hexadecimal, spaces ignored. */
export const hex = (digits: string): Uint8Array => Uint8Array.from(digits.replaceAll(/\s+/gv, '').match(/../gv) ?? [], byte => Number.parseInt(byte, 16));

/** An IPv4 packet around a transport payload. */
export const ipv4 = ({from, to, protocol, id = 0, ttl = 64}: {from: string; to: string; protocol: number; id?: number; ttl?: number}, body: readonly number[]): number[] => [
	0x45,
	0,
	...u16(20 + body.length),
	...u16(id),
	0x40,
	0,
	ttl,
	protocol,
	0,
	0,
	...ipBytes(parseSide(from).ip),
	...ipBytes(parseSide(to).ip),
	...body,
];

const flagLetters = 'FSRP.';

/** A TCP segment in IPv4; flags as tcpdump writes them. */
export const tcp = ({from, to, flags, sequence = 0, acknowledgement = 0, payload = '', id, ttl, timestamp}: TcpSpec): number[] => {
	const options = timestamp === undefined ? [] : [1, 1, 8, 10, ...u32(timestamp), ...u32(0)];
	const bits = [...flags].reduce((sum, letter) => sum | (1 << flagLetters.indexOf(letter)), 0);
	return ipv4({
		from, to, protocol: 6, id, ttl,
	}, [
		...u16(parseSide(from).port),
		...u16(parseSide(to).port),
		...u32(sequence),
		...u32(acknowledgement),
		((20 + options.length) / 4) << 4,
		bits,
		...u16(64_240),
		0,
		0,
		0,
		0,
		...options,
		...text(payload),
	]);
};

/** A UDP datagram in IPv4. */
export const udp = ({from, to, payload, id, ttl}: UdpSpec): number[] => {
	const body = text(payload);
	return ipv4({
		from, to, protocol: 17, id, ttl,
	}, [...u16(parseSide(from).port), ...u16(parseSide(to).port), ...u16(8 + body.length), 0, 0, ...body]);
};

/** An ICMP destination unreachable that quotes a packet's first 28 bytes. */
export const unreachable = ({from, to, code, ttl}: {from: string; to: string; code: number; ttl?: number}, quoted: readonly number[]): number[] =>
	ipv4({
		from, to, protocol: 1, ttl,
	}, [3, code, 0, 0, 0, 0, 0, 0, ...quoted.slice(0, 28)]);

/** An Ethernet frame. */
export const ethernet = (body: readonly number[], etherType = 0x08_00): number[] => [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, ...u16(etherType), ...body];

export type Timed = {readonly ms: number; readonly bytes: readonly number[]; readonly wireLength?: number};

export type PcapSpec = {
	readonly linkType?: number;
	readonly isBigEndian?: boolean;
	readonly isNanoseconds?: boolean;
};

/** A pcap file of packets with times in milliseconds. */
export const pcap = (packets: readonly Timed[], {linkType = 1, isBigEndian = false, isNanoseconds = false}: PcapSpec = {}): Uint8Array => {
	const order = (bytes: number[]): number[] => (isBigEndian ? bytes : bytes.toReversed());
	const perMs = isNanoseconds ? 1_000_000 : 1000;
	const header = [...order(u32(isNanoseconds ? 0xA1_B2_3C_4D : 0xA1_B2_C3_D4)), ...order(u16(2)), ...order(u16(4)), ...u32(0), ...u32(0), ...order(u32(65_535)), ...order(u32(linkType))];
	const records = packets.flatMap(({ms, bytes, wireLength}) => [
		...order(u32(Math.floor(ms / 1000))),
		...order(u32(Math.round((ms % 1000) * perMs))),
		...order(u32(bytes.length)),
		...order(u32(wireLength ?? bytes.length)),
		...bytes,
	]);
	return Uint8Array.from([...header, ...records]);
};

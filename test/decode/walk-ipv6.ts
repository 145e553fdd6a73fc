import type {TsharkRow} from './tshark.ts';

export type Ipv6Chain = {readonly protocol: number; readonly headerLength: number; readonly id: number | undefined; readonly fragmentOffset: number; readonly isFragment: boolean};

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;

type Extension = {readonly next: keyof TsharkRow; readonly length: (row: TsharkRow, index: number) => number};

const extensions: ReadonlyMap<number, Extension> = new Map<number, Extension>([
	[HOP_BY_HOP, {next: 'ipv6.hopopts.nxt', length: (row, index) => Number(row['ipv6.hopopts.len_oct'][index])}],
	[ROUTING, {next: 'ipv6.routing.nxt', length: (row, index) => Number(row['ipv6.routing.len_oct'][index])}],
	[DESTINATION_OPTIONS, {next: 'ipv6.dstopts.nxt', length: (row, index) => Number(row['ipv6.dstopts.len_oct'][index])}],
	[FRAGMENT, {next: 'ipv6.fraghdr.nxt', length: () => 8}],
	// tshark prints the length field in units of 4 bytes, minus 2 (RFC 4302).
	[AUTHENTICATION, {next: 'ah.next_header', length: (row, index) => (Number(row['ah.length'][index].split(' ', 1)[0]) + 2) * 4}],
]);

type Used = Map<number, number>;

const readFragment = (row: TsharkRow, index: number): Pick<Ipv6Chain, 'id' | 'fragmentOffset' | 'isFragment'> => {
	const fragmentOffset = Number(row['ipv6.fraghdr.offset'][index]) * 8;
	return {
		id: Number(row['ipv6.fraghdr.ident'][index]),
		fragmentOffset,
		isFragment: fragmentOffset > 0 || row['ipv6.fraghdr.more'][index] === '1',
	};
};

const walkOne = (row: TsharkRow, used: Used, first: number): Ipv6Chain => {
	let chain: Ipv6Chain = {
		protocol: first,
		headerLength: 40,
		id: undefined,
		fragmentOffset: 0,
		isFragment: false,
	};
	for (;;) {
		const extension = extensions.get(chain.protocol);
		const index = used.get(chain.protocol) ?? 0;
		if (!extension || chain.fragmentOffset > 0 || row[extension.next][index] === undefined) {
			return chain;
		}

		used.set(chain.protocol, index + 1);
		chain = {
			...chain,
			...(chain.protocol === FRAGMENT && readFragment(row, index)),
			protocol: Number(row[extension.next][index]),
			headerLength: chain.headerLength + extension.length(row, index),
		};
	}
};

/** Follows the next-header numbers that tshark gives through the extension headers of every IPv6 packet in the row. */
export const walkIpv6 = (row: TsharkRow): Ipv6Chain[] => {
	const used: Used = new Map();
	return row['ipv6.nxt'].map(next => walkOne(row, used, Number(next)));
};

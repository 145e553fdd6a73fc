import type {PacketRecord} from './packet-record.ts';

/**
A leg is one pair of endpoints at one point, both directions together. A conversation that NAT rewrites has several legs.
Legs live in one array of 32-bit numbers, found by open addressing: nothing is allocated for a packet.
*/
export type LegTable = {
	/** Rows of `LEG_WIDTH` numbers, laid out as the constants below say. */
	legs: Int32Array;
	count: number;
	/** Index of a leg plus one, or 0. */
	slots: Int32Array;
	/** Packets of legs for which there was no room. */
	untracked: number;
};

/** The endpoint that sent the leg's first packet: four address words; then the other endpoint's. */
export const LEG_SOURCE = 0;
export const LEG_DESTINATION = 4;
/** Source port in the upper half, destination port in the lower. */
export const LEG_PORTS = 8;
/** IP version in the upper half, protocol in the lower. */
export const LEG_KIND = 9;
export const LEG_FIRST_ROW = 10;
export const LEG_LAST_ROW = 11;
export const LEG_KEPT = 12;
export const LEG_PACKETS = 13;
/** The client's initial sequence number, and how it is known. */
export const LEG_ISN = 14;
export const LEG_ISN_KIND = 15;
export const LEG_HASH = 16;
export const LEG_WIDTH = 17;

/** No SYN was seen, nor an answer to one. */
export const ISN_UNKNOWN = 0;
/** A SYN opened the leg. */
export const ISN_OF_SYN = 1;
/** The leg began with an answer to a SYN that is not in it: the number is what the answer acknowledges, less one. */
export const ISN_OF_ANSWER = 2;

const MOST_LEGS = 1_048_576;

/** An empty table. */
export const createLegTable = (): LegTable => ({
	legs: new Int32Array(1024 * LEG_WIDTH),
	count: 0,
	slots: new Int32Array(4096),
	untracked: 0,
});

const mixWords = (words: number, last: number, port: number): number => Math.imul(last ^ Math.imul(words, 0x27_D4_EB_2F) ^ (port << 16) ^ port, 0x9E_37_79_B1);

// Both directions must give the same number: the endpoints are added.
const hashRecord = (record: PacketRecord, kind: number): number => {
	const source = mixWords(record.source0 ^ record.source1 ^ record.source2, record.source3, record.sourcePort);
	const destination = mixWords(record.destination0 ^ record.destination1 ^ record.destination2, record.destination3, record.destinationPort);
	const sum = Math.imul((source ^ (source >>> 15)) + (destination ^ (destination >>> 15)) + kind, 0x85_EB_CA_6B);
	return sum ^ (sum >>> 16);
};

const isForward = (legs: Int32Array, at: number, record: PacketRecord): boolean =>
	legs[at + 3] === record.source3 && legs[at + 7] === record.destination3
	&& legs[at + LEG_PORTS] === ((record.sourcePort << 16) | record.destinationPort)
	&& legs[at] === record.source0 && legs[at + 1] === record.source1 && legs[at + 2] === record.source2
	&& legs[at + 4] === record.destination0 && legs[at + 5] === record.destination1 && legs[at + 6] === record.destination2;

const isBack = (legs: Int32Array, at: number, record: PacketRecord): boolean =>
	legs[at + 3] === record.destination3 && legs[at + 7] === record.source3
	&& legs[at + LEG_PORTS] === ((record.destinationPort << 16) | record.sourcePort)
	&& legs[at] === record.destination0 && legs[at + 1] === record.destination1 && legs[at + 2] === record.destination2
	&& legs[at + 4] === record.source0 && legs[at + 5] === record.source1 && legs[at + 6] === record.source2;

/** True where the record's packet goes the same way as the leg's first packet. */
export const isSameDirection = (table: LegTable, leg: number, record: PacketRecord): boolean => isForward(table.legs, leg * LEG_WIDTH, record);

const kindOf = (record: PacketRecord): number => (record.version << 16) | (record.protocol & 0xFF_FF);

const growLegs = (table: LegTable): void => {
	const legs = new Int32Array(table.legs.length * 2);
	legs.set(table.legs);
	table.legs = legs;
	const mask = (table.slots.length * 2) - 1;
	const slots = new Int32Array(mask + 1);
	for (const value of table.slots) {
		if (value === 0) {
			continue;
		}

		let slot = legs[((value - 1) * LEG_WIDTH) + LEG_HASH] & mask;
		while (slots[slot] !== 0) {
			slot = (slot + 1) & mask;
		}

		slots[slot] = value;
	}

	table.slots = slots;
};

/** The slot of the record's endpoints: of their leg, or the empty one where it belongs. */
const findSlot = ({legs, slots}: LegTable, record: PacketRecord, hash: number, kind: number): number => {
	const mask = slots.length - 1;
	let slot = hash & mask;
	while (slots[slot] !== 0) {
		const at = (slots[slot] - 1) * LEG_WIDTH;
		if (legs[at + LEG_HASH] === hash && legs[at + LEG_KIND] === kind && (isForward(legs, at, record) || isBack(legs, at, record))) {
			return slot;
		}

		slot = (slot + 1) & mask;
	}

	return slot;
};

/** The leg of the record's endpoints, or -1. */
export const findLeg = (table: LegTable, record: PacketRecord): number => {
	const kind = kindOf(record);
	return table.slots[findSlot(table, record, hashRecord(record, kind), kind)] - 1;
};

const writeLeg = (legs: Int32Array, at: number, record: PacketRecord): void => {
	legs[at] = record.source0;
	legs[at + 1] = record.source1;
	legs[at + 2] = record.source2;
	legs[at + 3] = record.source3;
	legs[at + 4] = record.destination0;
	legs[at + 5] = record.destination1;
	legs[at + 6] = record.destination2;
	legs[at + 7] = record.destination3;
	legs[at + LEG_PORTS] = (record.sourcePort << 16) | record.destinationPort;
	legs[at + LEG_FIRST_ROW] = -1;
	legs[at + LEG_LAST_ROW] = -1;
};

/** A new leg for the record's endpoints; an older one of the same endpoints is no longer found. Out: -1 where there is no room. */
export const addLeg = (table: LegTable, record: PacketRecord): number => {
	if (table.count >= MOST_LEGS) {
		table.untracked++;
		return -1;
	}

	if ((table.count + 1) * LEG_WIDTH > table.legs.length) {
		growLegs(table);
	}

	const kind = kindOf(record);
	const hash = hashRecord(record, kind);
	const leg = table.count;
	const at = leg * LEG_WIDTH;
	writeLeg(table.legs, at, record);
	table.legs[at + LEG_KIND] = kind;
	table.legs[at + LEG_HASH] = hash;
	table.slots[findSlot(table, record, hash, kind)] = leg + 1;
	table.count++;
	return leg;
};

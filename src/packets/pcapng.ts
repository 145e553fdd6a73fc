import {readUint16In, readUint32In} from './bytes.ts';
import {
	LARGEST_CAPTURED_LENGTH,
	type Scan,
	type ScanState,
	stopScan,
	type VisitFrame,
} from './capture-scanner.ts';
import {readInterfaceOptions} from './pcapng-options.ts';
import {type Clock, createClock, setPcapngTime} from './pcapng-time.ts';

// https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcapng/
export const SECTION_HEADER = 0x0A_0D_0D_0A;
export const INTERFACE_DESCRIPTION = 1;
const OLD_PACKET = 2;
const SIMPLE_PACKET = 3;
export const ENHANCED_PACKET = 6;
export const BYTE_ORDER_MAGIC = 0x1A_2B_3C_4D;

const BODY = 8;
const SMALLEST_BLOCK = 12;
const PACKET_FIELDS = 20;
/** A block with more than the largest packet and a megabyte of options is not read. */
const LARGEST_BLOCK = LARGEST_CAPTURED_LENGTH + 1_048_576;
const MOST_INTERFACES = 65_536;

type InterfaceClock = {readonly linkType: number; readonly snapLength: number; readonly clock: Clock; readonly number: number};

type Block = {readonly type: number; readonly at: number; readonly length: number};

type Section = {isLittleEndian: boolean; interfaces: InterfaceClock[]};

type Reader = {readonly state: ScanState; readonly section: Section; readonly bytes: Uint8Array; readonly visit: VisitFrame};

/** The byte order of a section is that of its magic number, or undefined where there is none. */
const findByteOrder = (bytes: Uint8Array, at: number): boolean | undefined => {
	for (const isLittleEndian of [true, false]) {
		if (readUint32In(bytes, at, isLittleEndian) === BYTE_ORDER_MAGIC) {
			return isLittleEndian;
		}
	}

	return undefined;
};

const readInterface = ({state, section, bytes}: Reader, {at, length}: Block): void => {
	if (length < BODY + 8 + 4 || state.interfaces.length >= MOST_INTERFACES) {
		stopScan(state, length < BODY + 12 ? 'an interface description is too short' : 'more interfaces than a capture can have', at);
		return;
	}

	const linkType = readUint16In(bytes, at + BODY, section.isLittleEndian);
	const snapLength = readUint32In(bytes, at + BODY + 4, section.isLittleEndian);
	const options = readInterfaceOptions(bytes, at + BODY + 8, at + length - 4, section.isLittleEndian);
	section.interfaces.push({
		linkType,
		snapLength,
		clock: createClock(options.timeResolution, options.timeOffsetSeconds),
		number: state.interfaces.length,
	});
	state.interfaces.push({
		linkType,
		snapLength,
		name: options.name,
		description: options.description,
	});
};

const emitFrame = ({state, visit}: Reader, {linkType, number}: InterfaceClock, capturedLength: number, wireLength: number): void => {
	const {frame} = state;
	frame.number++;
	frame.linkType = linkType;
	frame.captureInterface = number;
	frame.capturedLength = capturedLength;
	frame.wireLength = Math.max(capturedLength, wireLength);
	visit(frame);
};

/** An enhanced packet, or the older packet block, whose interface number has 16 bits and is followed by a drop count. */
const readEnhancedPacket = (reader: Reader, {type, at, length}: Block): void => {
	const {state, section: {isLittleEndian, interfaces}, bytes} = reader;
	if (length < SMALLEST_BLOCK + PACKET_FIELDS) {
		stopScan(state, 'a packet block is too short', at);
		return;
	}

	const source = interfaces.at(type === OLD_PACKET ? readUint16In(bytes, at + BODY, isLittleEndian) : readUint32In(bytes, at + BODY, isLittleEndian));
	const capturedLength = readUint32In(bytes, at + BODY + 12, isLittleEndian);
	if (!source) {
		stopScan(state, `packet ${state.frame.number + 1} belongs to an interface that is not described`, at + BODY);
	} else if (capturedLength > length - SMALLEST_BLOCK - PACKET_FIELDS) {
		stopScan(state, `packet ${state.frame.number + 1} claims ${capturedLength} captured bytes, more than its block holds`, at + BODY + 12);
	} else {
		setPcapngTime(state.frame, source.clock, readUint32In(bytes, at + BODY + 4, isLittleEndian), readUint32In(bytes, at + BODY + 8, isLittleEndian));
		state.frame.start = at + BODY + PACKET_FIELDS;
		emitFrame(reader, source, capturedLength, readUint32In(bytes, at + BODY + 16, isLittleEndian));
	}
};

/** A simple packet has no time, and its captured length follows from the snap length of the first interface (0: no limit). */
const readSimplePacket = (reader: Reader, {at, length}: Block): void => {
	const {state, section: {isLittleEndian, interfaces}, bytes} = reader;
	const source = interfaces.at(0);
	if (!source || length < SMALLEST_BLOCK + 4) {
		stopScan(state, source ? 'a packet block is too short' : `packet ${state.frame.number + 1} belongs to an interface that is not described`, at);
		return;
	}

	const wireLength = readUint32In(bytes, at + BODY, isLittleEndian);
	state.frame.seconds = 0;
	state.frame.nanoseconds = 0;
	state.frame.start = at + BODY + 4;
	emitFrame(reader, source, Math.min(wireLength, source.snapLength > 0 ? source.snapLength : wireLength, length - SMALLEST_BLOCK - 4), wireLength);
};

const readBlock = (reader: Reader, block: Block): void => {
	const {state, section, bytes} = reader;
	const {type, at, length} = block;
	if (readUint32In(bytes, at + length - 4, section.isLittleEndian) === length) {
		switch (type) {
			case ENHANCED_PACKET:
			case OLD_PACKET: {
				readEnhancedPacket(reader, block);

				break;
			}

			case INTERFACE_DESCRIPTION: {
				readInterface(reader, block);

				break;
			}

			case SIMPLE_PACKET: {
				readSimplePacket(reader, block);

				break;
			}

			default: {
				section.interfaces = [];
			}
		}
	} else {
		stopScan(state, 'the two lengths of a block differ', at + length - 4);
	}
};

const blocksToRead: ReadonlySet<number> = new Set([ENHANCED_PACKET, SIMPLE_PACKET, OLD_PACKET, INTERFACE_DESCRIPTION, SECTION_HEADER]);
const isRead = (type: number): boolean => blocksToRead.has(type);

const isImpossibleLength = (type: number, length: number): boolean => length < SMALLEST_BLOCK || length % 4 !== 0 || (isRead(type) && length > LARGEST_BLOCK);

/** A new section may have the other byte order: it must be known before the length can be read. Out: false where there is no magic number. */
const isSectionEntered = (state: ScanState, section: Section, bytes: Uint8Array, at: number): boolean => {
	const order = findByteOrder(bytes, at + BODY);
	if (order === undefined) {
		stopScan(state, 'a section has no byte-order magic', at + BODY);
		return false;
	}

	section.isLittleEndian = order;
	return true;
};

/** Reads a pcapng file block by block. Blocks that are neither packets nor interfaces are passed over without being held. */
export const createPcapngScan = (state: ScanState): Scan => {
	const section: Section = {isLittleEndian: true, interfaces: []};
	state.needed = SMALLEST_BLOCK;
	return (bytes, from, visit) => {
		const reader: Reader = {
			state,
			section,
			bytes,
			visit,
		};
		let at = from;
		state.frame.bytes = bytes;
		while (bytes.length - at >= state.needed) {
			const type = readUint32In(bytes, at, section.isLittleEndian);
			if (type === SECTION_HEADER && !isSectionEntered(state, section, bytes, at)) {
				return at;
			}

			const length = readUint32In(bytes, at + 4, section.isLittleEndian);
			if (isImpossibleLength(type, length)) {
				stopScan(state, `a block claims ${length} bytes`, at + 4);
				return at;
			}

			if (!isRead(type)) {
				state.skip = Math.max(0, length - (bytes.length - at));
				state.needed = SMALLEST_BLOCK;
				at = Math.min(bytes.length, at + length);
				continue;
			}

			if (bytes.length - at < length) {
				state.needed = length;
				return at;
			}

			readBlock(reader, {type, at, length});
			if (state.problem) {
				return at;
			}

			at += length;
			state.needed = SMALLEST_BLOCK;
		}

		return at;
	};
};

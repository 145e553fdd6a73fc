import {readUint32In} from './bytes.ts';
import {
	LARGEST_CAPTURED_LENGTH,
	type Scan,
	type ScanState,
	stopScan,
} from './capture-scanner.ts';

// https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/
export const MAGIC_MICROSECONDS = 0xA1_B2_C3_D4;
export const MAGIC_NANOSECONDS = 0xA1_B2_3C_4D;
const SNAP_LENGTH = 16;
const LINK_TYPE = 20;
/** The upper bits hold the length of the frame check sequence. */
const LINK_TYPE_MASK = 0x03_FF_FF_FF;
const FILE_HEADER_LENGTH = 24;
const CAPTURED_LENGTH = 8;
const WIRE_LENGTH = 12;
const RECORD_HEADER_LENGTH = 16;
const NANOSECONDS = 1_000_000_000;

const isPcapMagic = (magic: number): boolean => magic === MAGIC_MICROSECONDS || magic === MAGIC_NANOSECONDS;

/** Byte order and time unit from the first four bytes, or undefined where it is no pcap file. */
export const recognizePcap = (bytes: Uint8Array, at: number): {readonly isLittleEndian: boolean; readonly nanosecondsPerTick: number} | undefined => {
	for (const isLittleEndian of [true, false]) {
		const magic = readUint32In(bytes, at, isLittleEndian);
		if (isPcapMagic(magic)) {
			return {isLittleEndian, nanosecondsPerTick: magic === MAGIC_NANOSECONDS ? 1 : 1000};
		}
	}

	return undefined;
};

/** A tick count beyond a second is wrong in the file, but its meaning is plain. */
const setTime = ({frame}: ScanState, seconds: number, nanoseconds: number): void => {
	const extra = nanoseconds >= NANOSECONDS ? Math.floor(nanoseconds / NANOSECONDS) : 0;
	frame.seconds = seconds + extra;
	frame.nanoseconds = nanoseconds - (extra * NANOSECONDS);
};

const readFileHeader = (state: ScanState, bytes: Uint8Array, at: number, isLittleEndian: boolean): void => {
	state.frame.linkType = readUint32In(bytes, at + LINK_TYPE, isLittleEndian) & LINK_TYPE_MASK;
	state.interfaces.push({
		linkType: state.frame.linkType,
		snapLength: readUint32In(bytes, at + SNAP_LENGTH, isLittleEndian),
		name: undefined,
		description: undefined,
	});
};

/** Reads a pcap file: its header first, then records. */
export const createPcapScan = (state: ScanState, isLittleEndian: boolean, nanosecondsPerTick: number): Scan => {
	const {frame} = state;
	let isHeaderRead = false;
	state.needed = FILE_HEADER_LENGTH;
	return (bytes, from, visit) => {
		let at = from;
		frame.bytes = bytes;
		while (bytes.length - at >= state.needed) {
			if (!isHeaderRead) {
				readFileHeader(state, bytes, at, isLittleEndian);
				isHeaderRead = true;
				at += FILE_HEADER_LENGTH;
				state.needed = RECORD_HEADER_LENGTH;
				continue;
			}

			const capturedLength = readUint32In(bytes, at + CAPTURED_LENGTH, isLittleEndian);
			if (capturedLength > LARGEST_CAPTURED_LENGTH) {
				stopScan(state, `record ${frame.number + 1} claims ${capturedLength} captured bytes`, at + CAPTURED_LENGTH);
				return at;
			}

			if (bytes.length - at < RECORD_HEADER_LENGTH + capturedLength) {
				state.needed = RECORD_HEADER_LENGTH + capturedLength;
				return at;
			}

			setTime(state, readUint32In(bytes, at, isLittleEndian), readUint32In(bytes, at + 4, isLittleEndian) * nanosecondsPerTick);
			frame.number++;
			frame.start = at + RECORD_HEADER_LENGTH;
			frame.capturedLength = capturedLength;
			frame.wireLength = Math.max(capturedLength, readUint32In(bytes, at + WIRE_LENGTH, isLittleEndian));
			at = frame.start + capturedLength;
			state.needed = RECORD_HEADER_LENGTH;
			visit(frame);
		}

		return at;
	};
};

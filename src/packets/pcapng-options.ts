import {toSigned, readUint16In, readUint32In} from './bytes.ts';

const NAME = 2;
const DESCRIPTION = 3;
const TIME_RESOLUTION = 9;
const TIME_OFFSET = 14;
const MICROSECONDS = 6;

/** The options of an interface description that we use. */
export type InterfaceOptions = {
	name: string | undefined;
	description: string | undefined;
	timeResolution: number;
	timeOffsetSeconds: number;
};

type ByteRange = {readonly bytes: Uint8Array; readonly at: number; readonly length: number};

const decoder = new TextDecoder();
const readText = ({bytes, at, length}: ByteRange): string => decoder.decode(bytes.subarray(at, at + length));

/** if_tsoffset is a signed 64-bit number; a real one fits 53 bits. */
const readSeconds = (bytes: Uint8Array, at: number, isLittleEndian: boolean): number => {
	const first = readUint32In(bytes, at, isLittleEndian);
	const second = readUint32In(bytes, at + 4, isLittleEndian);
	const [high, low] = isLittleEndian ? [second, first] : [first, second];
	return (toSigned(high) * 4_294_967_296) + low;
};

const applyOption = (options: InterfaceOptions, code: number, range: ByteRange, isLittleEndian: boolean): void => {
	if (code === NAME) {
		options.name = readText(range);
	} else if (code === DESCRIPTION) {
		options.description = readText(range);
	} else if (code === TIME_RESOLUTION && range.length === 1) {
		options.timeResolution = range.bytes[range.at];
	} else if (code === TIME_OFFSET && range.length === 8) {
		options.timeOffsetSeconds = readSeconds(range.bytes, range.at, isLittleEndian);
	}
};

/** Reads the options of an interface description between two offsets. An option that runs over the end is passed over. */
export const readInterfaceOptions = (bytes: Uint8Array, start: number, end: number, isLittleEndian: boolean): InterfaceOptions => {
	const options: InterfaceOptions = {
		name: undefined,
		description: undefined,
		timeResolution: MICROSECONDS,
		timeOffsetSeconds: 0,
	};
	let at = start;
	while (at + 4 <= end) {
		const code = readUint16In(bytes, at, isLittleEndian);
		const length = readUint16In(bytes, at + 2, isLittleEndian);
		if (code === 0 || at + 4 + length > end) {
			break;
		}

		applyOption(options, code, {bytes, at: at + 4, length}, isLittleEndian);
		at += 4 + ((length + 3) & ~3);
	}

	return options;
};

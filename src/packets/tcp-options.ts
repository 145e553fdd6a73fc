import {readInt32, readUint16} from './bytes.ts';

// Kinds of https://www.iana.org/assignments/tcp-parameters; SACK is RFC 2018, timestamps and window scale RFC 7323.
const END = 0;
const NO_OPERATION = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;
const TIMESTAMPS_LENGTH = 10;
const PADDED_TIMESTAMPS = 0x01_01_08_0A;

export type SackBlock = {readonly left: number; readonly right: number};

export type TcpOptions = {
	mss?: number;
	windowScale?: number;
	sackPermitted?: true;
	sack?: SackBlock[];
	timestamp?: {readonly value: number; readonly echo: number};
};

export type ReadOptions = {readonly options: TcpOptions; readonly malformedAt: number | undefined};

const readSack = (bytes: Uint8Array, at: number, length: number): SackBlock[] => {
	const blocks: SackBlock[] = [];
	for (let block = at + 2; block + 8 <= at + length; block += 8) {
		blocks.push({left: readInt32(bytes, block) >>> 0, right: readInt32(bytes, block + 4) >>> 0});
	}

	return blocks;
};

const readOption = (bytes: Uint8Array, at: number, options: TcpOptions): void => {
	const kind = bytes[at];
	const length = bytes[at + 1];
	if (kind === MSS && length === 4) {
		options.mss = readUint16(bytes, at + 2);
	} else if (kind === WINDOW_SCALE && length === 3) {
		options.windowScale = bytes[at + 2];
	} else if (kind === SACK_PERMITTED && length === 2) {
		options.sackPermitted = true;
	} else if (kind === SACK) {
		options.sack = readSack(bytes, at, length);
	} else if (kind === TIMESTAMPS && length === TIMESTAMPS_LENGTH) {
		options.timestamp = {value: readInt32(bytes, at + 2) >>> 0, echo: readInt32(bytes, at + 6) >>> 0};
	}
};

/** Reads TCP options between two offsets. `isCut`: the rest was not captured, so an option that runs over the end is not wrong. */
export const readTcpOptions = (bytes: Uint8Array, start: number, end: number, isCut: boolean): ReadOptions => {
	const options: TcpOptions = {};
	let at = start;
	while (at < end && bytes[at] !== END) {
		if (bytes[at] === NO_OPERATION) {
			at++;
			continue;
		}

		const length = at + 1 < end ? bytes[at + 1] : 0;
		if (length < 2 || at + length > end) {
			const isWrong = !isCut || (length < 2 && at + 1 < end);
			return {options, malformedAt: isWrong ? at : undefined};
		}

		readOption(bytes, at, options);
		at += length;
	}

	return {options, malformedAt: undefined};
};

/** The sender's timestamp value between two offsets, signed, or 0 where there is none; allocates nothing. */
export const findTimestamp = (bytes: Uint8Array, start: number, end: number): number => {
	let at = start;
	// RFC 7323 appendix A: nearly every segment after the handshake is laid out like this.
	if (at + 12 <= end && readInt32(bytes, at) === PADDED_TIMESTAMPS) {
		return readInt32(bytes, at + 4);
	}

	while (at + TIMESTAMPS_LENGTH <= end && bytes[at] !== END) {
		if (bytes[at] === TIMESTAMPS && bytes[at + 1] === TIMESTAMPS_LENGTH) {
			return readInt32(bytes, at + 2);
		}

		at += bytes[at] === NO_OPERATION ? 1 : Math.max(2, bytes[at + 1]);
	}

	return 0;
};

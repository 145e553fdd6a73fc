import {
	type CaptureInterface,
	type CaptureProblem,
	type Scan,
	type ScanState,
	stopScan,
	type VisitFrame,
} from './capture-scanner.ts';
import {readUint32In} from './bytes.ts';
import {createFrame} from './frame.ts';
import {createPcapScan, recognizePcap} from './pcap.ts';
import {createPcapngScan, SECTION_HEADER} from './pcapng.ts';

export type CaptureFormat = 'pcap' | 'pcapng';

/** Takes a capture file in chunks of any size and hands out its records. Holds at most one record that a chunk boundary cut. */
export type CaptureScanner = {
	/** The chunk may be used again after the call. */
	push(chunk: Uint8Array, visit: VisitFrame): void;
	/** Notes a record that never became complete. */
	end(): void;
	readonly format: CaptureFormat | undefined;
	readonly problem: CaptureProblem | undefined;
	/** Every interface so far, over all sections. */
	readonly interfaces: readonly CaptureInterface[];
	/** Bytes taken so far. */
	readonly size: number;
};

const MAGIC_LENGTH = 4;

type Scanner = {
	readonly state: ScanState;
	scan: Scan | undefined;
	format: CaptureFormat | undefined;
	/** The beginning of a record whose rest is still to come. */
	carry: Uint8Array;
	carried: number;
};

const chooseScan = (scanner: Scanner, bytes: Uint8Array, at: number): void => {
	const pcap = recognizePcap(bytes, at);
	if (pcap) {
		scanner.format = 'pcap';
		scanner.scan = createPcapScan(scanner.state, pcap.isLittleEndian, pcap.nanosecondsPerTick);
	} else if (readUint32In(bytes, at, true) === SECTION_HEADER) {
		scanner.format = 'pcapng';
		scanner.scan = createPcapngScan(scanner.state);
	} else {
		stopScan(scanner.state, 'neither pcap nor pcapng: the first four bytes are not those of a capture', 0);
	}
};

const scanFrom = (scanner: Scanner, bytes: Uint8Array, at: number, visit: VisitFrame): number => {
	if (!scanner.scan) {
		if (bytes.length - at < scanner.state.needed) {
			return at;
		}

		chooseScan(scanner, bytes, at);
	}

	return scanner.scan ? scanner.scan(bytes, at, visit) : at;
};

/** Keeps bytes for later. Grows to what the record at hand needs, which the scans bound. */
const carryBytes = (scanner: Scanner, bytes: Uint8Array): void => {
	const length = scanner.carried + bytes.length;
	if (scanner.carry.length < length) {
		const grown = new Uint8Array(Math.max(length, scanner.state.needed));
		grown.set(scanner.carry.subarray(0, scanner.carried));
		scanner.carry = grown;
	}

	scanner.carry.set(bytes, scanner.carried);
	scanner.carried = length;
};

/** Completes the carried record from the chunk, byte for byte as needed. Returns where the chunk goes on. */
const completeCarried = (scanner: Scanner, chunk: Uint8Array, visit: VisitFrame): number => {
	const {state} = scanner;
	let at = 0;
	while (scanner.carried > 0 && !state.problem) {
		const taken = Math.min(Math.max(0, state.needed - scanner.carried), chunk.length - at);
		carryBytes(scanner, chunk.subarray(at, at + taken));
		at += taken;
		if (scanner.carried < state.needed) {
			return at;
		}

		const {base} = state;
		state.base = base + at - scanner.carried;
		const used = scanFrom(scanner, scanner.carry.subarray(0, scanner.carried), 0, visit);
		state.base = base;
		scanner.carry.copyWithin(0, used, scanner.carried);
		scanner.carried -= used;
	}

	return at;
};

const skipBytes = (state: ScanState, length: number): number => {
	const skipped = Math.min(state.skip, length);
	state.skip -= skipped;
	return skipped;
};

const pushChunk = (scanner: Scanner, chunk: Uint8Array, visit: VisitFrame): void => {
	const {state} = scanner;
	let at = skipBytes(state, chunk.length);
	if (scanner.carried > 0) {
		at = completeCarried(scanner, chunk, visit);
		at += skipBytes(state, chunk.length - at);
	}

	if (!state.problem && at < chunk.length) {
		at = scanFrom(scanner, chunk, at, visit);
	}

	if (!state.problem && at < chunk.length) {
		carryBytes(scanner, chunk.subarray(at));
	}

	state.base += chunk.length;
};

const endScan = ({state, scan, carried}: Scanner): void => {
	if (state.problem) {
		return;
	}

	const at = state.base - carried;
	if (state.base === 0) {
		state.problem = {malformed: 'empty', at: 0};
	} else if (!scan) {
		state.problem = {malformed: 'too short for a capture', at: 0};
	} else if (carried > 0 || state.skip > 0) {
		state.problem = {malformed: state.frame.number === 0 && state.interfaces.length === 0 ? 'ends inside its header' : `ends inside the record after packet ${state.frame.number}`, at};
	}
};

/** A scanner for pcap and pcapng, told apart by their first bytes. */
export const createCaptureScanner = (): CaptureScanner => {
	const state: ScanState = {
		needed: MAGIC_LENGTH,
		skip: 0,
		base: 0,
		problem: undefined,
		frame: createFrame(),
		interfaces: [],
	};
	const scanner: Scanner = {
		state,
		scan: undefined,
		format: undefined,
		carry: new Uint8Array(0),
		carried: 0,
	};
	return {
		push(chunk, visit) {
			if (!state.problem) {
				pushChunk(scanner, chunk, visit);
			}
		},
		end() {
			endScan(scanner);
		},
		get format() {
			return scanner.format;
		},
		get problem() {
			return state.problem;
		},
		interfaces: state.interfaces,
		get size() {
			return state.base;
		},
	};
};

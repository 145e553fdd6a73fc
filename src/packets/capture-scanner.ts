import type {Frame} from './frame.ts';

/** A capture file that cannot be read on, and at which byte of it. */
export type CaptureProblem = {readonly malformed: string; readonly at: number};

/** An interface of a capture, as a pcapng file describes it. A pcap file has one. */
export type CaptureInterface = {
	readonly linkType: number;
	readonly snapLength: number;
	readonly name: string | undefined;
	readonly description: string | undefined;
};

/** Called for every complete record. The frame is used again: take from it what is needed. */
export type VisitFrame = (frame: Frame) => void;

/** What a scanner of one format found out, apart from the frames. */
export type ScanState = {
	/** Bytes that the record at hand needs before it can be read. */
	needed: number;
	/** Bytes still to pass over unseen. */
	skip: number;
	/** Bytes of the file before the bytes being scanned, for messages. */
	base: number;
	problem: CaptureProblem | undefined;
	readonly frame: Frame;
	readonly interfaces: CaptureInterface[];
};

/** Reads complete records from `at`; returns where it stopped. Sets `needed`, and `problem` where it cannot go on. */
export type Scan = (bytes: Uint8Array, at: number, visit: VisitFrame) => number;

/** A record may not claim to be longer: tcpdump's own limit for captured bytes (MAXIMUM_SNAPLEN). */
export const LARGEST_CAPTURED_LENGTH = 262_144;

/** Ends the scan with a reason. */
export const stopScan = (state: ScanState, malformed: string, at: number): void => {
	state.problem = {malformed, at: state.base + at};
};

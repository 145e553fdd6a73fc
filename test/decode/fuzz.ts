import {createCaptureReader} from '../../src/packets/capture-reader.ts';
import type {CaptureProblem} from '../../src/packets/capture-scanner.ts';
import {decodeFrame} from '../../src/packets/decode.ts';
import {createFrame} from '../../src/packets/frame.ts';
import {createPacketRecord} from '../../src/packets/packet-record.ts';
import type {Packet} from '../../src/packets/packet.ts';
import {toPacket} from '../../src/packets/to-packet.ts';
import {linkTypes} from '../helpers/generate-frame.ts';
import {createRandom, type Random} from '../helpers/random.ts';
import type {Corpus} from './fuzz-corpus.ts';
import {mutate} from './mutate.ts';

/** Bytes to be decoded: one frame of a link type, or a whole file. `missing`: bytes that a snap length cut off. */
export type FuzzInput =
	| {readonly kind: 'frame'; readonly bytes: Uint8Array; readonly linkType: number; readonly missing: number}
	| {readonly kind: 'file'; readonly bytes: Uint8Array; readonly chunkLength: number};

/** An input that was not decoded as it must be, and why. */
export type FuzzFailure = {readonly because: string; readonly input: string};

const MARGIN = 64;

const pickInput = (random: Random, {frames, files}: Corpus): FuzzInput => {
	if (random.chance(0.2)) {
		return {kind: 'file', bytes: mutate(random, random.pick(files), random.pick(files)), chunkLength: random.pick([1, 7, 100, 100_000])};
	}

	const {bytes, linkType} = random.pick(frames);
	return {
		kind: 'frame',
		bytes: mutate(random, bytes, random.pick(frames).bytes),
		linkType: random.chance(0.05) ? random.pick([...linkTypes, random.below(300)]) : linkType,
		missing: random.chance(0.3) ? random.below(2000) : 0,
	};
};

/** Decodes a frame that lies between other bytes, which must not matter. */
const decodeBetween = ({bytes, linkType, missing}: Extract<FuzzInput, {kind: 'frame'}>, margin: number): Packet => {
	const surrounded = new Uint8Array(bytes.length + (2 * MARGIN)).fill(margin);
	surrounded.set(bytes, MARGIN);
	const frame = Object.assign(createFrame(), {
		bytes: surrounded,
		start: MARGIN,
		capturedLength: bytes.length,
		wireLength: bytes.length + missing,
		number: 1,
		linkType,
	});
	const record = createPacketRecord();
	decodeFrame(frame, record);
	return toPacket(frame, record);
};

const isWithin = (at: number, length: number): boolean => Number.isSafeInteger(at) && at >= 0 && at <= length;

/** What is wrong with a decoded packet, or undefined. */
const findFault = ({capturedLength, wireLength, malformed, time}: Packet): string | undefined => {
	if (malformed && (malformed.reason === '' || !isWithin(malformed.at, capturedLength))) {
		return `malformed ${JSON.stringify(malformed)} in ${capturedLength} bytes`;
	}

	const isTimed = Number.isFinite(time.seconds) && isWithin(time.nanoseconds, 999_999_999);
	const isWhole = wireLength >= capturedLength;
	return isTimed && isWhole ? undefined : `time ${time.seconds} ${time.nanoseconds}, wire ${wireLength}, captured ${capturedLength}`;
};

/** A digest and a time may be negative. */
const isPlausible = (key: string, value: number): boolean => Number.isSafeInteger(value) && (value >= 0 || key === 'payloadDigest' || key === 'seconds');

const findStrangeNumber = (value: unknown): string | undefined => {
	let strange: string | undefined;
	JSON.stringify(value, (key, item: unknown) => {
		if (typeof item === 'number' && !isPlausible(key, item)) {
			strange = `${key} is ${item}`;
		}

		return item;
	});
	return strange;
};

const checkFrame = (input: Extract<FuzzInput, {kind: 'frame'}>): string | undefined => {
	const packet = decodeBetween(input, 0x00);
	if (JSON.stringify(packet) !== JSON.stringify(decodeBetween(input, 0xFF))) {
		return 'bytes outside of the frame were read';
	}

	return findFault(packet) ?? findStrangeNumber(packet);
};

const readFile = (bytes: Uint8Array, chunkLength: number): {readonly packets: readonly Packet[]; readonly problem: CaptureProblem | undefined} => {
	const reader = createCaptureReader();
	const packets: Packet[] = [];
	for (let at = 0; at < bytes.length; at += chunkLength) {
		packets.push(...reader.push(bytes.subarray(at, at + chunkLength)));
	}

	reader.end();
	return {packets, problem: reader.problem};
};

const checkFile = ({bytes, chunkLength}: Extract<FuzzInput, {kind: 'file'}>): string | undefined => {
	const whole = readFile(bytes, bytes.length + 1);
	const {problem, packets} = whole;
	if (JSON.stringify(whole) !== JSON.stringify(readFile(bytes, chunkLength))) {
		return `other packets in chunks of ${chunkLength} bytes`;
	}

	if (problem && (problem.malformed === '' || !isWithin(problem.at, bytes.length))) {
		return `problem ${JSON.stringify(problem)} in ${bytes.length} bytes`;
	}

	return packets.map(packet => findFault(packet)).find(Boolean);
};

const describeInput = (input: FuzzInput): string => {
	const how = input.kind === 'frame' ? `frame of link type ${input.linkType}, ${input.missing} bytes cut off` : `file in chunks of ${input.chunkLength}`;
	return `${how}: ${input.bytes.toHex()}`;
};

/** Decodes one input. Out: what is wrong, where something is. */
export const tryInput = (input: FuzzInput): FuzzFailure | undefined => {
	try {
		const because = input.kind === 'frame' ? checkFrame(input) : checkFile(input);
		return because === undefined ? undefined : {because, input: describeInput(input)};
	} catch (error) {
		return {because: String(error), input: describeInput(input)};
	}
};

/** Decodes so many damaged frames and files. Out: the first ones that were not decoded as they must be. */
export const fuzz = (options: {readonly seed: number; readonly inputs: number; readonly corpus: Corpus; readonly mostFailures?: number}): FuzzFailure[] => {
	const {seed, inputs, corpus, mostFailures = 5} = options;
	const random = createRandom(seed);
	const failures: FuzzFailure[] = [];
	for (let count = 0; count < inputs && failures.length < mostFailures; count++) {
		const failure = tryInput(pickInput(random, corpus));
		if (failure) {
			failures.push(failure);
		}
	}

	return failures;
};

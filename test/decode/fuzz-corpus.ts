import {globSync, readFileSync} from 'node:fs';
import {createCaptureScanner} from '../../src/packets/scan-capture.ts';
import {writePcap} from '../helpers/capture-writer.ts';
import {writePcapng} from '../helpers/capture-writer-pcapng.ts';
import {generateFrame, linkTypes, type LinkType} from '../helpers/generate-frame.ts';
import type {Random} from '../helpers/random.ts';

export type CorpusFrame = {readonly bytes: Uint8Array; readonly linkType: number};

/** Well-formed frames and whole capture files, to be damaged. */
export type Corpus = {readonly frames: readonly CorpusFrame[]; readonly files: readonly Uint8Array[]};

const FRAMES_OF_EACH_LINK_TYPE = 200;
const GENERATED_FILES = 60;
/** A file is cut here, so that one input takes no longer than another. */
const LONGEST_FILE = 4000;

const readFrames = (file: Uint8Array): CorpusFrame[] => {
	const frames: CorpusFrame[] = [];
	createCaptureScanner().push(file, frame => {
		frames.push({bytes: new Uint8Array(frame.bytes.subarray(frame.start, frame.start + frame.capturedLength)), linkType: frame.linkType});
	});
	return frames;
};

const generateRecords = (random: Random, linkType: LinkType) => Array.from({length: random.between(1, 6)}, () => ({
	bytes: generateFrame(random, linkType).subarray(0, 200),
	wireLength: 300,
	seconds: random.below(2_000_000_000),
	nanoseconds: random.below(1_000_000_000),
}));

const generateFile = (random: Random): Uint8Array => {
	const linkType = random.pick(linkTypes);
	const records = generateRecords(random, linkType);
	const isLittleEndian = random.chance(0.5);
	if (random.chance(0.4)) {
		return writePcap(records, {linkType, isLittleEndian, isNanosecond: random.chance(0.5)});
	}

	const blocks = records.map(record => (random.chance(0.2)
		? {kind: 'simple' as const, ...record}
		: {
			kind: random.pick(['enhanced', 'enhanced', 'old'] as const),
			interface: 0,
			comment: 'comment',
			...record,
		}));
	const section = {
		isLittleEndian,
		interfaces: [{
			linkType,
			name: 'eth0',
			timeResolution: random.pick([9, 6, 0x8A]),
			timeOffsetSeconds: random.below(1000),
		}],
		blocks: [...blocks, {kind: 'local' as const, bytes: random.bytes(20)}],
	};
	return writePcapng(random.chance(0.3) ? [section, {...section, isLittleEndian: !isLittleEndian}] : [section]);
};

/** Generated frames and files, and those of the recordings. */
export const createCorpus = (random: Random): Corpus => {
	const recordings = globSync('recordings/**/*.{pcap,pcapng}').map(file => readFileSync(file));
	const generated = linkTypes.flatMap(linkType => Array.from({length: FRAMES_OF_EACH_LINK_TYPE}, () => ({bytes: generateFrame(random, linkType), linkType})));
	return {
		frames: [...generated, ...recordings.flatMap(file => readFrames(file))],
		files: [...Array.from({length: GENERATED_FILES}, () => generateFile(random)), ...recordings.map(file => file.subarray(0, LONGEST_FILE))],
	};
};

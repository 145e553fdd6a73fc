import {
	globSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {execa} from 'execa';
import {type CaptureRecord, writePcap} from '../helpers/capture-writer.ts';
import {
	type PcapngBlock,
	type PcapngInterface,
	type PcapngSection,
	writePcapng,
} from '../helpers/capture-writer-pcapng.ts';
import {generateFrame, linkTypes, type LinkType} from '../helpers/generate-frame.ts';
import {createRandom, type Random} from '../helpers/random.ts';
import {comparePackets, decodeCapture} from './compare-packets.ts';
import {captureLive, type LiveCapture} from './live/capture-live.ts';
import {
	createTshark,
	hasTshark,
	noTshark,
	type Tshark,
} from './tshark.ts';

const canAskTshark = await hasTshark();
const canRun = async (command: string, option: string): Promise<boolean> => {
	const {failed} = await execa(command, [option], {reject: false});
	return !failed;
};

const canCaptureLive = canAskTshark && process.platform === 'linux' && process.getuid?.() === 0 && await canRun('tcpdump', '--version') && await canRun('ip', '-V');
const testWithTshark = canAskTshark ? test : test.skip;
/** Captures that the repository keeps. */
const recordings = globSync('recordings/**/*.{pcap,pcapng}');
const testRecordings = recordings.length > 0 ? testWithTshark : test.skip;
const testLive = canCaptureLive ? test : test.skip;

const directory = mkdtempSync(path.join(tmpdir(), 'hairpin-decode-'));
const tshark: Tshark = canAskTshark ? await createTshark() : noTshark;
test.after.always(() => {
	tshark.remove();
	rmSync(directory, {recursive: true});
});

const writeCapture = (name: string, bytes: Uint8Array): string => {
	const file = path.join(directory, name);
	writeFileSync(file, bytes);
	return file;
};

/** Decodes a file with both, and returns what no rule explains. `chunkLength`: how many bytes our reader gets at a time. */
const compareFile = async (file: string, chunkLength?: number) => {
	const rows = await tshark.read(file);
	const {packets, problem} = decodeCapture(readFileSync(file), chunkLength);
	return {
		file,
		problem,
		ours: packets,
		rows,
		result: comparePackets(packets, rows),
	};
};

const generateRecord = (random: Random, linkType: LinkType, isCut: boolean): CaptureRecord => {
	const bytes = generateFrame(random, linkType);
	return {
		bytes: isCut ? bytes.subarray(0, random.between(1, bytes.length)) : bytes,
		wireLength: bytes.length,
		seconds: random.between(0, 2_000_000_000),
		nanoseconds: random.below(1_000_000_000),
	};
};

const sameEverywhere = {problem: undefined, differences: []};

testRecordings('the recordings are decoded as tshark decodes them', async t => {
	const compared = await Array.fromAsync(recordings, async file => compareFile(file, 100));
	for (const {file, problem, ours, rows, result} of compared) {
		t.is(ours.length, rows.length, file);
		t.deepEqual({problem, differences: result.differences}, sameEverywhere, file);
	}
});

const pcapVariants = [
	{isLittleEndian: true, isNanosecond: false},
	{isLittleEndian: false, isNanosecond: false},
	{isLittleEndian: true, isNanosecond: true},
	{isLittleEndian: false, isNanosecond: true},
];

testWithTshark('pcap files of every link type, byte order and time unit are decoded as tshark decodes them, and nothing in them is malformed', async t => {
	const random = createRandom(1);
	const files = linkTypes.map((linkType, index) => {
		const options = {linkType, ...pcapVariants[index % pcapVariants.length]};
		const records = Array.from({length: 400}, () => generateRecord(random, linkType, false));
		return writeCapture(`${linkType}.pcap`, writePcap(records, options));
	});
	const compared = await Array.fromAsync(files, async (file, index) => compareFile(file, 37 * (index + 1)));
	for (const {file, problem, ours, result} of compared) {
		t.is(ours.length, 400);
		t.deepEqual({problem, differences: result.differences.slice(0, 5)}, sameEverywhere, file);
		t.deepEqual(ours.filter(({packet}) => packet.malformed !== undefined || packet.isCut === true), []);
	}
});

/** if_tsresol: absent, powers of ten, powers of two. With finer ones than these tshark's arithmetic overflows 64 bits. */
const timeResolutions = [undefined, 9, 6, 3, 0, 10, 0x80 + 10, 0x80 + 20, 0x80 + 30, 0x80 + 34];
const timeOffsets = [undefined, 0, 3600, 1_000_000_000, -3600];

const generateInterface = (random: Random, linkType: LinkType, index: number): PcapngInterface => {
	const timeResolution = random.pick(timeResolutions);
	const timeOffsetSeconds = random.pick(timeOffsets);
	return {
		linkType,
		name: `interface ${index}`,
		...(timeResolution !== undefined && {timeResolution}),
		...(timeOffsetSeconds !== undefined && {timeOffsetSeconds}),
	};
};

const generateBlock = (random: Random, isCut: boolean): PcapngBlock => {
	const kind = random.pick(['enhanced', 'enhanced', 'enhanced', 'old', 'simple', 'local'] as const);
	if (kind === 'local') {
		return {kind, bytes: random.bytes(random.below(50))};
	}

	const index = kind === 'simple' ? 0 : random.below(linkTypes.length);
	const record = generateRecord(random, linkTypes[index], isCut && kind !== 'simple');
	if (kind === 'simple') {
		return {kind, bytes: record.bytes};
	}

	return {
		kind,
		interface: index,
		...record,
		seconds: 1_000_000_000 + (record.seconds % 1_000_000_000),
		...(random.chance(0.2) && {comment: 'a comment'}),
	};
};

const generateSection = (random: Random, isLittleEndian: boolean, isCut: boolean): PcapngSection => ({
	isLittleEndian,
	interfaces: linkTypes.map((linkType, index) => generateInterface(random, linkType, index)),
	blocks: Array.from({length: 1200}, () => generateBlock(random, isCut)),
});

for (const [seed, isCut] of [false, true].entries()) {
	testWithTshark(`pcapng files with several sections, interfaces and clocks are decoded as tshark decodes them${isCut ? ', where the snap length cut packets too' : ''}`, async t => {
		const random = createRandom(seed);
		const sections = [generateSection(random, true, isCut), generateSection(random, false, isCut), generateSection(random, true, isCut)];
		const {problem, ours, rows, result} = await compareFile(writeCapture(`${seed}.pcapng`, writePcapng(sections)), 777);
		t.is(ours.length, rows.length);
		t.deepEqual({problem, differences: result.differences.slice(0, 5)}, sameEverywhere);
		t.deepEqual(ours.filter(({packet}) => packet.malformed), []);
		t.is(ours.some(({packet}) => packet.isCut), isCut);
	});
}

test('the clocks of pcapng interfaces are read to the nanosecond', t => {
	const random = createRandom(3);
	for (const timeResolution of [0, 1, 3, 6, 8, 9, 10, 12, 0x80, 0x80 + 1, 0x80 + 31, 0x80 + 32]) {
		const described: PcapngInterface = {linkType: 1, timeResolution, timeOffsetSeconds: random.pick([0, 1_000_000, -1_000_000])};
		// 64 bits of picoseconds are half a year.
		const record = {...generateRecord(random, 1, false), seconds: 1_000_000 + random.below(10_000_000)};
		const {packets} = decodeCapture(writePcapng([{interfaces: [described], blocks: [{kind: 'enhanced', interface: 0, ...record}]}]));
		const perSecond = ((timeResolution & 0x80) === 0 ? 10n : 2n) ** BigInt(timeResolution & 0x7F);
		const ticks = (BigInt(record.nanoseconds) * perSecond) / 1_000_000_000n;
		const expected = {seconds: record.seconds, nanoseconds: Number((ticks * 1_000_000_000n) / perSecond)};
		t.deepEqual(packets[0].packet.time, expected, JSON.stringify(described));
	}
});

const liveCaptures: readonly LiveCapture[] = [
	{file: 'veth.pcap', side: 'client', options: ['-i', 'veth0']},
	{file: 'vxlan.pcap', side: 'client', options: ['-i', 'vxlan0']},
	{file: 'any-sll2.pcap', side: 'client', options: ['-i', 'any']},
	{file: 'any-sll.pcap', side: 'server', options: ['-i', 'any', '-y', 'LINUX_SLL']},
	{file: 'nanoseconds.pcap', side: 'server', options: ['-i', 'veth0', '--time-stamp-precision=nano']},
	{file: 'short.pcap', side: 'server', options: ['-i', 'veth0', '-s', '50']},
].map(capture => ({...capture, file: path.join(directory, capture.file), side: capture.side as LiveCapture['side']}));

testLive('captures from real interfaces are decoded as tshark decodes them', async t => {
	await captureLive(liveCaptures);
	const compared = await Array.fromAsync(liveCaptures, async ({file}) => compareFile(file));
	for (const {file, problem, ours, rows, result} of compared) {
		t.is(ours.length, rows.length, file);
		t.deepEqual({problem, differences: result.differences.slice(0, 5)}, sameEverywhere, file);
		t.deepEqual(ours.filter(({packet}) => packet.malformed), [], file);
	}

	const packets = compared[0].ours;
	t.true(packets.some(({packet}) => packet.tunnel?.inner.tcp), 'a tunnel');
	t.true(packets.some(({packet}) => packet.ip?.isFragment), 'fragments');
	t.true(packets.some(({packet}) => packet.icmp?.quoted?.destinationPort === 82), 'a refused datagram');
	t.true(packets.some(({packet}) => packet.tcp?.flagText === 'R.' && packet.tcp.sourcePort === 81), 'a refused connection');
});

import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {
	createReadStream,
	createWriteStream,
	mkdtempSync,
	rmSync,
	statSync,
} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {pipeline} from 'node:stream/promises';
import {generateCaptures} from './generate-capture.ts';

const PACKETS = 1_000_000;
const RUNS = 3;
const LARGE_BYTES = 1_000_000_000;
const FILE_HEADER_LENGTH = 24;
const MEGABYTE = 1_000_000;

const entry = new URL('run-ladder.ts', import.meta.url).pathname;
const directory = mkdtempSync(path.join(tmpdir(), 'hairpin-bench-'));
const clientFile = path.join(directory, 'client.pcap');
const backendFile = path.join(directory, 'backend.pcap');
const largeFile = path.join(directory, 'large.pcap');

type Run = {readonly seconds: number; readonly peakMegabytes: number};

/** Reads the largest resident size that the kernel recorded, for as long as the process lives. */
const watchMemory = (child: ChildProcess): {readonly peak: () => number; readonly stop: () => void} => {
	let kilobytes = 0;
	const read = async (): Promise<void> => {
		const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
		kilobytes = Math.max(kilobytes, Number(/^VmHWM:\s+(?<kilobytes>\d+)/mv.exec(status)?.groups?.kilobytes ?? 0));
	};

	const timer = setInterval(() => {
		void read();
	}, 20);
	return {
		peak: () => kilobytes / 1000,
		stop() {
			clearInterval(timer);
		},
	};
};

/** Runs a command to its end; undefined where it is not installed. */
const run = async (command: string, parameters: readonly string[]): Promise<Run | undefined> => {
	const start = performance.now();
	const child = spawn(command, parameters, {stdio: 'ignore'});
	const memory = watchMemory(child);
	try {
		await once(child, 'exit');
		return {seconds: (performance.now() - start) / 1000, peakMegabytes: memory.peak()};
	} catch {
		return undefined;
	} finally {
		memory.stop();
	}
};

/** The best of some runs: what disturbs a run only makes it longer. */
const best = (runs: ReadonlyArray<Run | undefined>): Run | undefined => runs
	.filter(one => one !== undefined)
	.toSorted((one, two) => one.seconds - two.seconds)
	.at(0);

type Contender = {readonly name: string; readonly command: string; readonly parameters: readonly string[]};

/** Lets all take turns, so that whatever else the machine does disturbs all alike. */
const compare = async (contenders: readonly Contender[], rounds: number): Promise<ReadonlyMap<string, Run>> => {
	const runs = new Map<string, Array<Run | undefined>>(contenders.map(({name}) => [name, []]));
	for (let round = 0; round < rounds; round++) {
		for (const {name, command, parameters} of contenders) {
			runs.get(name)?.push(await run(command, parameters)); // eslint-disable-line no-await-in-loop
		}
	}

	return new Map(runs.entries().flatMap(([name, all]) => {
		const found = best(all);
		return found ? [[name, found] as const] : [];
	}));
};

const growFile = async (): Promise<void> => {
	const body = statSync(clientFile).size - FILE_HEADER_LENGTH;
	await pipeline(createReadStream(clientFile), createWriteStream(largeFile));
	for (let size = body; size < LARGE_BYTES; size += body) {
		await pipeline(createReadStream(clientFile, {start: FILE_HEADER_LENGTH}), createWriteStream(largeFile, {flags: 'a'})); // eslint-disable-line no-await-in-loop
	}
};

const printRun = (name: string, {seconds, peakMegabytes}: Run, unit: number): void => {
	console.log(`${name.padEnd(52)} ${seconds.toFixed(2).padStart(7)} s  ${(seconds / unit).toFixed(3).padStart(7)} of tcpdump  ${peakMegabytes.toFixed(0).padStart(5)} MB`);
};

const benchmarkSpeed = async (): Promise<void> => {
	const ours = (...files: readonly string[]): Contender => ({
		name: `hairpin ladder --summary, ${files.length === 1 ? '1 point' : `${files.length} points`}`,
		command: process.execPath,
		parameters: [entry, ...files],
	});
	const results = await compare([
		{name: 'tcpdump -nn -r, one point', command: 'tcpdump', parameters: ['-nn', '-r', clientFile]},
		ours(clientFile),
		ours(clientFile, backendFile),
	], RUNS);
	const tcpdump = results.get('tcpdump -nn -r, one point');
	const tshark = await compare([{name: 'tshark -n -r, one point', command: 'tshark', parameters: ['-n', '-r', clientFile]}], 1);
	for (const [name, result] of [...results, ...tshark]) {
		printRun(name, result, tcpdump?.seconds ?? NaN);
	}

	console.log(`goal: at most ${(1 / 8).toFixed(3)} for the same number of packets: two points are twice as many as tcpdump read`);
};

const benchmarkMemory = async (): Promise<void> => {
	await growFile();
	const results = await compare([{name: 'small', command: process.execPath, parameters: [entry, clientFile]}, {name: 'large', command: process.execPath, parameters: [entry, largeFile]}], 1);
	for (const [name, file] of [['small', clientFile], ['large', largeFile]] as const) {
		const result = results.get(name);
		console.log(`${(statSync(file).size / MEGABYTE).toFixed(0).padStart(5)} MB file: ${result?.peakMegabytes.toFixed(0) ?? '?'} MB at most, ${result?.seconds.toFixed(2) ?? '?'} s`);
	}
};

try {
	console.log(`${PACKETS.toLocaleString('en')} packets at each of two points, best of ${RUNS} runs`);
	generateCaptures(clientFile, backendFile, PACKETS);
	await benchmarkSpeed();
	await benchmarkMemory();
} finally {
	rmSync(directory, {recursive: true});
}

import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {runLadder} from '../../src/ladder.ts';
import {createFrameAdder} from '../../src/packets/add-frame.ts';
import {createCaptureReader} from '../../src/packets/capture-reader.ts';
import {correlateFlows, correlateTables} from '../../src/packets/correlate.ts';
import {createFlowTable} from '../../src/packets/flow-table.ts';
import type {Flow} from '../../src/packets/flow.ts';
import type {Packet} from '../../src/packets/packet.ts';
import {createCaptureScanner} from '../../src/packets/scan-capture.ts';
import {createRandom} from '../helpers/random.ts';
import {damageIncident, type DamagedCapture, type Incident} from './incidents.ts';
import type {FuzzFailure} from './fuzz.ts';

const ROWS_PER_LEG = 512;

type ReadCapture = {readonly point: string; readonly packets: readonly Packet[]};

/** The way of small captures: packets as values. */
const pairPackets = (captures: readonly ReadCapture[]): readonly Flow[] => correlateFlows(captures.map(({point, packets}) => ({point, role: 'unknown', packets})));

/** The way of large captures: frames into tables. */
const pairFrames = (captures: readonly DamagedCapture[]): readonly Flow[] => {
	const correlation = correlateTables(captures.map(({point, file}) => {
		const flows = createFlowTable(ROWS_PER_LEG);
		createCaptureScanner().push(file, createFrameAdder(flows));
		return {point, role: 'unknown', flows};
	}));
	return correlation.groups
		.map(group => correlation.readConversation(group))
		.toSorted((one, two) => one.rows[0].timeMs - two.rows[0].timeMs)
		.map(conversation => correlation.buildFlow(conversation));
};

const findStrangeNumber = (flows: readonly Flow[]): string | undefined => {
	let strange: string | undefined;
	JSON.stringify(flows, (key, item: unknown) => {
		strange = typeof item === 'number' && !Number.isFinite(item) ? `${key} is ${item}` : strange;
		return item;
	});
	return strange;
};

/** A header that was cut leaves its ports in a table, but is no header of a packet: then the two ways may differ. */
const isWhole = ({packets}: ReadCapture): boolean => packets.every(({isCut, malformed}) => isCut === undefined && malformed === undefined);

const findLost = (flows: readonly Flow[], points: ReadonlySet<string>): Flow | undefined => flows.find(({ladder, reached}) => {
	const seen = [...reached, ...ladder.flatMap(({sightings}) => sightings.map(({point}) => point))];
	return ladder.length === 0 || seen.some(point => !points.has(point));
});

const checkFlows = (captures: readonly DamagedCapture[]): string | undefined => {
	const read = captures.map(({point, file}) => ({point, packets: createCaptureReader().push(file)}));
	const flows = pairPackets(read);
	const others = pairFrames(captures);
	if (findLost(flows, new Set(captures.map(({point}) => point)))) {
		return 'a flow without packets, or at a point that is none';
	}

	const isMustBeSame = read.every(capture => isWhole(capture));
	return isMustBeSame && JSON.stringify(flows) !== JSON.stringify(others) ? 'other flows from frames than from packets' : findStrangeNumber(flows);
};

const tryFlows = (captures: readonly DamagedCapture[]): FuzzFailure | undefined => {
	const input = captures.map(({point, file}) => `${point}: ${file.toHex()}`).join('\n');
	try {
		const because = checkFlows(captures);
		return because === undefined ? undefined : {because, input};
	} catch (error) {
		return {because: error instanceof Error ? error.stack ?? error.message : String(error), input};
	}
};

type FuzzFlowsOptions = {readonly seed: number; readonly inputs: number; readonly incidents: readonly Incident[]};

/** Pairs so many damaged incidents. Out: the first ones that were not paired as they must be. */
export const fuzzFlows = ({seed, inputs, incidents}: FuzzFlowsOptions): FuzzFailure[] => {
	const random = createRandom(seed);
	const failures: FuzzFailure[] = [];
	for (let count = 0; count < inputs && failures.length < 5; count++) {
		const failure = tryFlows(damageIncident(random, random.pick(incidents)));
		failures.push(...(failure ? [failure] : []));
	}

	return failures;
};

const runLadderOn = async (files: readonly string[], isJson: boolean): Promise<string | undefined> => {
	let written = '';
	const exitCode = await runLadder(files, {json: isJson, summary: false, flow: undefined}, {
		write(text) {
			written += text;
		},
		warn: () => undefined,
	});
	if (isJson) {
		JSON.parse(written);
	}

	return written !== '' && [0, 1, 2].includes(exitCode) ? undefined : `exit code ${exitCode}, ${written.length} characters`;
};

const tryLadder = async (directory: string, captures: readonly DamagedCapture[], isJson: boolean): Promise<FuzzFailure | undefined> => {
	const files = captures.map(({point, file}) => {
		const name = path.join(directory, `${point}.pcap`);
		writeFileSync(name, file);
		return name;
	});
	const input = captures.map(({point, file}) => `${point}: ${file.toHex()}`).join('\n');
	try {
		const because = await runLadderOn(files, isJson);
		return because === undefined ? undefined : {because, input};
	} catch (error) {
		return {because: error instanceof Error ? error.stack ?? error.message : String(error), input};
	}
};

/** Runs `hairpin ladder` on so many damaged incidents, as text and as JSON. */
export const fuzzLadder = async ({seed, inputs, incidents}: FuzzFlowsOptions): Promise<FuzzFailure[]> => {
	const random = createRandom(seed);
	const directory = mkdtempSync(path.join(tmpdir(), 'hairpin-fuzz-'));
	const failures = await Array.fromAsync({length: inputs}, async () => tryLadder(directory, damageIncident(random, random.pick(incidents)), random.chance(0.5)));
	rmSync(directory, {recursive: true});
	return failures.filter(failure => failure !== undefined).slice(0, 5);
};

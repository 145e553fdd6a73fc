import path from 'node:path';
import {createFrameAdder} from '../packets/add-frame.ts';
import type {CaptureProblem} from '../packets/capture-scanner.ts';
import type {CaptureFormat, CaptureScanner} from '../packets/scan-capture.ts';
import {createFlowTable, type FlowTable} from '../packets/flow-table.ts';
import type {PointRole} from '../packets/flow.ts';
import type {Frame} from '../packets/frame.ts';
import {readCapture} from './read-capture.ts';

/** One capture: a file, or one interface of a pcapng file that holds several. */
export type Capture = {
	readonly file: string;
	readonly captureInterface: number;
	readonly point: string;
	/** As the file itself says it, else unknown. */
	readonly role: PointRole;
	readonly format: CaptureFormat;
	readonly packets: number;
	readonly flows: FlowTable;
	readonly problem: CaptureProblem | undefined;
};

const MOST_INTERFACES = 64;

type Collected = {readonly flows: FlowTable; readonly add: (frame: Frame) => void; packets: number};

/** Sorts frames by interface. Those of interfaces beyond a sane number are counted with the first. */
const createCollector = (rowsPerLeg: number): {readonly byInterface: ReadonlyMap<number, Collected>; readonly visit: (frame: Frame) => void} => {
	const byInterface = new Map<number, Collected>();
	let current: Collected | undefined;
	let currentInterface = -1;
	const choose = (captureInterface: number): Collected => {
		const wanted = byInterface.size >= MOST_INTERFACES && !byInterface.has(captureInterface) ? 0 : captureInterface;
		const flows = createFlowTable(rowsPerLeg);
		const collected = byInterface.get(wanted) ?? {flows, add: createFrameAdder(flows), packets: 0};
		byInterface.set(wanted, collected);
		return collected;
	};

	const visit = (frame: Frame): void => {
		if (!current || currentInterface !== frame.captureInterface) {
			current = choose(frame.captureInterface);
			currentInterface = frame.captureInterface;
		}

		current.packets++;
		current.add(frame);
	};

	return {byInterface, visit};
};

/** Names inside a file are somebody else's text: only plain characters are shown. */
const cleanName = (name: string): string => name.replaceAll(/[^\u{21}-\u{7E}]/gv, '?').slice(0, 60);

const roleOf = (description: string | undefined): PointRole => {
	const word = description?.split(' ', 1).at(0);
	return (['client', 'node', 'backend'] as const).find(role => role === word) ?? 'unknown';
};

const describeInterface = (scanner: CaptureScanner, file: string, captureInterface: number, isAlone: boolean): Pick<Capture, 'point' | 'role'> => {
	const {name, description} = scanner.interfaces[captureInterface];
	const role = roleOf(description);
	const label = name === undefined ? `interface ${captureInterface}` : cleanName(name);
	return {point: isAlone && role === 'unknown' ? path.basename(file) : label, role};
};

/** Reads a file: one capture for each of its interfaces that has packets, at least one. */
export const loadCaptures = async (file: string, rowsPerLeg: number): Promise<readonly Capture[]> => {
	const {byInterface, visit} = createCollector(rowsPerLeg);
	const scanner = await readCapture(file, visit);
	const found = byInterface.size === 0 ? new Map([[0, {flows: createFlowTable(rowsPerLeg), packets: 0}]]) : byInterface;
	return found.entries().map(([captureInterface, {flows, packets}]) => ({
		file,
		captureInterface,
		...describeInterface(scanner, file, captureInterface, found.size === 1),
		format: scanner.format ?? 'pcap',
		packets,
		flows,
		problem: scanner.problem,
	})).toArray();
};

/** Points need names of their own: files of one name are told apart by their whole path. */
export const nameApart = (captures: readonly Capture[]): readonly Capture[] => captures.map(capture => {
	const others = captures.filter(other => other !== capture);
	const isSameFile = others.some(other => other.file === capture.file);
	const isAmbiguous = others.some(other => other.point === capture.point);
	return isAmbiguous ? {...capture, point: `${capture.file}${isSameFile ? ` ${capture.captureInterface}` : ''}`} : capture;
});

import {globSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {createCaptureScanner} from '../../src/packets/scan-capture.ts';
import {type CaptureRecord, writePcap} from '../helpers/capture-writer.ts';
import type {Random} from '../helpers/random.ts';
import {mutate} from './mutate.ts';

/** One point's capture of an incident. */
export type IncidentCapture = {readonly point: string; readonly linkType: number; readonly records: readonly CaptureRecord[]};
export type Incident = readonly IncidentCapture[];

const readCapture = (file: string): IncidentCapture => {
	const records: CaptureRecord[] = [];
	let linkType = 1;
	createCaptureScanner().push(readFileSync(file), frame => {
		({linkType} = frame);
		records.push({
			bytes: new Uint8Array(frame.bytes.subarray(frame.start, frame.start + frame.capturedLength)),
			wireLength: frame.wireLength,
			seconds: frame.seconds,
			nanoseconds: frame.nanoseconds,
		});
	});
	return {point: path.basename(file).split('.').slice(1).join('.'), linkType, records};
};

/** The recordings, those of one incident together: `incident.point.pcap`. */
export const readIncidents = (): readonly Incident[] => {
	const files = globSync('recordings/**/*.pcap').toSorted();
	return Object.values(Object.groupBy(files, file => path.basename(file).split('.', 1)[0])).map(group => (group ?? []).map(file => readCapture(file)));
};

/** Random in its bytes or in its time, or as it was. */
const damageRecord = (random: Random, rate: number, record: CaptureRecord, other: CaptureRecord): CaptureRecord => {
	const bytes = random.chance(rate) ? mutate(random, record.bytes, other.bytes) : record.bytes;
	const length = Math.max(bytes.length, record.wireLength ?? 0);
	const seconds = random.chance(rate / 10) ? random.pick([0, 1, 0x7F_FF_FF_FF, 0xFF_FF_FF_FF, record.seconds + 3600]) : record.seconds;
	return {
		...record, bytes, wireLength: length, seconds,
	};
};

/** Loses, repeats and moves records. */
const shuffleRecords = (random: Random, records: readonly CaptureRecord[]): CaptureRecord[] => {
	const shuffled = records.flatMap(record => Array.from({length: random.pick([0, 1, 1, 1, 1, 1, 1, 2])}, () => record));
	if (shuffled.length > 1 && random.chance(0.3)) {
		shuffled.push(...shuffled.splice(random.below(shuffled.length), 1));
	}

	return shuffled;
};

export type DamagedCapture = {readonly point: string; readonly file: Uint8Array};

/** One to four captures of an incident, damaged, as files. */
export const damageIncident = (random: Random, incident: Incident): DamagedCapture[] => {
	const captures = incident.filter(() => random.chance(0.7));
	const rate = random.pick([0.01, 0.05, 0.3]);
	return (captures.length > 0 ? captures : incident.slice(0, 1)).map(({point, linkType, records}) => {
		const damaged = shuffleRecords(random, records).map(record => damageRecord(random, rate, record, random.pick(records)));
		return {point, file: writePcap(damaged, {linkType})};
	});
};

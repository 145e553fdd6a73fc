import {Buffer} from 'node:buffer';
import type {RecordedLine} from '../access/recording.ts';
import {listBase64} from '../bundle/replace-base64.ts';
import {joinLines} from './join-text.ts';

/** What is in a bundle: every text, those in base64 and in pieces too, and every capture. */
export type BundleParts = {readonly texts: readonly string[]; readonly captures: readonly Uint8Array[]};

type Bytes = Extract<Extract<RecordedLine, {came: unknown}>['came'], {kind: 'bytes'}>;

/** pcap with its times in nanoseconds or microseconds, written by either kind of machine; pcapng. */
const isCapture = (bytes: Uint8Array): boolean => /^(?:a1b23c4d|4d3cb2a1|a1b2c3d4|d4c3b2a1|0a0d0d0a)/v.test(Buffer.from(bytes.subarray(0, 4)).toString('hex'));

const streamParts = (pieces: readonly Bytes[]): BundleParts => {
	const bytes = Buffer.concat(pieces.map(({base64}) => Buffer.from(base64, 'base64')));
	return isCapture(bytes) ? {texts: [], captures: [bytes]} : {texts: [joinLines(pieces).join('')], captures: []};
};

const withInner = (text: string): readonly string[] => {
	const inner = listBase64(text);
	return [text, ...inner];
};

/** In: the entries as they are unpacked, and the recording in them. */
export const listParts = (entries: ReadonlyMap<string, Buffer>, lines: readonly RecordedLine[]): BundleParts => {
	const streams = Map.groupBy(lines.filter(line => 'came' in line && line.came.kind === 'bytes'), ({world, id, ...line}) => JSON.stringify([world, id, 'came' in line && 'from' in line.came ? line.came.from : '']));
	const parts = [
		...entries.entries().map(([, bytes]) => (isCapture(bytes) ? {texts: [], captures: [bytes]} : {texts: [bytes.toString()], captures: []})),
		...streams.values().map(pieces => streamParts(pieces.flatMap(line => ('came' in line && line.came.kind === 'bytes' ? [line.came] : [])))),
	];
	// The text of a question or an answer as it was, before it was written as JSON.
	const said = lines.flatMap(line => ('came' in line && line.came.kind === 'run' && line.came.answer.ok ? [line.came.answer.stdout, line.came.answer.stderr] : []));
	return {texts: [...parts.flatMap(({texts}) => texts), ...said].flatMap(text => withInner(text)), captures: parts.flatMap(({captures}) => captures)};
};

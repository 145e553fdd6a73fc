import {Buffer} from 'node:buffer';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {brotliCompressSync, constants, gunzipSync} from 'node:zlib';
import {recordingOf} from '../src/practice/read-recordings.ts';
import {practiceIncidents} from '../src/practice-incidents.ts';
import {root} from './common-options.ts';

/** A text as small as it gets, as text. */
export const pack = (text: string): string => {
	const bytes = Buffer.from(text);
	return brotliCompressSync(bytes, {params: {[constants.BROTLI_PARAM_SIZE_HINT]: bytes.length, [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS}}).toString('base64');
};

/** All practice recordings as src/practice/read-recordings.ts takes them. They are much alike, so that they are small together. */
export const packRecordings = (): string => {
	const files = practiceIncidents.flatMap(incident => [undefined, ...incident.changes].map(change => recordingOf(incident, change)));
	return pack(JSON.stringify(Object.fromEntries(files.flatMap(file => {
		const bytes = readRecording(file);
		return bytes === undefined ? [] : [[file, gunzipSync(bytes).toString('latin1')]];
	}))));
};

/** A change that has nothing to do leads nowhere, and has no recording. */
const readRecording = (file: string): Buffer | undefined => {
	try {
		return readFileSync(path.join(root, 'recordings/practice', file));
	} catch {
		return undefined;
	}
};

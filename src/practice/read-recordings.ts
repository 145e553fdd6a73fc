import {Buffer} from 'node:buffer';
import {createReadStream} from 'node:fs';
import {Readable} from 'node:stream';
import {brotliDecompressSync, gzipSync} from 'node:zlib';
import type {PracticeIncident} from '../practice-incidents.ts';

/** Every recording by its name, unpacked, as base64 of JSON in brotli. The build puts it in. */
declare const HAIRPIN_RECORDINGS: string | undefined;

type Open = (file: string) => Readable;

const openEmbedded = (packed: string): Open => {
	const texts = JSON.parse(brotliDecompressSync(Buffer.from(packed, 'base64')).toString()) as Readonly<Record<string, string>>;
	return file => Readable.from([gzipSync(Buffer.from(texts[file], 'latin1'), {level: 1})]);
};

const openFile: Open = file => createReadStream(new URL(`../../recordings/practice/${file}`, import.meta.url));

/** How recordings are opened: from inside of the program, or from the checkout that it runs in. */
// eslint-disable-next-line unicorn/no-typeof-undefined
export const findRecordings = (): Open => (typeof HAIRPIN_RECORDINGS === 'undefined' ? openFile : openEmbedded(HAIRPIN_RECORDINGS));

/** The file of the state that a change led to; that of what was found without one. */
export const recordingOf = ({name}: PracticeIncident, change?: string): string => `${name}/${change ?? 'found'}.bundle`;

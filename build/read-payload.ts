import {Buffer} from 'node:buffer';
import {readFileSync} from 'node:fs';
import process from 'node:process';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {crc32} from 'node:zlib';
import {readAsset} from '../src/read-asset.ts';
import {UserFacingError} from '../src/user-facing-error.ts';
import {type Payload, bundleAsset, commentMark} from './bundle-format.ts';

declare const HAIRPIN_PAYLOAD: Payload;

/** One name for each build. */
export const build = HAIRPIN_PAYLOAD.crc.toString(16);

const tryThis = 'copy it again, and compare: sha256sum -c SHA256SUMS';

// An ES module inside of an executable has no address.
export const ownUrl = (import.meta.url as string | undefined) ?? pathToFileURL(process.execPath).href;

/** The bundle that we are, from its first to its last byte. */
const readOwnFile = (): Buffer => {
	const asset = readAsset(bundleAsset);
	if (asset !== undefined) {
		return Buffer.from(asset.buffer, asset.byteOffset, asset.byteLength);
	}

	try {
		return readFileSync(fileURLToPath(ownUrl));
	} catch (error) {
		throw new UserFacingError(`hairpin reads the file that it is in, and cannot (${(error as Error).message})`, 'keep it in a file: node hairpin.mjs');
	}
};

const findPayload = (file: Buffer): Buffer => {
	const opening = file.indexOf(commentMark);
	const start = opening === -1 ? file.length : opening;
	const expected = start + HAIRPIN_PAYLOAD.length;
	if (file.length < expected) {
		throw new UserFacingError(`this file is not complete (${file.length} of ${expected} bytes)`, tryThis);
	}

	if (file.length > expected) {
		throw new UserFacingError(`this file is not as it was made (${file.length} instead of ${expected} bytes)`, tryThis);
	}

	return file.subarray(start);
};

let payload: Buffer | undefined;

/** The text of a section. Throws `UserFacingError` where the file was cut off. */
export const readSection = (name: string): string => {
	payload ??= findPayload(readOwnFile());
	return payload.toString('latin1', ...HAIRPIN_PAYLOAD.sections[name]).replaceAll(commentMark, '\n');
};

/** Throws `UserFacingError` where some byte of the payload is another one than it was. */
export const checkPayload = (): void => {
	if (payload !== undefined && crc32(payload) !== HAIRPIN_PAYLOAD.crc) {
		throw damaged();
	}
};

export const damaged = (): UserFacingError => new UserFacingError('this file is damaged: it has the right length, and not the right content', tryThis);

import {open, type FileHandle} from 'node:fs/promises';
import type {VisitFrame} from '../packets/capture-scanner.ts';
import {type CaptureScanner, createCaptureScanner} from '../packets/scan-capture.ts';
import {UserFacingError} from '../user-facing-error.ts';

const CHUNK_LENGTH = 1_048_576;
const GZIP_MAGIC = [0x1F, 0x8B];
const ZSTD_MAGIC = [0x28, 0xB5];

const failures: ReadonlyMap<string, readonly [string, string]> = new Map([
	['ENOENT', ['there is no such file', 'check the path']],
	['ENOTDIR', ['there is no such file', 'check the path']],
	['EACCES', ['it may not be read', 'tcpdump often leaves captures to root: sudo chmod a+r FILE']],
	['EISDIR', ['it is a directory', 'name the capture files in it']],
]);

const describeFailure = (file: string, error: unknown): UserFacingError => {
	const code = error instanceof Error && 'code' in error ? String(error.code) : '';
	const [because, tryThis] = failures.get(code) ?? [`it cannot be read (${code})`, 'check the file'];
	return new UserFacingError(`${file}: ${because}`, tryThis);
};

const isCompressed = (start: Uint8Array): boolean => [GZIP_MAGIC, ZSTD_MAGIC].some(magic => magic.every((byte, at) => start[at] === byte));

/** A file of which nothing can be used: not a capture at all. */
const refuse = (file: string, scanner: CaptureScanner, start: Uint8Array): UserFacingError => {
	if (isCompressed(start)) {
		return new UserFacingError(`${file}: it is compressed`, 'unpack it first, with gunzip or unzstd');
	}

	return scanner.problem?.malformed === 'empty'
		? new UserFacingError(`${file}: it is empty`, 'tcpdump writes its header at once: capture again, with -U so that packets are not held back')
		: new UserFacingError(`${file}: it is no capture: ${scanner.problem?.malformed ?? ''}`, 'give a pcap or pcapng file, as tcpdump -w and Wireshark write them');
};

/** Pushes chunk after chunk; while one is decoded, the next is being read. Returns the file's first two bytes. */
const readChunks = async (handle: FileHandle, scanner: CaptureScanner, visit: VisitFrame): Promise<Uint8Array> => {
	let [chunk, next] = [new Uint8Array(CHUNK_LENGTH), new Uint8Array(CHUNK_LENGTH)];
	const start = new Uint8Array(2);
	let reading = handle.read(chunk, 0, CHUNK_LENGTH);
	for (;;) {
		const {bytesRead} = await reading; // eslint-disable-line no-await-in-loop
		if (bytesRead === 0 || scanner.problem) {
			scanner.end();
			return start;
		}

		reading = handle.read(next, 0, CHUNK_LENGTH);
		if (scanner.size === 0) {
			start.set(chunk.subarray(0, Math.min(2, bytesRead)));
		}

		scanner.push(chunk.subarray(0, bytesRead), visit);
		[chunk, next] = [next, chunk];
	}
};

const openCapture = async (file: string): Promise<FileHandle> => {
	try {
		return await open(file);
	} catch (error) {
		throw describeFailure(file, error);
	}
};

/** Reads a capture file in pieces and hands out its frames. Throws `UserFacingError` where it is none; damage further on is in `problem`. */
export const readCapture = async (file: string, visit: VisitFrame): Promise<CaptureScanner> => {
	const scanner = createCaptureScanner();
	const handle = await openCapture(file);
	try {
		const start = await readChunks(handle, scanner, visit);
		if (scanner.problem && scanner.interfaces.length === 0) {
			throw refuse(file, scanner, start);
		}
	} catch (error) {
		throw error instanceof UserFacingError ? error : describeFailure(file, error);
	} finally {
		await handle.close();
	}

	return scanner;
};

import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {
	closeSync,
	createWriteStream,
	existsSync,
	openSync,
	rmSync,
} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import type {Writable} from 'node:stream';
import {finished} from 'node:stream/promises';
import {constants, createGzip} from 'node:zlib';
import {pack as createPack} from 'tar-stream';
import {isPlainFile, removeRemains} from '../remove-remains.ts';
import {UserFacingError} from '../user-facing-error.ts';
import {
	type Manifest,
	endName,
	manifestName,
	ownerOnly,
} from './format.ts';
import {readBundle} from './read-bundle.ts';

/** A bundle that is being written. After each `add` it can be read up to there, whatever happens to us. */
export type BundleWriter = {
	add(name: string, content: string | Uint8Array): void;
	/** A line of the recording; lines of the same moment share an entry. */
	addLine(folder: 'record' | 'timeline', line: unknown): void;
	/** Resolves when all is on disk. What is not whole says so by the entry that it lacks. Rejects with a `UserFacingError` where the disk was full: then the file opens up to there, or it is gone. */
	end(isWhole?: boolean): Promise<void>;
};

/** A file, or what takes the bytes instead. */
export type BundleTarget = string | Writable;

const flushAfterMs = 50;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const explain = (file: string, error: unknown): UserFacingError =>
	new UserFacingError(`the bundle cannot be written to ${file}: ${messageOf(error)}`, 'name a file that can be written, with room for it: --bundle FILE');

/** Removes what is left of a bundle, and says why it could not be written. */
const explainLost = async (file: string, error: unknown): Promise<UserFacingError> => {
	await removeRemains(file);
	return explain(file, error);
};

const isReadable = async (file: string): Promise<boolean> => {
	try {
		await readBundle(file);
		return true;
	} catch {
		return false;
	}
};

/** What became of a bundle that could not be written to its end. */
const explainEnd = async (file: string, error: unknown): Promise<UserFacingError> => (await isPlainFile(file) && await isReadable(file)
	? new UserFacingError(`the bundle ${file} ends early: ${messageOf(error)}`, `hairpin open ${file} shows it up to there; for all of it, run it again with a file that there is room for: --bundle FILE`)
	: explainLost(file, error));

const openFile = (file: string, flags = 'w'): number => {
	try {
		return openSync(file, flags, ownerOnly);
	} catch (error) {
		throw explain(file, error);
	}
};

/** Throws `UserFacingError` where a bundle could not be written to this file later. What is in it stays. */
export const refuseUnwritable = (file: string): void => {
	const isNew = !existsSync(file);
	closeSync(openFile(file, 'a'));
	if (isNew) {
		rmSync(file);
	}
};

/** Packs what is added into the file. What comes after a failure is dropped, so that a full disk ends no incident; `end` rejects with it. */
const openArchive = (target: BundleTarget) => {
	const file = typeof target === 'string' ? target : 'memory';
	const output = typeof target === 'string' ? createWriteStream(file, {fd: openFile(file)}) : target;
	const pack = createPack();
	let failure: Error | undefined;
	// What is answered after the session was broken off belongs to no bundle.
	let isEnded = false;
	output.on('error', error => {
		failure ??= error;
	});
	pack.pipe(createGzip({flush: constants.Z_SYNC_FLUSH})).pipe(output);
	return {
		entry(header: {readonly name: string; readonly mode: number; readonly mtime: Date}, bytes: Buffer) {
			if (failure === undefined && !isEnded) {
				pack.entry(header, bytes);
			}
		},
		async end() {
			isEnded = true;
			try {
				pack.finalize();
				await finished(output);
			} catch (error) {
				throw await explainEnd(file, failure ?? error);
			}
		},
	};
};

/** Writes a bundle that is complete, or none. Throws `UserFacingError` where it cannot be written. */
export const writeWholeBundle = async (file: string, bytes: Uint8Array): Promise<void> => {
	try {
		await writeFile(file, bytes, {mode: ownerOnly});
	} catch (error) {
		throw await explainLost(file, error);
	}
};

/** Starts a bundle file; what was there is replaced. Throws `UserFacingError` where it cannot be written. */
export const createBundleWriter = (target: BundleTarget, manifest: Manifest): BundleWriter => {
	const archive = openArchive(target);
	const hashes: Record<string, string> = {};
	const lines = {record: [] as string[], timeline: [] as string[]};
	let count = 0;
	let timer: NodeJS.Timeout | undefined;

	const add = (name: string, content: string | Uint8Array): void => {
		const bytes = Buffer.from(content);
		hashes[name] = createHash('sha256').update(bytes).digest('hex');
		archive.entry({name, mode: ownerOnly, mtime: new Date(manifest.startedAt * 1000)}, bytes);
	};

	const writeLines = (): void => {
		clearTimeout(timer);
		timer = undefined;
		for (const folder of ['record', 'timeline'] as const) {
			const waiting = lines[folder].splice(0);
			if (waiting.length > 0) {
				add(`${folder}/${String(count++).padStart(6, '0')}.jsonl`, `${waiting.join('\n')}\n`);
			}
		}
	};

	add(manifestName, JSON.stringify(manifest, undefined, '\t'));
	return {
		add,
		addLine(folder, line) {
			lines[folder].push(JSON.stringify(line));
			timer ??= setTimeout(writeLines, flushAfterMs);
		},
		async end(isWhole = true) {
			writeLines();
			if (isWhole) {
				add(endName, JSON.stringify({hashes}));
			}

			await archive.end();
		},
	};
};

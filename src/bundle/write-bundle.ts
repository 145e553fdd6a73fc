import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {createWriteStream, openSync} from 'node:fs';
import type {Writable} from 'node:stream';
import {finished} from 'node:stream/promises';
import {constants, createGzip} from 'node:zlib';
import {pack as createPack} from 'tar-stream';
import {UserFacingError} from '../user-facing-error.ts';
import {type Manifest, endName, manifestName} from './format.ts';

/** A bundle that is being written. After each `add` it can be read up to there, whatever happens to us. */
export type BundleWriter = {
	add(name: string, content: string | Uint8Array): void;
	/** A line of the recording; lines of the same moment share an entry. */
	addLine(folder: 'record' | 'timeline', line: unknown): void;
	/** Resolves when all is on disk. */
	end(): Promise<void>;
};

const flushAfterMs = 50;

// Readable by its owner alone: it says much about a cluster.
const ownerOnly = 0o600;

const explain = (file: string, error: unknown): UserFacingError =>
	new UserFacingError(`the bundle cannot be written to ${file}: ${error instanceof Error ? error.message : String(error)}`, 'name a file that can be written, with room for it: --bundle FILE');

const openFile = (file: string): number => {
	try {
		return openSync(file, 'w', ownerOnly);
	} catch (error) {
		throw explain(file, error);
	}
};

const openOutput = (to: string | Writable): Writable => (typeof to === 'string' ? createWriteStream(to, {fd: openFile(to)}) : to);

/** Packs what is added into the file. What comes after a failure is dropped, so that a full disk ends no incident; `end` rejects with it. */
const openArchive = (to: string | Writable) => {
	const output = openOutput(to);
	const pack = createPack();
	let failure: Error | undefined;
	output.on('error', error => {
		failure ??= error;
	});
	pack.pipe(createGzip({flush: constants.Z_SYNC_FLUSH})).pipe(output);
	return {
		entry(header: {readonly name: string; readonly mode: number; readonly mtime: Date}, bytes: Buffer) {
			if (failure === undefined) {
				pack.entry(header, bytes);
			}
		},
		async end() {
			try {
				pack.finalize();
				await finished(output);
			} catch (error) {
				throw typeof to === 'string' ? explain(to, failure ?? error) : error;
			}
		},
	};
};

/** Starts a bundle in a file, where what was there is replaced, or in whatever takes bytes. Throws `UserFacingError` where it cannot be written. */
export const createBundleWriter = (to: string | Writable, manifest: Manifest): BundleWriter => {
	const archive = openArchive(to);
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
		async end() {
			writeLines();
			add(endName, JSON.stringify({hashes}));
			await archive.end();
		},
	};
};

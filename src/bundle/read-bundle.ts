import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import type {Readable} from 'node:stream';
import {constants, createGunzip} from 'node:zlib';
import {extract as createExtract} from 'tar-stream';
import type {RecordedLine} from '../access/recording.ts';
import {cleanLine} from '../clean.ts';
import type {TimelineEntry} from '../report/incident.ts';
import {UserFacingError} from '../user-facing-error.ts';
import {
	type End,
	type MadeChange,
	type Manifest,
	bundleFormat,
	changeName,
	endName,
	limits,
	manifestName,
} from './format.ts';
import {readTimeline} from './read-timeline.ts';

export type Bundle = {
	readonly manifest: Manifest;
	readonly lines: readonly RecordedLine[];
	/** What was told while it was examined. */
	readonly timeline: readonly TimelineEntry[];
	/** How the cluster came to be so, where a change of ours made it so. */
	readonly change: MadeChange | undefined;
	/** Whether it was written to its end. */
	readonly isWhole: boolean;
};

type Entries = {readonly contents: Map<string, Buffer>; readonly isCut: boolean};

const refuse = (file: string, because: string, tryThis = 'ask whoever sent it for the file as it was written, or record it again: hairpin check … --bundle FILE'): UserFacingError =>
	new UserFacingError(`${file} is not opened: ${because}`, tryThis);

// Nothing is ever unpacked onto disk; names are looked at all the same, since others do unpack.
const isFitName = (name: string): boolean => /^[\w\-]+(?:\/[\w\-]+(?:\.[\w\-]+)*)?\.\w+$/v.test(name);

const takeEntry = async (file: string, entries: Map<string, Buffer>, total: number, entry: AsyncIterable<unknown> & {readonly header: {readonly name: string; readonly type?: string | null | undefined}}): Promise<number> => {
	const {name, type} = entry.header;
	if (type !== 'file' || entries.size >= limits.entries || entries.has(name) || !isFitName(name)) {
		throw refuse(file, `it holds an entry that no bundle has: ${cleanLine(name, 80)}`);
	}

	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of entry) {
		const bytes = chunk as Uint8Array;
		size += bytes.length;
		if (size > limits.entryBytes || total + size > limits.totalBytes) {
			throw refuse(file, `it unpacks to more than ${limits.totalBytes / 1_000_000} MB`);
		}

		chunks.push(bytes);
	}

	entries.set(name, Buffer.concat(chunks));
	return total + size;
};

// A session that was killed leaves a file that ends anywhere.
const isCutOff = (error: unknown): boolean => error instanceof Error && (/unexpected end/iv.test(error.message) || ('code' in error && error.code === 'Z_BUF_ERROR'));

const readEntries = async (file: string, source: Readable): Promise<Entries> => {
	const contents = new Map<string, Buffer>();
	const extract = createExtract();
	const gunzip = createGunzip({finishFlush: constants.Z_SYNC_FLUSH});
	for (const stream of [source, gunzip]) {
		stream.on('error', (error: Error) => {
			extract.destroy(error);
		});
	}

	source.pipe(gunzip).pipe(extract);
	let total = 0;
	try {
		for await (const entry of extract) {
			total = await takeEntry(file, contents, total, entry);
		}

		return {contents, isCut: !contents.has(endName)};
	} catch (error) {
		if (error instanceof UserFacingError) {
			throw error;
		}

		if (isCutOff(error) && contents.has(manifestName)) {
			return {contents, isCut: true};
		}

		throw refuse(file, error instanceof Error ? cleanLine(error.message, 200) : 'it cannot be read');
	} finally {
		source.destroy();
		gunzip.destroy();
	}
};

const parse = (file: string, name: string, text: string): unknown => {
	try {
		return JSON.parse(text);
	} catch {
		throw refuse(file, `${name} in it is not JSON`);
	}
};

const readManifest = (file: string, contents: ReadonlyMap<string, Buffer>): Manifest => {
	const text = contents.get(manifestName)?.toString();
	const manifest = text === undefined ? undefined : parse(file, manifestName, text) as Partial<Manifest> | null;
	if (manifest?.format !== 'hairpin-bundle' || typeof manifest.major !== 'number' || typeof manifest.service !== 'string' || !['string', 'undefined'].includes(typeof manifest.from)) {
		throw refuse(file, 'it is not a bundle of hairpin');
	}

	if (manifest.major > bundleFormat.major) {
		throw refuse(file, `its format is ${manifest.major}.x, and this hairpin reads ${bundleFormat.major}.x`, 'open it with a newer hairpin');
	}

	return manifest as Manifest;
};

const checkHashes = (file: string, contents: ReadonlyMap<string, Buffer>): void => {
	const text = contents.get(endName)?.toString();
	if (text === undefined) {
		return;
	}

	const {hashes} = parse(file, endName, text) as Partial<End>;
	for (const [name, bytes] of contents) {
		if (name !== endName && createHash('sha256').update(bytes).digest('hex') !== hashes?.[name]) {
			throw refuse(file, `${name} in it was changed after it was written`);
		}
	}

	if (Object.keys(hashes ?? {}).length !== contents.size - 1) {
		throw refuse(file, 'something was taken out of it after it was written');
	}
};

const isLine = (value: unknown): value is RecordedLine => typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'number'
	&& 'atMs' in value && typeof value.atMs === 'number' && (('asked' in value && typeof value.asked === 'object' && value.asked !== null) || ('came' in value && typeof value.came === 'object' && value.came !== null));

const readLines = (file: string, contents: ReadonlyMap<string, Buffer>): readonly RecordedLine[] => contents.entries()
	.filter(([name]) => name.startsWith('record/'))
	.toArray()
	.toSorted(([a], [b]) => (a < b ? -1 : 1))
	.flatMap(([name, bytes]) => bytes.toString().split('\n').filter(line => line !== '').map(line => parse(file, name, line)))
	.map(value => {
		if (!isLine(value)) {
			throw refuse(file, 'a line of its recording says nothing that a recording says');
		}

		return value;
	});

const readChange = (file: string, contents: ReadonlyMap<string, Buffer>): MadeChange | undefined => {
	const text = contents.get(changeName)?.toString();
	const made = text === undefined ? undefined : parse(file, changeName, text) as Partial<MadeChange> | null;
	return typeof made?.change === 'string' && Array.isArray(made.news) ? made as MadeChange : undefined;
};

/** The entries of a bundle, in their order, and what they say. As `readBundle`. */
export const unpackBundle = async (file: string, source: Readable = createReadStream(file)): Promise<{readonly entries: ReadonlyMap<string, Buffer>; readonly bundle: Bundle}> => {
	const {contents, isCut} = await readEntries(file, source);
	const manifest = readManifest(file, contents);
	checkHashes(file, contents);
	return {
		entries: contents,
		bundle: {
			manifest, lines: readLines(file, contents), timeline: readTimeline(contents), change: readChange(file, contents), isWhole: !isCut,
		},
	};
};

/** Reads a bundle into memory, up to a bound. Throws `UserFacingError` with one sentence where it is hostile, damaged or too new. `source` has its bytes where they are not in the file. */
export const readBundle = async (file: string, source?: Readable): Promise<Bundle> => (await unpackBundle(file, source)).bundle;

import process from 'node:process';
import type * as NodePty from 'node-pty';
import {
	type NoLibrary,
	listParents,
	loadUnpacked,
	readParts,
	tellLoadError,
} from './unpack-pty.ts';

/** A program on a pseudo-terminal of ours. */
export type Pty = {
	readonly pid: number;
	write(bytes: string): void;
	resize(columns: number, rows: number): void;
	onData(receive: (text: string) => void): void;
	readonly ended: Promise<{readonly exitCode: number; readonly signal: number | undefined}>;
	/** Hangs up, as a terminal that is closed does. */
	close(): void;
};

export type PtyOptions = {
	readonly columns: number;
	readonly rows: number;
	readonly env?: Readonly<Record<string, string | undefined>>;
	readonly directory?: string;
};

type PtyLibrary = typeof NodePty;

const loadInstalled = async (): Promise<PtyLibrary | NoLibrary> => {
	try {
		return await import('node-pty');
	} catch (error) {
		return {because: `node-pty cannot be loaded: ${tellLoadError(error)}`};
	}
};

const findLibrary = async (): Promise<PtyLibrary | NoLibrary> => {
	const parts = readParts();
	if (parts.length === 0) {
		return loadInstalled();
	}

	const unpacked = loadUnpacked(parts, listParents());
	return 'because' in unpacked ? unpacked : unpacked.library as PtyLibrary;
};

let found: Promise<PtyLibrary | NoLibrary> | undefined;

/** Node-pty, which has a compiled part: from inside of the executable, or as it is installed; or why there is none. */
export const loadPty = async (): Promise<PtyLibrary | NoLibrary> => {
	found ??= findLibrary();
	return found;
};

const wrapPty = (pty: NodePty.IPty): Pty => {
	const {promise, resolve} = Promise.withResolvers<{readonly exitCode: number; readonly signal: number | undefined}>();
	let hasEnded = false;
	pty.onExit(({exitCode, signal}) => {
		hasEnded = true;
		resolve({exitCode, signal});
	});
	return {
		pid: pty.pid,
		write(bytes) {
			pty.write(bytes);
		},
		resize(columns, rows) {
			if (!hasEnded) {
				pty.resize(Math.max(2, columns), Math.max(1, rows));
			}
		},
		onData(receive) {
			pty.onData(receive);
		},
		ended: promise,
		close() {
			if (!hasEnded) {
				pty.kill('SIGHUP');
			}
		},
	};
};

/** Starts a program on a pseudo-terminal. `argv` is what the program gets: no shell reads it. */
export const openPty = async (argv: readonly string[], {columns, rows, env = process.env, directory}: PtyOptions): Promise<Pty | {readonly because: string}> => {
	const library = await loadPty();
	if ('because' in library) {
		return library;
	}

	const [file, ...words] = argv;
	try {
		return wrapPty(library.spawn(file, words, {
			name: 'xterm-256color', cols: Math.max(2, columns), rows: Math.max(1, rows), env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)), cwd: directory,
		}));
	} catch (error) {
		return {because: `${file} could not be started: ${error instanceof Error ? error.message : String(error)}`};
	}
};

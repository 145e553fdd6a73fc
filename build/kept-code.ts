import type {Buffer} from 'node:buffer';
import {
	closeSync,
	fstatSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import vm from 'node:vm';
import {cacheDirectory} from '../src/cache-directory.ts';

const prefix = 'code-';
const ownerOnly = 0o600;
const writableByOthers = 0o022;

/** The file for what this runtime made of a text, below a name that says which text it is; undefined where there is no cache. */
const fileFor = (build: string, name: string): string | undefined => {
	const cache = cacheDirectory();
	return cache !== undefined && path.isAbsolute(cache) ? path.join(cache, `${prefix}${build}-${name}-${process.version}-${process.arch}`) : undefined;
};

/** What was kept, unless somebody else could have written it: it is code that we run. */
const readKept = (file: string): Buffer | undefined => {
	try {
		const descriptor = openSync(file, 'r');
		try {
			const {uid, mode} = fstatSync(descriptor);
			return uid === process.getuid?.() && (mode & writableByOthers) === 0 ? readFileSync(descriptor) : undefined;
		} finally {
			closeSync(descriptor);
		}
	} catch {
		return undefined;
	}
};

const writeWhole = (file: string, bytes: Buffer): void => {
	const unfinished = `${file}.${process.pid}`;
	try {
		writeFileSync(unfinished, bytes, {mode: ownerOnly, flag: 'wx'});
		renameSync(unfinished, file);
	} catch (error) {
		rmSync(unfinished, {force: true});
		throw error;
	}
};

/** Keeps compiled code for the next run, in place of that of other builds. */
const keep = (file: string, build: string, script: vm.Script): void => {
	const directory = path.dirname(file);
	try {
		mkdirSync(directory, {recursive: true});
		writeWhole(file, script.createCachedData());
		const others = readdirSync(directory).filter(entry => entry.startsWith(prefix) && !entry.startsWith(`${prefix}${build}-`));
		for (const other of others) {
			rmSync(path.join(directory, other));
		}
	} catch {
		// Without a home, with one that is full or read-only, and in Deno, every run compiles anew.
	}
};

/**
 Compiles and runs a script. What V8 made of it is kept when we end, with the functions that were called, for the next run:
 compiling takes longer than everything else that happens before the first line is written.
 */
export const runKept = (text: string, build: string, name: string): unknown => {
	const file = fileFor(build, name);
	const cachedData = file === undefined ? undefined : readKept(file);
	const script = new vm.Script(text, {filename: `hairpin-${name}.js`, ...(cachedData && {cachedData})});
	if (file !== undefined && (cachedData === undefined || script.cachedDataRejected === true)) {
		process.on('exit', () => {
			keep(file, build, script);
		});
	}

	return script.runInThisContext();
};

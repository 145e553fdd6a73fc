import {rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {homedir, tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {readAsset} from '../read-asset.ts';
import {type Part, makePrivateDirectory} from './private-directory.ts';

/** A library that could not be had, and why. */
export type NoLibrary = {readonly because: string};

/** Below this name the executable has node-pty: its JavaScript in one file, and the compiled part as the library looks for it from there. */
export const ptyAssets = {script: 'lib/node-pty.cjs', compiled: 'build/Release/pty.node', helper: 'build/Release/spawn-helper'} as const;

/** The parts of node-pty in this executable; none where we are no executable. */
export const readParts = (): readonly Part[] => Object.values(ptyAssets).flatMap(file => {
	const bytes = readAsset(file);
	return bytes === undefined ? [] : [{file, bytes}];
});

/** The one line of an error that tells why a library does not load. */
export const tellLoadError = (error: unknown): string => {
	const message = error instanceof Error ? error.message : String(error);
	return /failed to map segment|Operation not permitted/v.test(message) ? 'it lets no program run (mounted noexec?)' : message.split('\n', 1)[0];
};

/** Where to unpack, best first; a temporary directory is often mounted noexec, a runtime directory (XDG Base Directory Specification) seldom. */
export const listParents = (): readonly string[] => {
	const home = (): string[] => {
		try {
			return [path.join(homedir(), '.cache')];
		} catch {
			return [];
		}
	};

	return [...new Set([process.env.XDG_RUNTIME_DIR ?? '', tmpdir(), process.env.XDG_CACHE_HOME ?? '', ...home(), '/var/tmp', '/dev/shm'].filter(directory => path.isAbsolute(directory)))];
};

const loadFrom = (parent: string, parts: readonly Part[]): unknown => {
	const directory = makePrivateDirectory(parent, parts);
	const remove = (): void => {
		rmSync(directory, {recursive: true, force: true});
	};

	try {
		const load = createRequire(path.join(directory, ptyAssets.script));
		// Node-pty tells only of the last of the places where it looks: asked for directly, the compiled part tells what is wrong with it.
		load(path.join(directory, ptyAssets.compiled));
		return load(path.join(directory, ptyAssets.script));
	} finally {
		// What is loaded stays loaded. On macOS every program is started by a helper from there.
		if (parts.some(({file}) => file === ptyAssets.helper)) {
			process.on('exit', remove);
		} else {
			remove();
		}
	}
};

/** Unpacks and loads the node-pty of an executable in the first of the directories that lets it. */
export const loadUnpacked = (parts: readonly Part[], parents: readonly string[]): NoLibrary | {readonly library: unknown} => {
	const reasons: string[] = [];
	for (const parent of parents) {
		try {
			return {library: loadFrom(parent, parts)};
		} catch (error) {
			reasons.push(`${parent}: ${tellLoadError(error)}`);
		}
	}

	return {because: `node-pty could be unpacked nowhere (${reasons.join('; ')})`};
};

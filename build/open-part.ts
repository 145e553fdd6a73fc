import {Buffer} from 'node:buffer';
import {createRequire} from 'node:module';
import path from 'node:path';
import {brotliDecompressSync} from 'node:zlib';
import {UserFacingError} from '../src/user-facing-error.ts';
import {runKept} from './kept-code.ts';
import {
	build,
	checkPayload,
	damaged,
	ownUrl,
	readSection,
} from './read-payload.ts';
import {commandLine, sections} from './bundle-format.ts';

type Parts = Record<string, () => Promise<unknown>>;

const require = createRequire(ownUrl);

const unpack = (section: string): string => {
	const packed = Buffer.from(readSection(section), 'base64');
	checkPayload();
	return brotliDecompressSync(packed).toString('latin1');
};

/** What all parts have together: a class is itself once only, so that an error of one is known where another catches it. */
const shared = {
	UserFacingError,
	get recordings() {
		return readSection(sections.recordings);
	},
	openPart: async (module: string): Promise<unknown> => openPart(module),
};

const fill = (text: string, name: string): Parts => {
	const parts: Parts = {};
	const run = runKept(`(function(hairpinRequire,hairpinUrl,hairpinShared,hairpinParts){'use strict';${text}\n})`, build, name) as (...given: readonly unknown[]) => void;
	run(require, ownUrl, shared, parts);
	return parts;
};

const openCommandLine = (): Parts => {
	try {
		return fill(readSection(sections.commandLine), sections.commandLine);
	} catch (error) {
		throw error instanceof SyntaxError ? damaged() : error;
	}
};

let commands: Parts | undefined;

/**
 A module of the program, in place of `import()`: all but what reads the command line is unpacked and compiled only when it is needed.
 Throws `UserFacingError` where the file that we are is not whole.
 */
export const openPart = async (module: string): Promise<unknown> => {
	if (module === commandLine) {
		return openCommandLine()[module]();
	}

	commands ??= fill(unpack(sections.commands), path.basename(module, '.ts'));
	return commands[module]();
};

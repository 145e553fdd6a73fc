import {createRequire} from 'node:module';
import process from 'node:process';
import {pathToFileURL} from 'node:url';
import vm from 'node:vm';
import {brotliDecompressSync} from 'node:zlib';
import {Buffer} from 'node:buffer';
import {UserFacingError} from '../src/user-facing-error.ts';

declare const HAIRPIN_PARTS: string;
declare const HAIRPIN_RECORDINGS: string;

type Parts = Record<string, () => Promise<unknown>>;

// An ES module inside of an executable has no address.
const ownUrl = (import.meta.url as string | undefined) ?? pathToFileURL(process.execPath).href;

const openAll = (): Parts => {
	const parts: Parts = {};
	const text = brotliDecompressSync(Buffer.from(HAIRPIN_PARTS, 'base64')).toString();
	const fill = vm.compileFunction(text, ['hairpinRequire', 'hairpinUrl', 'hairpinShared', 'hairpinParts'], {filename: 'hairpin-parts.mjs'}) as (...given: readonly unknown[]) => void;
	fill(createRequire(ownUrl), ownUrl, {UserFacingError, recordings: HAIRPIN_RECORDINGS}, parts);
	return parts;
};

let parts: Parts | undefined;

/**
 The module of a command, in place of `import()`: all but what reads the command line is packed, since compiling it takes longer than
 everything else that happens before the first line is written.
 */
export const openPart = async (module: string): Promise<unknown> => {
	parts ??= openAll();
	return parts[module]();
};

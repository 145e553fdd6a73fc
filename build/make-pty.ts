import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import process from 'node:process';
import {build} from 'esbuild';
import {ptyAssets} from '../src/terminal/unpack-pty.ts';
import {commonOptions} from './common-options.ts';

const require = createRequire(import.meta.url);

/** What node-pty takes, by the names of the executable's assets: its JavaScript made one file, and its compiled part for this machine where it has one. */
export const makePty = async (script: string): Promise<Readonly<Record<string, string>>> => {
	const entry = require.resolve('node-pty');
	const prebuilt = path.join(path.dirname(entry), '../prebuilds', `${process.platform}-${process.arch}`);
	const built = path.join(path.dirname(entry), '../build/Release');
	const directory = [built, prebuilt].find(candidate => existsSync(path.join(candidate, 'pty.node')));
	if (directory === undefined) {
		console.warn(`build: node-pty has no compiled part for ${process.platform} ${process.arch}: shells will take the whole terminal`);
		return {};
	}

	await build({
		...commonOptions, entryPoints: [entry], outfile: script, format: 'cjs', define: {},
	});
	const helper = path.join(directory, 'spawn-helper');
	return {
		[ptyAssets.script]: script,
		[ptyAssets.compiled]: path.join(directory, 'pty.node'),
		...(existsSync(helper) && {[ptyAssets.helper]: helper}),
	};
};

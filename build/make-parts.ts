import {Buffer} from 'node:buffer';
import {builtinModules} from 'node:module';
import path from 'node:path';
import {constants, brotliCompressSync} from 'node:zlib';
import {type Plugin, build} from 'esbuild';
import {commonOptions, root} from './common-options.ts';
import {inlineText} from './inline-text.ts';

const builtins = new Set(builtinModules.map(name => name.replace(/^node:/v, '')));

/** A packed module has no import statement: what is Node's, and what is installed beside the bundle, is asked for when it is needed. */
const requireFromOutside: Plugin = {
	name: 'require-from-outside',
	setup({onResolve, onLoad}) {
		// eslint-disable-next-line require-unicode-regexp
		onResolve({filter: /^(?:node:)?[a-z]/}, ({path: name}) => {
			const plain = name.replace(/^node:/v, '');
			return builtins.has(plain) ? {path: `node:${plain}`, namespace: 'outside'} : (plain === 'node-pty' ? {path: plain, namespace: 'outside'} : undefined);
		});
		// eslint-disable-next-line require-unicode-regexp
		onLoad({filter: /.*/, namespace: 'outside'}, ({path: name}) => ({contents: `module.exports = hairpinRequire(${JSON.stringify(name)});`}));
	},
};

/** A class is itself once only: an error of a part has to be known where it is caught. */
const shareErrors: Plugin = {
	name: 'share-errors',
	setup({onLoad}) {
		// eslint-disable-next-line require-unicode-regexp
		onLoad({filter: /src\/user-facing-error\.ts$/}, () => ({contents: 'export const {UserFacingError} = hairpinShared;'}));
	},
};

/** The text of these modules of src and all that they import, as the body of a function that fills `hairpinParts`; and the same packed. */
export const makeParts = async (modules: readonly string[]): Promise<string> => {
	const {outputFiles} = await build({
		...commonOptions,
		stdin: {
			contents: modules.map(module => `hairpinParts[${JSON.stringify(module)}] = async () => import(${JSON.stringify(module)});`).join('\n'),
			resolveDir: path.join(root, 'src'),
		},
		write: false,
		// Ink asks whether its tools for developers are installed, and takes whatever is thrown for no.
		define: {
			...commonOptions.define, 'import.meta.url': 'hairpinUrl', 'import.meta.resolve': 'undefined', HAIRPIN_RECORDINGS: 'hairpinShared.recordings',
		},
		plugins: [requireFromOutside, shareErrors, inlineText],
	});
	const text = Buffer.from(`'use strict';${outputFiles[0].text}`);
	return brotliCompressSync(text, {params: {[constants.BROTLI_PARAM_SIZE_HINT]: text.length, [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS}}).toString('base64');
};

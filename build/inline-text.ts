import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {Plugin} from 'esbuild';

// Esbuild takes regular expressions of Go, which have no flag v.
// eslint-disable-next-line require-unicode-regexp
const sources = /src.*\.ts$/;

const reading = /\breadFileSync\(new URL\('(?<file>[^']+\.(?:sh|yaml))', import\.meta\.url\), 'utf8'\)/gv;

/** Puts the text of files that a module reads when it is loaded, such as shell scripts and runbooks, into the bundle in place of the reading. */
export const inlineText: Plugin = {
	name: 'inline-text',
	setup(build) {
		build.onLoad({filter: sources}, async ({path: module}) => {
			const source = await readFile(module, 'utf8');
			const files = source.matchAll(reading).map(({groups}) => groups?.file ?? '').toArray();
			const texts = await Promise.all(files.map(async file => readFile(path.join(path.dirname(module), file), 'utf8')));
			let index = 0;
			const contents = source.replaceAll(reading, () => JSON.stringify(texts[index++]));
			return {contents, loader: 'ts', watchFiles: files.map(file => path.join(path.dirname(module), file))};
		});
	},
};

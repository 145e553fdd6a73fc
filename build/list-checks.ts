import {readdirSync} from 'node:fs';
import path from 'node:path';
import type {Plugin} from 'esbuild';
import {root} from './common-options.ts';

const importAll = (files: readonly string[]): string => [
	...files.map((file, index) => `import * as check${index} from '../checks/${file}';`),
	`export const modules = new Map([${files.map((file, index) => `[${JSON.stringify(path.basename(file, '.ts'))}, check${index}]`).join(', ')}]);`,
].join('\n');

/** A bundle has no folder to look for checks in: it imports those that are there when it is made. */
export const listChecks: Plugin = {
	name: 'list-checks',
	setup({onLoad}) {
		// eslint-disable-next-line require-unicode-regexp
		onLoad({filter: /src\/catalogue\/modules\.ts$/}, ({path: file}) => ({
			contents: importAll(readdirSync(path.join(root, 'src/checks')).filter(name => name.endsWith('.ts')).toSorted()),
			resolveDir: path.dirname(file),
			loader: 'ts',
		}));
	},
};

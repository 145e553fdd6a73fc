import {chmodSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {type Plugin, build} from 'esbuild';
import {commonOptions, root} from './common-options.ts';
import {makeParts} from './make-parts.ts';
import {packRecordings} from './pack-recordings.ts';

const commandLine = path.join(root, 'src/cli.ts');
const importing = /\bimport\('(?<module>\.\/[^']+)'\)/gv;

/** The modules that are loaded only when they are needed: each of the commands. */
const findParts = (): readonly string[] => [...new Set(readFileSync(commandLine, 'utf8').matchAll(importing).map(({groups}) => groups?.module ?? ''))];

const openParts: Plugin = {
	name: 'open-parts',
	setup({onLoad}) {
		// eslint-disable-next-line require-unicode-regexp
		onLoad({filter: /src\/cli\.ts$/}, () => ({
			contents: `import {openPart} from '../build/open-part.ts';\n${readFileSync(commandLine, 'utf8').replaceAll(importing, 'openPart(\'$<module>\')')}`,
			loader: 'ts',
		}));
	},
};

// Modules in CommonJS ask for Node's own by require, which an ES module has not.
const banner = 'import {createRequire as createRequireOfBundle} from \'node:module\';\nconst require = createRequireOfBundle(import.meta.url ?? process.execPath);';

/** Makes one file of hairpin and its libraries. The same sources give the same bytes. */
export const makeBundle = async (file: string): Promise<void> => {
	const parts = await makeParts(findParts());
	await build({
		...commonOptions,
		entryPoints: [path.join(root, 'src/hairpin.ts')],
		outfile: file,
		banner: {js: banner},
		define: {...commonOptions.define, HAIRPIN_PARTS: JSON.stringify(parts), HAIRPIN_RECORDINGS: JSON.stringify(packRecordings())},
		plugins: [openParts],
	});
	chmodSync(file, 0o755);
};

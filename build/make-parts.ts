import {readFileSync} from 'node:fs';
import {builtinModules, createRequire} from 'node:module';
import path from 'node:path';
import {type Plugin, build} from 'esbuild';
import {commandLine} from './bundle-format.ts';
import {commonOptions, root} from './common-options.ts';
import {inlineText} from './inline-text.ts';
import {listChecks} from './list-checks.ts';

const require = createRequire(import.meta.url);
const builtins = new Set(builtinModules.map(name => name.replace(/^node:/v, '')));

// An old Node has this object, and cannot be asked for it.
const requireNow = (name: string): string => (name === 'node:process' ? 'process' : `hairpinRequire(${JSON.stringify(name)})`);

/** What stands for a module that is imported and has these names: it is loaded when one of them is used first, and then no more of it than that. */
const requireLater = (name: string): string => (name === 'node:process' || typeof require(name) === 'function'
	? requireNow(name)
	: `(() => {
		let loaded;
		return Object.create(new Proxy({}, {get: (_, name) => (loaded ??= ${requireNow(name)})[name]}));
	})()`);

/** A packed module has no import statement: what is Node's, and what is installed beside the bundle, is asked for when it is needed. */
export const requireFromOutside: Plugin = {
	name: 'require-from-outside',
	setup({onResolve, onLoad}) {
		// eslint-disable-next-line require-unicode-regexp
		onResolve({filter: /^(?:node:)?[a-z]/}, ({path: name, kind}) => {
			const plain = name.replace(/^node:/v, '');
			const isImport = kind === 'import-statement';
			return builtins.has(plain) ? {path: `node:${plain}`, namespace: isImport ? 'imported' : 'required'} : (plain === 'node-pty' ? {path: plain, namespace: 'required'} : undefined);
		});
		// eslint-disable-next-line require-unicode-regexp
		onLoad({filter: /.*/, namespace: 'imported'}, ({path: name}) => ({contents: `module.exports = ${requireLater(name)};`}));
		// eslint-disable-next-line require-unicode-regexp
		onLoad({filter: /.*/, namespace: 'required'}, ({path: name}) => ({contents: `module.exports = ${requireNow(name)};`}));
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

/** What the parts ask the opening for: another of them. */
const openParts: Plugin = {
	name: 'open-parts',
	setup({onLoad}) {
		// eslint-disable-next-line require-unicode-regexp
		onLoad({filter: /src\/cli\.ts$/}, () => ({contents: readFileSync(commandLineFile, 'utf8').replaceAll(importing, 'hairpinShared.openPart(\'$<module>\')'), loader: 'ts'}));
	},
};

const commandLineFile = path.join(root, 'src', commandLine);
const importing = /\bimport\('(?<module>\.\/[^']+)'\)/gv;

/** The modules that are loaded only when they are needed: each of the commands. */
export const findCommands = (): readonly string[] => [...new Set(readFileSync(commandLineFile, 'utf8').matchAll(importing).map(({groups}) => groups?.module ?? ''))];

/** The text of these modules of src and all that they import, in ASCII, as the body of a function that fills `hairpinParts`. */
export const makeParts = async (modules: readonly string[]): Promise<string> => {
	const {outputFiles} = await build({
		...commonOptions,
		stdin: {
			contents: modules.map(module => `hairpinParts[${JSON.stringify(module)}] = async () => import(${JSON.stringify(module)});`).join('\n'),
			resolveDir: path.join(root, 'src'),
		},
		write: false,
		// V8 reads text with one byte for each character in half of the time.
		charset: 'ascii',
		// Ink asks whether its tools for developers are installed, and takes whatever is thrown for no.
		define: {
			...commonOptions.define, 'import.meta.url': 'hairpinUrl', 'import.meta.resolve': 'undefined', HAIRPIN_RECORDINGS: 'hairpinShared.recordings',
		},
		plugins: [requireFromOutside, shareErrors, openParts, listChecks, inlineText],
	});
	return outputFiles[0].text;
};

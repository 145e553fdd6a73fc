import {execFileSync} from 'node:child_process';
import {
	chmodSync,
	copyFileSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {bundleAsset, commentMark} from './bundle-format.ts';

/** A copy of our Node without the names of its functions, which are a fifth of it; Node itself where there is no strip(1). */
const stripNode = (file: string): void => {
	copyFileSync(process.execPath, file);
	try {
		execFileSync('strip', [file], {stdio: 'ignore'});
	} catch {
		console.warn('build: there is no strip(1) here: the executable is larger than it needs to be');
	}
};

/** Puts a bundle and assets, files by the name that they have inside, into a copy of Node. */
export const makeExecutable = (file: string, bundle: string, assets: Readonly<Record<string, string>>): void => {
	const config = `${file}.json`;
	const node = `${file}.node`;
	const opening = `${file}-opening.mjs`;
	stripNode(node);
	writeFileSync(opening, readFileSync(bundle, 'latin1').split(commentMark, 1)[0]);
	writeFileSync(config, JSON.stringify({
		// Node writes this path into the executable.
		main: path.basename(opening),
		mainFormat: 'module',
		executable: node,
		output: file,
		disableExperimentalSEAWarning: true,
		// It saves two thousandths of a second, and is different bytes each time.
		useCodeCache: false,
		// No variable of the environment and no flag is Node's: all words are hairpin's.
		execArgvExtension: 'none',
		assets: {[bundleAsset]: bundle, ...assets},
	}));
	try {
		execFileSync(process.execPath, ['--build-sea', config], {cwd: path.dirname(file), stdio: ['ignore', 'ignore', 'inherit']});
	} finally {
		for (const made of [config, node, opening]) {
			rmSync(made);
		}
	}

	chmodSync(file, 0o755);
};

import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import type {BuildOptions} from 'esbuild';

export const root = path.join(import.meta.dirname, '..');

const readCommit = (): string => {
	try {
		const git = (...words: readonly string[]): string => execFileSync('git', words, {cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']}).trim();
		return `${git('rev-parse', '--short=12', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' with changes'}`;
	} catch {
		return 'unknown';
	}
};

export const {version} = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {version: string};

/** What is the same for all that goes into the bundle. */
export const commonOptions = {
	absWorkingDir: root,
	bundle: true,
	platform: 'node',
	target: 'node22',
	format: 'esm',
	mainFields: ['module', 'main'],
	minify: true,
	legalComments: 'none',
	charset: 'utf8',
	// Ink asks for it where the variable DEV is set.
	alias: {'react-devtools-core': path.join(import.meta.dirname, 'no-devtools.ts')},
	define: {'process.env.NODE_ENV': '"production"', HAIRPIN_BUILD: JSON.stringify({version, commit: readCommit()})},
	logLevel: 'warning',
	// The sources choose React's production build themselves; here it has been chosen.
	logOverride: {'assign-to-define': 'silent'},
} satisfies BuildOptions;

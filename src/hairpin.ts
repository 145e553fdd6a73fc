#!/usr/bin/env node
import * as nodeModule from 'node:module';
import path from 'node:path';
import process from 'node:process';
import {cacheDirectory} from './debug-image/find-archive.ts';

const oldestNode = 22;

if (Number(process.versions.node.split('.', 1)[0]) < oldestNode) {
	process.stderr.write(`hairpin: this is Node ${process.versions.node}, and hairpin needs ${oldestNode} or newer\ntry: the single executable, which needs none\n`);
	process.exit(3);
}

// Compiled code is kept between runs, in a directory of the user's own: whoever could write to it could run code as the user.
// Where there is none, or it cannot be written to, Node goes without.
const cache = cacheDirectory();
if (cache !== undefined && path.isAbsolute(cache)) {
	// Deno has no such function.
	(nodeModule as Partial<typeof nodeModule>).enableCompileCache?.(cache);
}

// A reader that has seen enough, such as head(1), closes the pipe: nobody is left to tell.
process.stdout.on('error', () => {
	process.exit(3);
});

process.stderr.on('error', () => {
	// The result still goes to standard output.
});

await import('./cli.ts');

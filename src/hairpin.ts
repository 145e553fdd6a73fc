#!/usr/bin/env node
import {enableCompileCache} from 'node:module';
import {homedir} from 'node:os';
import path from 'node:path';
import process from 'node:process';

// Compiled code is kept between runs, in a directory of the user's own: whoever could write to it could run code as the user.
enableCompileCache(path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'hairpin'));

// A reader that has seen enough, such as head(1), closes the pipe: nobody is left to tell.
process.stdout.on('error', () => {
	process.exit(3);
});

process.stderr.on('error', () => {
	// The result still goes to standard output.
});

await import('./cli.ts');

#!/usr/bin/env node
// First of all, since what comes next asks for things that an older Node does not have.
// eslint-disable-next-line import-x/no-unassigned-import, import-x/order
import './refuse-old-node.ts';
import nodeModule from 'node:module';
import path from 'node:path';
import {cacheDirectory} from './cache-directory.ts';

// Compiled code is kept between runs, in a directory of the user's own: whoever could write to it could run code as the user.
// Where there is none, or it cannot be written to, Node goes without.
const cache = cacheDirectory();
if (cache !== undefined && path.isAbsolute(cache)) {
	nodeModule.enableCompileCache(cache);
}

await import('./cli.ts');

// First of all, since what comes next asks for things that an older Node does not have.
// eslint-disable-next-line import-x/no-unassigned-import
import '../src/refuse-old-node.ts';
// eslint-disable-next-line import-x/order
import process from 'node:process';
import {UserFacingError} from '../src/user-facing-error.ts';
import {openPart} from './open-part.ts';

// What the bundle starts with, and all of it that is JavaScript to Node: it loads the rest of its own file, which is behind comment marks.
try {
	await openPart('./cli.ts');
} catch (error) {
	if (!(error instanceof UserFacingError)) {
		throw error;
	}

	process.stderr.write(`hairpin: ${error.because}\ntry: ${error.tryThis}\n`);
	process.exitCode = 3;
}

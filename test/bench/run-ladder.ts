import process from 'node:process';
import {runLadder} from '../../src/ladder.ts';

process.exitCode = await runLadder(process.argv.slice(2), {json: false, summary: true, flow: undefined}, {
	write(text) {
		process.stdout.write(text);
	},
	warn(text) {
		process.stderr.write(`${text}\n`);
	},
});

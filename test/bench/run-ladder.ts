import {enableCompileCache} from 'node:module';
import process from 'node:process';

// Taking the types out of the sources costs more time than reading half a million packets: it is done once.
enableCompileCache();
const {runLadder} = await import('../../src/ladder.ts');

process.exitCode = await runLadder(process.argv.slice(2), {json: false, summary: true, flow: undefined}, {
	write(text) {
		process.stdout.write(text);
	},
	warn(text) {
		process.stderr.write(`${text}\n`);
	},
});

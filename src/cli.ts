import process from 'node:process';
import {check} from './check-command.ts';
import {fix} from './fix-command.ts';
import {runLadder} from './ladder.ts';
import {nodes} from './nodes-command.ts';
import {parseOptions} from './options.ts';
import {sweep} from './sweep-command.ts';
import {undo} from './undo-command.ts';
import {UserFacingError} from './user-facing-error.ts';
import {warm} from './warm-command.ts';

const couldNotRun = 3;

const output = {
	write(text: string) {
		process.stdout.write(text);
	},
	warn(text: string) {
		process.stderr.write(`${text}\n`);
	},
};

/** Ctrl-C, a closed terminal and a polite kill all end the session the same way: everything is closed, nothing is left. */
const abortOnSignals = (): AbortSignal => {
	const controller = new AbortController();
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
		// The listener stays: execa ends the process at once where it finds itself the only one to listen.
		process.on(signal, () => {
			if (controller.signal.aborted) {
				process.kill(process.pid, 'SIGKILL');
			}

			controller.abort(new UserFacingError(`stopped by ${signal}`, 'everything that was started is ended; run it again at any time'));
		});
	}

	return controller.signal;
};

const run = async (): Promise<number> => {
	const options = parseOptions(process.argv.slice(2));
	switch (options.command) {
		case 'check': {
			return check(options, output, abortOnSignals());
		}

		case 'fix': {
			return fix(options, output, abortOnSignals());
		}

		case 'undo':
		case 'keep': {
			return undo(options, output, abortOnSignals());
		}

		case 'ladder': {
			return runLadder(options.files, {json: options.isJson, summary: options.isSummary, flow: options.flow}, output);
		}

		case 'nodes': {
			return nodes(options, output, abortOnSignals());
		}

		case 'sweep': {
			return sweep(options, output);
		}

		case 'warm': {
			return warm(options, output, abortOnSignals());
		}

		case 'print': {
			output.write(options.text);
			return 0;
		}
	}
};

try {
	process.exitCode = await run();
} catch (error) {
	// Node's own exit code for an error that nobody caught is 1, which would say that a fault was found.
	process.exitCode = couldNotRun;
	if (error instanceof UserFacingError) {
		output.warn(`hairpin: ${error.because}`);
		output.warn(`try: ${error.tryThis}`);
	} else {
		output.warn(`hairpin: this is a defect of hairpin; please report it with these lines:\n${error instanceof Error ? error.stack : String(error)}`);
	}
}

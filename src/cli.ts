import process from 'node:process';
import {
	type CheckOptions,
	type DemoOptions,
	type ExplainOptions,
	type FixOptions,
	type HelpText,
	type ImageOptions,
	type IncidentOptions,
	type JudgeOptions,
	type LadderOptions,
	type ManualOptions,
	type NodesOptions,
	type Parsed,
	type RunbookOptions,
	type SweepOptions,
	type UndoOptions,
	type WarmOptions,
	parseOptions,
} from './options.ts';
import {UserFacingError} from './user-facing-error.ts';

const couldNotRun = 3;

const output = {
	write(text: string) {
		process.stdout.write(text);
	},
	warn(text: string) {
		process.stderr.write(`${text}\n`);
	},
};

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
	// A reader that has seen enough, such as head(1), closes the pipe: nobody is left to tell.
	if (error.code !== 'EPIPE') {
		output.warn(`hairpin: standard output cannot be written (${error.message})\ntry: send it where there is room; is the disk full?`);
	}

	// eslint-disable-next-line unicorn/no-process-exit
	process.exit(couldNotRun);
});

process.stderr.on('error', () => {
	// The result still goes to standard output.
});

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

// Only what the command needs is loaded: the others are not waited for.
const commands = {
	incident: async (options: IncidentOptions) => (await import('./incident-command.ts')).incident(options, output, abortOnSignals()),
	check: async (options: CheckOptions) => (await import('./check-command.ts')).check(options, output, abortOnSignals()),
	judge: async (options: JudgeOptions) => (await import('./judge-command.ts')).judgeBundle(options, output, abortOnSignals()),
	demo: async (options: DemoOptions) => (await import('./demo-command.ts')).demo(options, output, abortOnSignals()),
	fix: async (options: FixOptions) => (await import('./fix-command.ts')).fix(options, output, abortOnSignals()),
	undo: async (options: UndoOptions) => (await import('./undo-command.ts')).undo(options, output, abortOnSignals()),
	keep: async (options: UndoOptions) => (await import('./undo-command.ts')).undo(options, output, abortOnSignals()),
	ladder: async ({files, isJson: json, isSummary: summary, flow}: LadderOptions) => (await import('./ladder.ts')).runLadder(files, {json, summary, flow}, output),
	nodes: async (options: NodesOptions) => (await import('./nodes-command.ts')).nodes(options, output, abortOnSignals()),
	runbook: async (options: RunbookOptions) => (await import('./runbook-command.ts')).runbook(options, output, abortOnSignals()),
	explain: async (options: ExplainOptions) => (await import('./explain-command.ts')).explain(options, output),
	sweep: async (options: SweepOptions) => (await import('./sweep-command.ts')).sweep(options, output),
	warm: async (options: WarmOptions) => (await import('./warm-command.ts')).warm(options, output, abortOnSignals()),
	image: async (options: ImageOptions) => (await import('./image-command.ts')).image(options, output, abortOnSignals()),
	completion: async (options: ManualOptions) => (await import('./manual-command.ts')).manual(options, output),
	man: async (options: ManualOptions) => (await import('./manual-command.ts')).manual(options, output),
	async version() {
		output.write(await (await import('./version.ts')).describeVersion());
		return 0;
	},
	async print({text}: HelpText) {
		output.write(text);
		return 0;
	},
} satisfies Record<Parsed['command'], (options: never) => Promise<number>>;

const run = async (): Promise<number> => {
	const options = parseOptions(process.argv.slice(2));
	return (commands[options.command] as (options: Parsed) => Promise<number>)(options);
};

try {
	process.exitCode = await run();
} catch (error) {
	// Node's own exit code for an error that nobody caught is 1, which would say that a fault was found.
	process.exitCode = couldNotRun;
	const {explainEnd} = await import('./explain-end.ts');
	for (const line of await explainEnd(error)) {
		output.warn(line);
	}
}

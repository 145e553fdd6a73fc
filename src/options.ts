import {Command, CommanderError} from 'commander';
import {type CheckOptions, describeCheck} from './options/check.ts';
import {type FixOptions, describeFix} from './options/fix.ts';
import {type LadderOptions, describeLadder} from './options/ladder.ts';
import {type NodesOptions, describeNodes} from './options/nodes.ts';
import {type SweepOptions, describeSweep} from './options/sweep.ts';
import {type UndoOptions, describeUndo} from './options/undo.ts';
import {type WarmOptions, describeWarm} from './options/warm.ts';
import {UserFacingError} from './user-facing-error.ts';

export type {CheckOptions} from './options/check.ts';
export type {Vip} from './options/vip.ts';
export type {FixOptions, RenderFormat} from './options/fix.ts';
export type {UndoOptions} from './options/undo.ts';
export type {NodesOptions} from './options/nodes.ts';
export type {SweepOptions} from './options/sweep.ts';
export type {WarmOptions} from './options/warm.ts';
export type {
	AccessOptions, ClusterOptions, PodOptions, WayName,
} from './options/common.ts';

/** Text that was asked for, such as the help, goes to standard output. */
export type HelpText = {
	readonly command: 'print';
	readonly text: string;
};

type Parsed = CheckOptions | FixOptions | UndoOptions | LadderOptions | NodesOptions | SweepOptions | WarmOptions | HelpText;

const exitCodes = `
Exit codes: 0 healthy · 1 a fault was found · 2 undecided · 3 could not run.
Standard output is the result, standard error tells what is going on.`;

const createProgram = (write: (text: string) => void, done: (options: Parsed) => void): Command => {
	const program = new Command('hairpin')
		.description('Finds out, with packets as proof, why a Kubernetes pod cannot reach a Service.')
		.addHelpText('after', exitCodes)
		.exitOverride()
		.configureOutput({writeOut: write, writeErr() {}}) // eslint-disable-line @typescript-eslint/no-empty-function
		.showSuggestionAfterError();
	describeCheck(program, done);
	describeFix(program, done);
	describeUndo(program, done);
	describeLadder(program, done);
	describeNodes(program, done);
	describeSweep(program, done);
	describeWarm(program, done);
	return program;
};

/** Reads the command line. Throws `UserFacingError` for what cannot be understood. */
export const parseOptions = (argv: readonly string[]): Parsed => {
	let text = '';
	let parsed: Parsed | undefined;
	const program = createProgram(output => {
		text += output;
	}, options => {
		parsed = options;
	});
	try {
		program.parse(argv, {from: 'user'});
	} catch (error) {
		if (error instanceof CommanderError && error.exitCode === 0) {
			return {command: 'print', text};
		}

		if (error instanceof CommanderError && argv.length > 0) {
			throw new UserFacingError(error.message.replace(/^error: /v, '').split('\n').map(line => line.trim()).join(' '), `see: hairpin ${program.commands.some(command => command.name() === argv[0]) ? `${argv[0]} ` : ''}--help`);
		}

		return {command: 'print', text: program.helpInformation()};
	}

	return parsed ?? {command: 'print', text: program.helpInformation()};
};

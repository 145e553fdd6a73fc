import path from 'node:path';
import process from 'node:process';
import {Command, CommanderError} from 'commander';
import {type CheckOptions, type JudgeOptions, describeCheck} from './options/check.ts';
import {type DemoOptions, describeDemo} from './options/demo.ts';
import {type ExplainOptions, describeExplain} from './options/explain.ts';
import {type FixOptions, describeFix} from './options/fix.ts';
import {type ImageOptions, describeImage} from './options/image.ts';
import {type IncidentOptions, describeIncident, isServiceWord} from './options/incident.ts';
import {type LadderOptions, describeLadder} from './options/ladder.ts';
import {type ManualOptions, describeManual} from './options/manual.ts';
import {type NodesOptions, describeNodes} from './options/nodes.ts';
import {describeOpen} from './options/open.ts';
import {type RunbookOptions, describeRunbook} from './options/runbook.ts';
import {type SweepOptions, describeSweep} from './options/sweep.ts';
import {type UndoOptions, describeUndo} from './options/undo.ts';
import {type WarmOptions, describeWarm} from './options/warm.ts';
import {UserFacingError} from './user-facing-error.ts';

export type {CheckOptions, JudgeOptions} from './options/check.ts';
export type {DemoOptions} from './options/demo.ts';
export type {IncidentOptions} from './options/incident.ts';
export type {ReportOptions} from './options/report.ts';
export type {Vip} from './options/vip.ts';
export type {ExplainOptions} from './options/explain.ts';
export type {FixOptions, RenderFormat} from './options/fix.ts';
export type {UndoOptions} from './options/undo.ts';
export type {ImageOptions} from './options/image.ts';
export type {ArgumentFacts, CommandFacts, OptionFacts} from './options/command-tree.ts';
export type {ManualOptions} from './options/manual.ts';
export type {LadderOptions} from './options/ladder.ts';
export type {NodesOptions} from './options/nodes.ts';
export type {RunbookOptions, WalkOptions} from './options/runbook.ts';
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

/** What is known of this program itself. */
type VersionText = {readonly command: 'version'};

export type Parsed = ImageOptions | ManualOptions | VersionText | IncidentOptions | CheckOptions | JudgeOptions | DemoOptions | ExplainOptions | FixOptions | UndoOptions | LadderOptions | NodesOptions | RunbookOptions | SweepOptions | WarmOptions | HelpText;

const exitCodes = `
Exit codes: 0 healthy · 1 a fault was found · 2 undecided · 3 could not run.
Standard output is the result, standard error tells what is going on.`;

// Kubectl runs its plugins by their file name.
const programName = path.basename(process.argv[1] ?? '') === 'kubectl-hairpin' || path.basename(process.execPath) === 'kubectl-hairpin' ? 'kubectl hairpin' : 'hairpin';

const createProgram = (write: (text: string) => void, done: (options: Parsed) => void): Command => {
	const program = new Command(programName)
		.description('Finds out, with packets as proof, why a Kubernetes pod cannot reach a Service.')
		.addHelpText('after', exitCodes)
		.option('-V, --version', 'version, commit, Node and debug image')
		.exitOverride()
		.configureOutput({writeOut: write, writeErr() {}}) // eslint-disable-line @typescript-eslint/no-empty-function
		.showSuggestionAfterError();
	describeIncident(program, done);
	describeCheck(program, done);
	describeOpen(program, done);
	describeDemo(program, done);
	describeFix(program, done);
	describeUndo(program, done);
	describeLadder(program, done);
	describeNodes(program, done);
	describeRunbook(program, done);
	describeExplain(program, done);
	describeSweep(program, done);
	describeWarm(program, done);
	describeImage(program, done);
	describeManual(program, done);
	return program;
};

/** Without a command, the screens are meant. */
const withCommand = (argv: readonly string[]): readonly string[] => {
	const [first] = argv;
	return first === undefined || isServiceWord(first) || (first.startsWith('-') && !['-h', '--help'].includes(first)) ? ['incident', ...argv] : argv;
};

/** Reads the command line. Throws `UserFacingError` for what cannot be understood. */
export const parseOptions = (argv: readonly string[]): Parsed => {
	if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
		return {command: 'version'};
	}

	let text = '';
	let parsed: Parsed | undefined;
	const program = createProgram(output => {
		text += output;
	}, options => {
		parsed = options;
	});
	try {
		program.parse(withCommand(argv), {from: 'user'});
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

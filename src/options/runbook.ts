import {type Command, InvalidArgumentError, Option} from 'commander';
import {
	type AccessFlags,
	type AccessOptions,
	type ClusterFlags,
	type ClusterOptions,
	addAccessOptions,
	addClusterOptions,
	parseSeconds,
	readAccessFlags,
	readClusterFlags,
} from './common.ts';
import {addReadOnlyOption} from './fix.ts';

export type WalkOptions = ClusterOptions & AccessOptions & {
	readonly command: 'runbook';
	readonly task: 'walk';
	/** A file, or the name of a shipped runbook. */
	readonly file: string;
	readonly service: string | undefined;
	readonly from: string | undefined;
	readonly values: ReadonlyMap<string, string>;
	readonly answers: ReadonlyMap<string, string>;
	readonly isAgreed: boolean;
	/** Whether the commands of a file may run without being asked about. */
	readonly isTrusted: boolean;
	readonly isReadOnly: boolean;
	readonly timeoutMs: number;
	readonly bundleFile: string | undefined;
	/** Whether names, addresses and secrets are replaced in the bundle. */
	readonly isRedacted: boolean;
	readonly isJson: boolean;
	readonly isPlain: boolean;
};

export type RunbookOptions = WalkOptions
	| {readonly command: 'runbook'; readonly task: 'list' | 'schema'}
	| {readonly command: 'runbook'; readonly task: 'check' | 'draft'; readonly file: string};

type RunbookFlags = ClusterFlags & AccessFlags & {
	readonly check?: true;
	readonly list?: true;
	readonly schema?: true;
	readonly fromBundle?: string;
	readonly from?: string;
	readonly set: ReadonlyMap<string, string>;
	readonly answer: ReadonlyMap<string, string>;
	readonly yes?: true;
	readonly trust?: true;
	readonly readOnly?: true;
	readonly timeout: number;
	readonly bundle?: string;
	readonly redact?: true;
	readonly json?: true;
	readonly plain?: true;
};

const longestValue = 1000;

// What is set here becomes words of commands and lines on a terminal.
const collectValue = (text: string, known: ReadonlyMap<string, string>): ReadonlyMap<string, string> => {
	const {name = '', value = ''} = /^(?<name>[\da-z][\d\-a-z]*)=(?<value>.*)$/sv.exec(text)?.groups ?? {};
	if (name === '' || value.length > longestValue || /\p{Control}/v.test(value)) {
		throw new InvalidArgumentError('NAME=VALUE is wanted, on one line.');
	}

	return new Map([...known, [name, value]]);
};

const requireFile = (command: Command, file: string | undefined): string =>
	file ?? command.error('error: missing required argument \'file\': a runbook, or the name of a shipped one; these are told by: hairpin runbook --list');

const readTask = (command: Command, file: string | undefined, {list, schema, check, fromBundle}: RunbookFlags): Exclude<RunbookOptions, WalkOptions> | undefined => {
	if (list === true || schema === true) {
		return {command: 'runbook', task: list === true ? 'list' : 'schema'};
	}

	if (fromBundle !== undefined) {
		return file === undefined ? {command: 'runbook', task: 'draft', file: fromBundle} : command.error('error: a runbook cannot be used with --from-bundle, which makes one');
	}

	return check === true ? {command: 'runbook', task: 'check', file: requireFile(command, file)} : undefined;
};

const tasks = ['check', 'list', 'schema', 'fromBundle'] as const;

const taskOption = (flags: string, description: string, own: typeof tasks[number]): Option => new Option(flags, description).conflicts([...tasks.filter(task => task !== own), 'json', 'bundle', 'yes']);

export const describeRunbook = (program: Command, done: (options: RunbookOptions) => void): void => {
	const command = program.command('runbook')
		.summary('walk through a written procedure')
		.description('Walks through a written procedure, step by step, and stops where something is not as it should be. A change is shown and asked for before it is made.')
		.argument('[file]', 'a runbook (YAML), or the name of a shipped one')
		.argument('[service]', 'svc/NAME or svc/NAME:PORT')
		.option('--from <pod>', 'the client: pod/NAME, or a workload such as deploy/NAME, in another namespace NAMESPACE/pod/NAME')
		.addOption(taskOption('--list', 'list the shipped runbooks', 'list'))
		.addOption(taskOption('--check', 'find the mistakes of the runbook, with line and column, and do nothing', 'check'))
		.addOption(taskOption('--schema', 'print the JSON schema of runbooks, for editors', 'schema'))
		.addOption(taskOption('--from-bundle <file>', 'print a draft of a runbook from a bundle', 'fromBundle'))
		.option('--set <name=value>', 'a variable of the runbook; may be repeated', collectValue, new Map())
		.option('--answer <name=answer>', 'the answer to a question, by its name, so that it is not asked; may be repeated', collectValue, new Map())
		.option('--yes', 'make every change, and run every command, without asking')
		.option('--trust', 'run the commands of the file without asking; changes are still asked for');
	addReadOnlyOption(addAccessOptions(addClusterOptions(command, 'the Service and the client')))
		.option('--timeout <seconds>', 'how long a probe may take', parseSeconds, 3000)
		.option('--bundle <file>', 'keep the incident as it was found, and what came of every step, in one file')
		.option('--redact', 'replace names, addresses and secrets by pseudonyms in the bundle, not in what is printed')
		.addOption(new Option('--plain', 'lines instead of screens, as where there is no terminal').conflicts('json'))
		.option('--json', 'print hairpin/walk/v1 at the end')
		.action((file: string | undefined, service: string | undefined, flags: RunbookFlags) => {
			if (flags.redact === true && flags.bundle === undefined) {
				command.error('error: --redact is about the bundle: name it with --bundle FILE');
			}

			done(readTask(command, file, flags) ?? {
				command: 'runbook',
				task: 'walk',
				file: requireFile(command, file),
				service,
				from: flags.from,
				...readClusterFlags(flags),
				...readAccessFlags(flags),
				values: flags.set,
				answers: flags.answer,
				isAgreed: flags.yes === true,
				isTrusted: flags.trust === true,
				isReadOnly: flags.readOnly === true,
				timeoutMs: flags.timeout,
				bundleFile: flags.bundle,
				isRedacted: flags.redact === true,
				isJson: flags.json === true,
				isPlain: flags.plain === true,
			});
		});
};

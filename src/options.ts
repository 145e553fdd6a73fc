import {
	Command,
	CommanderError,
	InvalidArgumentError,
	Option,
} from 'commander';
import {UserFacingError} from './user-facing-error.ts';

export type CheckOptions = {
	readonly command: 'check';
	readonly service: string;
	readonly from: string | undefined;
	readonly namespace: string | undefined;
	readonly context: string | undefined;
	readonly kubeconfig: string | undefined;
	readonly destinations: ReadonlyMap<string, string>;
	readonly sshConfig: string | undefined;
	readonly timeoutMs: number;
	readonly capturesDirectory: string | undefined;
	readonly isJson: boolean;
};

export type LadderOptions = {
	readonly command: 'ladder';
	readonly files: readonly string[];
	readonly isJson: boolean;
	readonly isSummary: boolean;
	readonly flow: string | undefined;
};

type CheckFlags = {
	readonly from?: string;
	readonly namespace?: string;
	readonly context?: string;
	readonly kubeconfig?: string;
	readonly ssh: ReadonlyMap<string, string>;
	readonly sshConfig?: string;
	readonly timeout: number;
	readonly captures?: string;
	readonly json?: true;
};

type LadderFlags = {
	readonly json?: true;
	readonly summary?: true;
	readonly flow?: string;
};

/** Text that was asked for, such as the help, goes to standard output. */
export type HelpText = {
	readonly command: 'print';
	readonly text: string;
};

const parseSeconds = (text: string): number => {
	const seconds = Number(text);
	if (!Number.isFinite(seconds) || seconds < 0.5 || seconds > 60) {
		throw new InvalidArgumentError('seconds between 0.5 and 60 are wanted.');
	}

	return seconds * 1000;
};

// A destination that begins with a dash would be read by ssh as an option.
const collectDestination = (text: string, known: ReadonlyMap<string, string>): ReadonlyMap<string, string> => {
	const parts = /^(?<node>[^\s=]+)=(?<destination>[^\s\-]\S*)$/v.exec(text)?.groups;
	if (!parts) {
		throw new InvalidArgumentError('NODE=DEST is wanted, such as k8s1=root@192.0.2.11.');
	}

	return new Map([...known, [parts.node, parts.destination]]);
};

type Parsed = CheckOptions | LadderOptions | HelpText;

const describeCheck = (program: Command, done: (options: Parsed) => void): void => {
	program.command('check')
		.summary('find out why a pod cannot reach a Service')
		.description('Finds out why a pod cannot reach a Service: probes every path, captures on both ends, checks the settings that decide, names the cause.')
		.argument('<service>', 'svc/NAME or svc/NAME:PORT')
		.option('--from <pod>', 'the client: pod/NAME, or a workload such as deploy/NAME; without it, the pod that tells most')
		.option('-n, --namespace <name>', 'namespace of the Service and the client; default: that of the kubeconfig context')
		.option('--context <name>', 'kubeconfig context')
		.option('--kubeconfig <file>', 'kubeconfig file')
		.addOption(new Option('--via <way>', 'how nodes are reached').choices(['ssh']).default('ssh'))
		.option('--ssh <node=dest>', 'how ssh reaches a node, such as k8s1=root@192.0.2.11; may be repeated; default: its name, then its InternalIP', collectDestination, new Map())
		.option('--ssh-config <file>', 'configuration file for ssh; default: your own')
		.option('--timeout <seconds>', 'how long a probe may take', parseSeconds, 3000)
		.option('--captures <directory>', 'keep the packets there as pcapng')
		.addOption(new Option('--plain', 'text (default)').conflicts('json'))
		.option('--json', 'print hairpin/report/v1')
		.action((service: string, flags: CheckFlags) => {
			done({
				command: 'check',
				service,
				from: flags.from,
				namespace: flags.namespace,
				context: flags.context,
				kubeconfig: flags.kubeconfig,
				destinations: flags.ssh,
				sshConfig: flags.sshConfig,
				timeoutMs: flags.timeout,
				capturesDirectory: flags.captures,
				isJson: flags.json === true,
			});
		});
};

const describeLadder = (program: Command, done: (options: Parsed) => void): void => {
	program.command('ladder')
		.summary('pair captures that you already have')
		.description('Pairs captures taken at several points, whatever tool took them, across NAT: the ladder of each flow, what NAT did, which reply is impossible. One file alone is decoded and listed.')
		.argument('<captures...>', 'pcap or pcapng files: client, backend, and any point between')
		.option('--flow <filter>', 'only flows that match, such as "host 10.98.171.178 and port 8080"')
		.addOption(new Option('--summary', 'counts only').conflicts('json'))
		.option('--json', 'print hairpin/ladder/v1 with every packet decoded')
		.action((files: readonly string[], flags: LadderFlags) => {
			done({
				command: 'ladder', files, isJson: flags.json === true, isSummary: flags.summary === true, flow: flags.flow,
			});
		});
};

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
	describeLadder(program, done);
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

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
import {
	type ReportFlags,
	type ReportOptions,
	addReportOptions,
	readReportFlags,
} from './report.ts';

export type RenderFormat = 'shell' | 'ansible' | 'daemonset';

export type FixOptions = ClusterOptions & AccessOptions & {
	readonly command: 'fix';
	/** A check, whose best repair is taken, or a change such as `masquerade-all=true`. Undefined with --list. */
	readonly id: string | undefined;
	readonly service: string | undefined;
	readonly from: string | undefined;
	/** Nodes that were named; empty where none were. */
	readonly nodes: readonly string[];
	readonly isAllNodes: boolean;
	readonly isAgreed: boolean;
	readonly isReadOnly: boolean;
	readonly isDryRun: boolean;
	readonly render: RenderFormat | undefined;
	/** Seconds after which the nodes undo it by themselves; 0 for never. */
	readonly forSeconds: number;
	readonly timeoutMs: number;
	readonly isJson: boolean;
	readonly reports?: ReportOptions;
	/** Keep the incident and what became of it in this file. */
	readonly bundleFile?: string | undefined;
};

type FixFlags = ClusterFlags & AccessFlags & ReportFlags & {
	readonly list?: true;
	readonly from?: string;
	readonly node: readonly string[];
	readonly allNodes?: true;
	readonly yes?: true;
	readonly readOnly?: true;
	readonly dryRun?: true;
	readonly render?: RenderFormat;
	readonly for?: number;
	readonly timeout: number;
	readonly bundle?: string;
	readonly json?: true;
};

const unitSeconds: Readonly<Record<string, number>> = {s: 1, m: 60, h: 3600};
const longestSeconds = 86_400;

/** `20s`, `10m`, `2h` as seconds. */
const parseDuration = (text: string): number => {
	const groups = /^(?<count>[1-9]\d{0,5})(?<unit>[hms])$/v.exec(text)?.groups;
	const seconds = groups === undefined ? NaN : Number(groups.count) * unitSeconds[groups.unit];
	if (!(seconds >= 10 && seconds <= longestSeconds)) {
		throw new InvalidArgumentError('a time between 10s and 24h is wanted, such as 10m.');
	}

	return seconds;
};

export const addReadOnlyOption = (command: Command): Command =>
	command.addOption(new Option('--read-only', 'change nothing, whatever else is said').env('HAIRPIN_READ_ONLY'));

const check = (command: Command, id: string | undefined, service: string | undefined, flags: FixFlags): void => {
	if (id === undefined && flags.list !== true) {
		command.error('error: missing required argument \'id\': a check such as br-netfilter-not-loaded, or a change; all are listed by: hairpin fix --list');
	}

	if (flags.allNodes === true && flags.node.length > 0) {
		command.error('error: --node cannot be used with --all-nodes');
	}

	if (service === undefined && flags.from !== undefined) {
		command.error('error: --from needs the Service: hairpin fix ID svc/NAME --from pod/NAME');
	}

	if (service === undefined && flags.bundle !== undefined) {
		command.error('error: --bundle needs the Service whose incident it keeps: hairpin fix ID svc/NAME --from pod/NAME');
	}

	if (flags.dryRun === true && flags.yes === true) {
		command.error('error: --yes cannot be used with --dry-run');
	}
};

export const describeFix = (program: Command, done: (options: FixOptions) => void): void => {
	const command = program.command('fix')
		.summary('repair what a check found, verify it, and keep what undoes it')
		.description('Shows a change as commands and diffs with what it will do to every probe, makes it on one node, probes again, makes it on the others, and verifies. hairpin undo puts everything back.')
		.argument('[id]', 'the check that found the fault, or a change such as masquerade-all=true')
		.argument('[service]', 'svc/NAME or svc/NAME:PORT: predicts, probes before and after')
		.option('--list', 'list what can be changed')
		.option('--from <pod>', 'the client: pod/NAME, or a workload such as deploy/NAME, in another namespace NAMESPACE/pod/NAME')
		.option('--node <name>', 'only on this node; may be repeated', (name: string, names: readonly string[]) => [...names, name], [])
		.option('--all-nodes', 'on every node of the cluster')
		.option('--yes', 'make it without asking')
		.option('--dry-run', 'show it, and do nothing')
		.addOption(new Option('--render <format>', 'print it for the whole fleet, for those who may not change nodes by hand; do nothing').choices(['shell', 'ansible', 'daemonset']))
		.option('--for <time>', 'the nodes undo it after this time, such as 10m, unless: hairpin keep', parseDuration)
		.option('--timeout <seconds>', 'how long a probe may take', parseSeconds, 3000)
		.addOption(new Option('--bundle <file>', 'keep the incident as it was found, the change, and what was found after it, in one file').conflicts(['list', 'dryRun', 'render']))
		.option('--json', 'print hairpin/fix/v1');
	addReadOnlyOption(addReportOptions(addAccessOptions(addClusterOptions(command, 'the Service and the client')), 'these reports and in the bundle, not in what is printed'))
		.action((id: string | undefined, service: string | undefined, flags: FixFlags) => {
			check(command, id, service, flags);
			done({
				command: 'fix',
				id: flags.list === true ? undefined : id,
				service,
				from: flags.from,
				...readClusterFlags(flags),
				...readAccessFlags(flags),
				nodes: flags.node,
				isAllNodes: flags.allNodes === true,
				isAgreed: flags.yes === true,
				isReadOnly: flags.readOnly === true,
				isDryRun: flags.dryRun === true,
				render: flags.render,
				forSeconds: flags.for ?? 0,
				timeoutMs: flags.timeout,
				isJson: flags.json === true,
				bundleFile: flags.bundle,
				reports: readReportFlags(command, flags, 0),
			});
		});
};

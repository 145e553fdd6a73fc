import {type Command, Option} from 'commander';
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

export type CheckOptions = ClusterOptions & AccessOptions & {
	readonly command: 'check';
	readonly service: string;
	readonly from: string | undefined;
	readonly timeoutMs: number;
	readonly capturesDirectory: string | undefined;
	readonly isJson: boolean;
	/** Print what would be made in the cluster, and make nothing. */
	readonly isDryRun: boolean;
};

type CheckFlags = ClusterFlags & AccessFlags & {
	readonly from?: string;
	readonly timeout: number;
	readonly captures?: string;
	readonly json?: true;
	readonly dryRun?: true;
};

export const describeCheck = (program: Command, done: (options: CheckOptions) => void): void => {
	const command = program.command('check')
		.summary('find out why a pod cannot reach a Service')
		.description('Finds out why a pod cannot reach a Service: probes every path, captures on both ends, checks the settings that decide, names the cause.')
		.argument('<service>', 'svc/NAME or svc/NAME:PORT')
		.option('--from <pod>', 'the client: pod/NAME, or a workload such as deploy/NAME; without it, the pod that tells most');
	addAccessOptions(addClusterOptions(command, 'the Service and the client'))
		.option('--timeout <seconds>', 'how long a probe may take', parseSeconds, 3000)
		.option('--captures <directory>', 'keep the packets there as pcapng')
		.option('--dry-run', 'print what would be made in the cluster, and do nothing')
		.addOption(new Option('--plain', 'text (default)').conflicts('json'))
		.option('--json', 'print hairpin/report/v1')
		.action((service: string, flags: CheckFlags) => {
			done({
				command: 'check',
				service,
				from: flags.from,
				...readClusterFlags(flags),
				...readAccessFlags(flags),
				timeoutMs: flags.timeout,
				capturesDirectory: flags.captures,
				isJson: flags.json === true,
				isDryRun: flags.dryRun === true,
			});
		});
};

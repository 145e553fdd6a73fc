import {type Command, Option} from 'commander';
import {
	type AccessFlags,
	type AccessOptions,
	type ClusterFlags,
	type ClusterOptions,
	addAccessOptions,
	addClusterOptions,
	parseCount,
	readAccessFlags,
	readClusterFlags,
} from './common.ts';

export type NodesOptions = ClusterOptions & AccessOptions & {
	readonly command: 'nodes';
	/** Empty for all nodes, or those of the selector. */
	readonly names: readonly string[];
	readonly selector: string | undefined;
	/** How many nodes are read at a time. */
	readonly concurrency: number;
	/** Whether nodes that are alike get a row each. */
	readonly isAll: boolean;
	readonly isJson: boolean;
	/** Print what would be made in the cluster, and make nothing. */
	readonly isDryRun: boolean;
};

type NodesFlags = ClusterFlags & AccessFlags & {
	readonly selector?: string;
	readonly concurrency: number;
	readonly all?: true;
	readonly json?: true;
	readonly dryRun?: true;
};

export const describeNodes = (program: Command, done: (options: NodesOptions) => void): void => {
	const command = program.command('nodes')
		.summary('look at the settings of all nodes')
		.description('Reads what decides the path to Services on every node, tells which settings would break them, and which nodes differ from the others. Sends no packet.')
		.argument('[names...]', 'names of nodes; default: all')
		.addOption(new Option('-l, --selector <labels>', 'only nodes with these labels, such as node-role.kubernetes.io/worker='));
	addAccessOptions(addClusterOptions(command))
		.option('--concurrency <number>', 'how many nodes are read at a time', parseCount, 16)
		.option('--all', 'a row for every node, also where many are alike')
		.option('--dry-run', 'print what would be made in the cluster, and do nothing')
		.addOption(new Option('--plain', 'text (default)').conflicts('json'))
		.option('--json', 'print hairpin/nodes/v1')
		.action((names: readonly string[], flags: NodesFlags) => {
			if (names.length > 0 && flags.selector !== undefined) {
				command.error('error: names of nodes cannot be used with --selector');
			}

			done({
				command: 'nodes',
				names,
				selector: flags.selector,
				...readClusterFlags(flags),
				...readAccessFlags(flags),
				concurrency: flags.concurrency,
				isAll: flags.all === true,
				isJson: flags.json === true,
				isDryRun: flags.dryRun === true,
			});
		});
};

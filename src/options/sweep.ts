import type {Command} from 'commander';
import {
	type ClusterFlags,
	type ClusterOptions,
	addClusterOptions,
	parseNamespace,
	readClusterFlags,
} from './common.ts';

export type SweepOptions = ClusterOptions & {
	readonly command: 'sweep';
	readonly debugNamespace: string | undefined;
	/** Also what belongs to sessions that seem to run. */
	readonly isEverything: boolean;
	readonly isDryRun: boolean;
};

type SweepFlags = ClusterFlags & {
	readonly debugNamespace?: string;
	readonly all?: true;
	readonly dryRun?: true;
};

export const describeSweep = (program: Command, done: (options: SweepOptions) => void): void => {
	const command = program.command('sweep')
		.summary('remove what earlier sessions left')
		.description('Lists what sessions made in the cluster and on this machine, and removes what belongs to none that still runs.');
	addClusterOptions(command)
		.option('--debug-namespace <name>', 'where to look for pods of ours when you may not list all namespaces; default: hairpin-system', parseNamespace)
		.option('--all', 'remove also what belongs to sessions that seem to run')
		.option('--dry-run', 'only list')
		.action((flags: SweepFlags) => {
			done({
				command: 'sweep', ...readClusterFlags(flags), debugNamespace: flags.debugNamespace, isEverything: flags.all === true, isDryRun: flags.dryRun === true,
			});
		});
};

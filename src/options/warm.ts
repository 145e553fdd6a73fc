import type {Command} from 'commander';
import {
	type ClusterFlags,
	type ClusterOptions,
	type PodFlags,
	type PodOptions,
	addClusterOptions,
	addPodOptions,
	parseCount,
	readClusterFlags,
	readPodFlags,
} from './common.ts';

export type WarmOptions = ClusterOptions & PodOptions & {
	readonly command: 'warm';
	/** Empty for all nodes, or those of the selector. */
	readonly names: readonly string[];
	readonly selector: string | undefined;
	readonly concurrency: number;
};

type WarmFlags = ClusterFlags & PodFlags & {
	readonly selector?: string;
	readonly concurrency: number;
};

export const describeWarm = (program: Command, done: (options: WarmOptions) => void): void => {
	const command = program.command('warm')
		.summary('let nodes pull the image beforehand')
		.description('Lets nodes pull the image for pods of our own, so that nobody waits for it during an incident, and tells which cannot. The pods it makes have no rights and are removed.')
		.argument('[names...]', 'names of nodes; default: all')
		.option('-l, --selector <labels>', 'only nodes with these labels');
	addPodOptions(addClusterOptions(command))
		.option('--concurrency <number>', 'how many nodes pull at a time', parseCount, 16)
		.action((names: readonly string[], flags: WarmFlags) => {
			done({
				command: 'warm', names, selector: flags.selector, ...readClusterFlags(flags), ...readPodFlags(flags), concurrency: flags.concurrency,
			});
		});
};

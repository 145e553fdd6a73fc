import type {Command} from 'commander';
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

/** Onto which nodes: those named, or all. */
type ImageNodes = ClusterOptions & AccessOptions & {
	readonly names: readonly string[];
	readonly concurrency: number;
};

export type ImageOptions =
	| {readonly command: 'image'; readonly verb: 'build'; readonly directory: string | undefined}
	| {readonly command: 'image'; readonly verb: 'save'; readonly file: string; readonly archive: string | undefined}
	| (ImageNodes & {readonly command: 'image'; readonly verb: 'load' | 'list'; readonly archive: string | undefined});

type NodesFlags = ClusterFlags & AccessFlags & {
	readonly node: readonly string[];
	readonly allNodes?: true;
	readonly archive?: string;
	readonly concurrency: number;
};

const collect = (text: string, known: readonly string[]): readonly string[] => [...known, text];

const describeOnNodes = (image: Command, name: 'load' | 'list', summary: string, description: string, done: (options: ImageOptions) => void): void => {
	const command = image.command(name).summary(summary).description(description)
		.option('--node <name>', 'a node; may be repeated', collect, [])
		.option('--all-nodes', 'all nodes of the cluster');
	addAccessOptions(addClusterOptions(command))
		.option('--archive <file>', 'an archive as docker save writes it, with one layer; default: the debug image of this hairpin')
		.option('--concurrency <number>', 'how many nodes at a time', parseCount, 4)
		.action((flags: NodesFlags) => {
			if ((flags.node.length > 0) === (flags.allNodes === true)) {
				command.error('error: which nodes? --node NODE for each, or --all-nodes');
			}

			done({
				command: 'image', verb: name, names: flags.node, archive: flags.archive, concurrency: flags.concurrency, ...readClusterFlags(flags), ...readAccessFlags(flags),
			});
		});
};

export const describeImage = (program: Command, done: (options: ImageOptions) => void): void => {
	const image = program.command('image')
		.summary('the image with the tools: make it, keep it, put it onto nodes')
		.description('The debug image, which pods of our own run and from which nodes get the tools that they lack.');
	image.command('build').summary('make it, from a checkout').description('Makes the image from Dockerfile.debug, without a container daemon, in a checkout of hairpin; needs root, buildah and mmdebstrap.')
		.argument('[directory]', 'where the archive goes; default: the cache, where hairpin finds it')
		.action((directory: string | undefined) => {
			done({command: 'image', verb: 'build', directory});
		});
	image.command('save').summary('write it to a file').description('Writes the image archive, which docker, podman, nerdctl, ctr and k3s load.')
		.argument('<file>', 'the file to write')
		.option('--archive <file>', 'another archive than that of this hairpin')
		.action((file: string, {archive}: {readonly archive?: string}) => {
			done({
				command: 'image', verb: 'save', file, archive,
			});
		});
	describeOnNodes(image, 'load', 'put it onto nodes without a registry', 'Streams the image onto nodes by ssh, into whatever container runtime kubelet uses there.', done);
	describeOnNodes(image, 'list', 'which nodes have it', 'Tells which nodes have the image, and by which container runtime.', done);
};

import {performance} from 'node:perf_hooks';
import {createGate} from './access/gate.ts';
import {type PodMaker, createPodMaker} from './access/node-pod/node-pods.ts';
import type {Output} from './check-command.ts';
import {cleanLine} from './clean.ts';
import type {Node} from './cluster/cluster.ts';
import {createKubectl} from './cluster/kubectl.ts';
import {findNodes} from './fleet/find-nodes.ts';
import type {WarmOptions} from './options.ts';
import {tellProgress} from './report/progress.ts';
import {UserFacingError} from './user-facing-error.ts';

const incomplete = 2;

const warmNode = async (maker: PodMaker, name: string, number: number, output: Output): Promise<'warm' | 'cold'> => {
	const startedAt = performance.now();
	const failure = await maker.warm(name, number);
	output.write(failure === undefined
		? `${name}  has the image (${((performance.now() - startedAt) / 1000).toFixed(1)} s)\n`
		: `${name}  does not: ${cleanLine(failure.because)}\n  try: ${failure.tryThis}\n`);
	return failure === undefined ? 'warm' : 'cold';
};

/** How many nodes have the image now. */
const warmNodes = async (maker: PodMaker, nodes: readonly Node[], {concurrency}: WarmOptions, output: Output, signal: AbortSignal): Promise<number> => {
	const gate = createGate(concurrency);
	const results = await Promise.all(nodes.map(async ({name}, index) => {
		await gate.enter();
		try {
			return signal.aborted ? 'cold' : await warmNode(maker, name, index + 1, output);
		} finally {
			gate.leave();
		}
	}));
	return results.filter(result => result === 'warm').length;
};

/** `hairpin warm`: lets nodes pull the image of our pods. Resolves with the exit code: 0 all have it, 2 some do not. */
export const warm = async (options: WarmOptions, output: Output, signal: AbortSignal): Promise<number> => {
	const {image} = options;
	if (image === undefined) {
		throw new UserFacingError('no image is named', 'hairpin warm --image IMAGE, or the variable HAIRPIN_IMAGE');
	}

	const kubectl = createKubectl(options);
	const {nodes} = await findNodes(kubectl, options, signal);
	const maker = createPodMaker(kubectl, {...options, image}, tellProgress(output.warn));
	signal.addEventListener('abort', () => {
		maker.stop();
	});
	try {
		const warmed = await warmNodes(maker, nodes, options, output, signal);
		signal.throwIfAborted();
		return warmed === nodes.length ? 0 : incomplete;
	} finally {
		const leftover = await maker.removeAll();
		if (leftover !== undefined) {
			output.warn(`not everything of ours could be removed (${cleanLine(leftover)}); look with: hairpin sweep`);
		}
	}
};

import type {Endpoint, Pod} from '../cluster/cluster.ts';
import {unnamedPod} from './find-backends.ts';
import type {NodeRules} from './node-rules.ts';

const countShared = (a: string, b: string): number => {
	const first = [...a].findIndex((letter, index) => letter !== b[index]);
	return first === -1 ? a.length : first;
};

/**
 A pod on another node than the client's, on one without a backend if there is such, and no backend itself.
 Not every network namespace is a pod's: those with one address alone, like the client's, come first.
 */
export const pickOtherClient = (client: Pod, nodes: readonly NodeRules[], endpoints: readonly Endpoint[]): Pod | undefined => {
	const candidates = nodes.filter(({node}) => node !== client.node).flatMap(({node, podAddresses}) => podAddresses
		.filter(({ip}) => endpoints.every(endpoint => endpoint.ip !== ip))
		.map(({ip, netns}) => ({
			ip,
			node,
			hasBackend: endpoints.some(endpoint => endpoint.node === node),
			neighbours: podAddresses.filter(address => address.netns === netns).length,
		})));
	// Sorting is stable: what is sorted by last counts most.
	const best = candidates
		.toSorted((a, b) => countShared(b.ip, client.ip) - countShared(a.ip, client.ip))
		.toSorted((a, b) => a.neighbours - b.neighbours)
		.toSorted((a, b) => Number(a.hasBackend) - Number(b.hasBackend))
		.at(0);
	return best && unnamedPod(best.ip, {node: best.node, isOwn: false});
};

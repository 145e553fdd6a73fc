import type {Node} from '../cluster/cluster.ts';
import type {IpFamily} from '../cluster/read-json.ts';
import {readNode, unreadNode} from '../cluster/read-node.ts';
import type {ClusterReader} from './cluster-reader.ts';

/** A node that takes part, and why its object could not be read. */
export type NodeReading = {readonly node: Node; readonly because?: string};

/** Reads the first `room` nodes. The others, and those that may not be read, are known by name only, with the address that `addressOf` knows. */
export const readNodes = async (cluster: ClusterReader, names: readonly string[], room: number, family: IpFamily): Promise<readonly NodeReading[]> =>
	Promise.all(names.map(async (name, index): Promise<NodeReading> => {
		if (index >= room) {
			return {node: unreadNode(name, ''), because: 'enough was asked of the API server'};
		}

		const answer = await cluster.node(name);
		const node = answer.ok ? readNode(answer.value, family) : undefined;
		return node ? {node} : {node: unreadNode(name, ''), because: answer.ok ? 'the answer is no Node' : answer.because};
	}));

/** Gives nodes that could not be read the address that a pod on them told. */
export const withKnownAddress = ({node, because}: NodeReading, hostIps: ReadonlyMap<string, string>): Node =>
	(because === undefined ? node : {...node, internalIp: hostIps.get(node.name) ?? ''});

export const isWindows = (readings: readonly NodeReading[], name: string): boolean => readings.some(({node}) => node.name === name && node.os === 'windows');

/** What is worth telling about the nodes that take part; those that could not be read for the same reason are named together. */
export const noteNodes = (readings: readonly NodeReading[]): readonly string[] => {
	const unread = Map.groupBy(readings.filter(({because}) => because !== undefined), ({because}) => because);
	return [
		...readings.filter(({node}) => !node.isReady).map(({node}) => `node ${node.name} is NotReady`),
		...readings.filter(({node}) => node.os === 'windows').map(({node}) => `node ${node.name} runs Windows, where hairpin cannot look`),
		...unread.entries().map(([because, group]) => `node ${group.map(({node}) => node.name).join(', ')} could not be read (${because}): its versions and state are not known here, the rest is`),
	];
};

import type {Evidence, Known, NodeEvidence} from '../../evidence/evidence.ts';
import {joinWords} from './words.ts';

/** Why nodes that take part could not be read, one sentence each. */
export const describeUnreadNodes = ({target, nodes, unreachable}: Evidence): readonly string[] => target.nodes.keys()
	.filter(name => !nodes.has(name))
	.map(name => `${name} could not be read${unreachable.has(name) ? `: ${unreachable.get(name)}` : ''}`)
	.toArray();

export type NodeReading<T> = {readonly node: NodeEvidence; readonly value: T};

/** One value of every node, and for the nodes where it could not be had, why. */
export const readNodes = <T>(evidence: Evidence, read: (node: NodeEvidence) => Known<T>): {readonly readings: ReadonlyArray<NodeReading<T>>; readonly gaps: readonly string[]} => {
	const answers = evidence.nodes.values().map(node => ({node, known: read(node)})).toArray();
	return {
		readings: answers.flatMap(({node, known}) => ('value' in known ? [{node, value: known.value}] : [])),
		gaps: [
			...answers.flatMap(({node, known}) => ('unknown' in known ? [`${node.node}: ${known.unknown}`] : [])),
			...describeUnreadNodes(evidence),
		],
	};
};

/** `k8s1, k8s2 and k8s3`. */
export const nameNodes = (nodes: ReadonlyArray<{readonly node: NodeEvidence}>): string => joinWords(nodes.map(({node}) => node.node).toSorted((a, b) => a.localeCompare(b)));

import type {Evidence, Known, NodeEvidence} from '../../evidence/evidence.ts';
import {joinWords} from './words.ts';

/** Which nodes that take part could not be read; why, where it is one. The reasons of several are told once, by the report. */
export const describeUnreadNodes = ({target, nodes, unreachable}: Evidence): readonly string[] => {
	const names = target.nodes.keys().filter(name => !nodes.has(name)).toArray();
	const because = names.length === 1 ? unreachable.get(names[0]) : undefined;
	return names.length === 0 ? [] : [`${joinWords(names)} could not be read${because === undefined ? '' : `: ${because}`}`];
};

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

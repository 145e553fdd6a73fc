import type {Bridge, Evidence, NodeEvidence} from '../../evidence/evidence.ts';
import {valueOf} from '../../evidence/known.ts';
import {bridgeOfPod} from '../../evidence/readings.ts';

/** The bridges of a node that carry pods: those of the target's pods, and where none of them runs there, every bridge with ports. */
export const podBridges = (evidence: Evidence, node: NodeEvidence): readonly Bridge[] => {
	const {client, backends} = evidence.target;
	const known = [client, ...backends]
		.filter(pod => pod.node === node.node)
		.flatMap(pod => bridgeOfPod(evidence, pod)?.bridge ?? []);
	const bridges = known.length > 0 ? known : (valueOf(node.bridges) ?? []).filter(({ports}) => ports.length > 0);
	return new Map(bridges.map(bridge => [bridge.name, bridge])).values().toArray();
};

/** 4 or 6: which of the two bridge-nf-call switches decides the Service's path. */
export const ipVersionOf = ({target}: Evidence): 4 | 6 => (target.service.clusterIp.includes(':') ? 6 : 4);

import type {Pod} from '../../cluster/cluster.ts';
import type {Bridge, Evidence, NodeEvidence} from '../../evidence/evidence.ts';
import {valueOf} from '../../evidence/known.ts';
import {bridgeOfPod} from '../../evidence/readings.ts';
import {podLabel} from './words.ts';

/** True where it was read what a pod's veth is plugged into, be it a bridge or nothing. */
export const isPlugRead = ({pods, nodes}: Evidence, pod: Pod): boolean =>
	valueOf(pods.get(podLabel(pod))?.peerIfindex) !== undefined && valueOf(nodes.get(pod.node)?.bridges) !== undefined;

/** The bridges of a node that carry pods: those of the target's pods, and where none of them could be looked at there, every bridge with ports. */
export const podBridges = (evidence: Evidence, node: NodeEvidence): readonly Bridge[] => {
	const {client, backends} = evidence.target;
	const pods = [client, ...backends].filter(pod => pod.node === node.node && isPlugRead(evidence, pod));
	const bridges = pods.length > 0 ? pods.flatMap(pod => bridgeOfPod(evidence, pod)?.bridge ?? []) : (valueOf(node.bridges) ?? []).filter(({ports}) => ports.length > 0);
	return new Map(bridges.map(bridge => [bridge.name, bridge])).values().toArray();
};

/** 4 or 6: which of the two bridge-nf-call switches decides the Service's path. */
export const ipVersionOf = ({target}: Evidence): 4 | 6 => (target.service.clusterIp.includes(':') ? 6 : 4);

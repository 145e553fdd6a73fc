import type {Check, EvidenceRef, Verdict} from '../check.ts';
import type {Evidence, NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {configuredProxy, liveProxy, masqueradesAll} from '../evidence/readings.ts';
import {bridgeNetfilterOf} from './shared/bridge-netfilter.ts';
import {ipVersionOf, podBridges} from './shared/bridges.ts';
import {type NodeReading, nameNodes, readNodes} from './shared/nodes.ts';
import {
	flowsOf,
	nameFrame,
	openingFrame,
	refToPacket,
} from './shared/proof.ts';
import {editProxyConfig, turnOnBridgeNetfilter} from './shared/repairs.ts';
import {
	latent,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';

/** Claimed and actual: the file, the live answer, and the rules that act; nodes that agree are told together. */
const describeSources = (readings: ReadonlyArray<NodeReading<boolean>>): string => {
	const tell = (value: boolean | undefined): string => (value === undefined ? 'not read' : String(value));
	return Map.groupBy(readings, ({node, value}) =>
		`file ${tell(valueOf(configuredProxy(node))?.masqueradeAll)}, /configz ${tell(valueOf(liveProxy(node))?.masqueradeAll)}, rules ${tell(value)}`)
		.entries()
		.map(([words, same]) => `${nameNodes(same)}: ${words}`)
		.toArray()
		.join('; ');
};

const isHidingBypass = (evidence: Evidence, node: NodeEvidence): boolean => podBridges(evidence, node)
	.some(bridge => [0, 'absent'].includes(valueOf(bridgeNetfilterOf(ipVersionOf(evidence))(node, bridge)) ?? 1));

/** A packet that shows the client's address replaced on its way to the backend. */
const findRewritten = (evidence: Evidence): {readonly words: string; readonly refs: readonly EvidenceRef[]} => {
	const flow = flowsOf(evidence).find(({client, sourceAtBackend}) => (sourceAtBackend?.ip ?? client.ip) !== client.ip);
	const seen = flow && openingFrame(flow);
	if (!seen || !flow.sourceAtBackend) {
		return {words: '', refs: []};
	}

	const says = `reached the backend from ${flow.sourceAtBackend.ip} instead of ${flow.client.ip}`;
	return {words: `; ${nameFrame(evidence, seen.point, seen.frame)} ${says}`, refs: [refToPacket(seen.point, seen.frame, says)]};
};

const judge = (evidence: Evidence): Verdict => {
	const {readings, gaps} = readNodes(evidence, node => masqueradesAll(node));
	const on = readings.filter(({value}) => value);
	const {words, refs} = findRewritten(evidence);
	const hiding = on.filter(({node}) => isHidingBypass(evidence, node));
	if (hiding.length > 0) {
		const because = `masqueradeAll acts on ${nameNodes(hiding)} and hides that bridged replies pass NAT by there: turned off before br_netfilter is on, pods lose the Services on their own node; meanwhile backends do not see their clients' addresses${words}`;
		return latent(because, [...refs, ...refsTo(...hiding.map(({node}) => masqueradesAll(node)))]);
	}

	if (gaps.length > 0) {
		return unknown(gaps.join('; '));
	}

	return ok(on.length > 0 ? `masqueradeAll acts on ${nameNodes(on)} and hides nothing; it costs backends their clients' addresses${words}` : `not in effect (${describeSources(readings)})`);
};

export const masqueradeAllMasking: Check = {
	id: 'masquerade-all-masking',
	title: 'masqueradeAll hides nothing',
	explain: 'With masqueradeAll every connection to a ClusterIP gets the node\'s address as its source, so that every reply goes to the node and through NAT, even without br_netfilter. It works around the missing br_netfilter and costs backends, NetworkPolicies and logs the client\'s address.',
	judge,
	explains: () => false,
	repair(evidence) {
		const on = readNodes(evidence, node => masqueradesAll(node)).readings.filter(({value}) => value).map(({node}) => node);
		const hiding = on.filter(node => isHidingBypass(evidence, node));
		return [
			...(hiding.length > 0 ? [...turnOnBridgeNetfilter(evidence, hiding.map(({node}) => node)), '# only then, and after the probe from the same node passes:'] : []),
			...editProxyConfig(on, 'iptables.masqueradeAll', 'false'),
		];
	},
};

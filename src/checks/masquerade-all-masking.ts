import type {Check, EvidenceRef, Verdict} from '../check.ts';
import type {Bridge, Evidence, NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {
	configuredProxy,
	isTranslating,
	liveProxy,
	masqueradesAll,
	masqueradesAllOfNode,
} from '../evidence/readings.ts';
import {bridgeNetfilterOf} from './shared/bridge-netfilter.ts';
import {ipVersionOf, podBridges} from './shared/bridges.ts';
import {podBridgesOfNode} from './shared/node-bridges.ts';
import {type NodeReading, nameNodes, readNodes} from './shared/nodes.ts';
import {
	flowsOf,
	nameFrame,
	openingFrame,
	refToPacket,
} from './shared/proof.ts';
import {
	changeProxyConfig,
	editProxyConfig,
	loadBridgeNetfilter,
	masqueradeAllKey,
	turnOnBridgeNetfilter,
} from './shared/repairs.ts';
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

const isBypassed = (node: NodeEvidence, bridges: readonly Bridge[], version: 4 | 6): boolean =>
	bridges.some(bridge => [0, 'absent'].includes(valueOf(bridgeNetfilterOf(version)(node, bridge)) ?? 1));

const isHidingBypass = (evidence: Evidence, node: NodeEvidence): boolean => isBypassed(node, podBridges(evidence, node), ipVersionOf(evidence));

const tellHiding = (where: string): string =>
	`masqueradeAll acts${where} and hides that bridged replies pass NAT by there: turned off before br_netfilter is on, pods lose the Services on their own node; meanwhile backends do not see their clients' addresses`;

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
		const because = `${tellHiding(` on ${nameNodes(hiding)}`)}${words}`;
		return latent(because, [...refs, ...refsTo(...hiding.map(({node}) => masqueradesAll(node)))]);
	}

	if (gaps.length > 0) {
		return unknown(gaps.join('; '));
	}

	return ok(on.length > 0 ? `masqueradeAll acts on ${nameNodes(on)} and hides nothing; it costs backends their clients' addresses${words}` : `not in effect (${describeSources(readings)})`);
};

const judgeNode = (node: NodeEvidence): Verdict => {
	const reading = masqueradesAllOfNode(node);
	if (!isTranslating(node)) {
		return ok('no kube-proxy runs here');
	}

	if ('unknown' in reading) {
		return unknown(reading.unknown);
	}

	if (!reading.value) {
		return ok('not in effect');
	}

	return isBypassed(node, valueOf(podBridgesOfNode(node)) ?? [], 4) ? latent(tellHiding(''), refsTo(reading)) : ok('it acts and hides nothing; it costs backends their clients\' addresses');
};

const onlyThen = '# only then, and after the probe from the same node passes:';

export const masqueradeAllMasking: Check = {
	id: 'masquerade-all-masking',
	place: 430,
	title: 'masqueradeAll hides nothing',
	explain: 'With masqueradeAll every connection to a ClusterIP gets the node\'s address as its source, so that every reply goes to the node and through NAT, even without br_netfilter. It works around the missing br_netfilter and costs backends, NetworkPolicies and logs the client\'s address.',
	judge,
	explains: () => false,
	repair(evidence) {
		const on = readNodes(evidence, node => masqueradesAll(node)).readings.filter(({value}) => value).map(({node}) => node);
		const hiding = on.filter(node => isHidingBypass(evidence, node));
		return [
			...(hiding.length > 0 ? [...turnOnBridgeNetfilter(evidence, hiding.map(({node}) => node)), onlyThen] : []),
			...editProxyConfig(on, masqueradeAllKey(on), 'false'),
		];
	},
	fixedBy: evidence => (evidence.nodes.values().some(node => valueOf(masqueradesAll(node)) === true && isHidingBypass(evidence, node)) ? ['br-netfilter', 'masquerade-all=false'] : ['masquerade-all=false']),
	ofNode: {
		judge: judgeNode,
		repair: node => [...loadBridgeNetfilter, onlyThen, ...changeProxyConfig([node], masqueradeAllKey([node]), 'false')],
	},
};

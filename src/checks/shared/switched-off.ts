import type {Check, Verdict} from '../../check.ts';
import type {Evidence, NodeEvidence} from '../../evidence/evidence.ts';
import {mapKnown, valueOf} from '../../evidence/known.ts';
import {bridgeNetfilterOf, readBridgeSysctl} from './bridge-netfilter.ts';
import {ipVersionOf, podBridges} from './bridges.ts';
import {type Bypass, predictBypass} from './bypass.ts';
import {isCellExplained} from './explain.ts';
import {judgeBypass} from './judge-bypass.ts';
import {judgeNodeBypass} from './judge-node-bypass.ts';
import {podBridgesOfNode, versionsOf} from './node-bridges.ts';
import {nameNodes, readNodes} from './nodes.ts';
import {onNodes, persistBridgeNetfilter} from './repairs.ts';
import {ok} from './verdicts.ts';

const switchOf = (version: 4 | 6): string => `bridge-nf-call-${version === 6 ? 'ip6' : 'ip'}tables`;

const bypassOf = (version: 4 | 6): Bypass => ({
	readOff: (node, bridge) => mapKnown(bridgeNetfilterOf(version)(node, bridge), value => value === 0),
	condition: `net.bridge.${switchOf(version)} and the bridge's own ${version === 6 ? 'nf_call_ip6tables' : 'nf_call_iptables'} are 0`,
	source: node => readBridgeSysctl(node, version),
});

const readAbsent = (version: 4 | 6) => (node: NodeEvidence) => mapKnown(readBridgeSysctl(node, version), value => value.trim() === 'absent');

const describeHealthy = (evidence: Evidence, version: 4 | 6): string => {
	const absent = readNodes(evidence, readAbsent(version)).readings.filter(({value}) => value);
	return absent.length > 0 ? `no effect on ${nameNodes(absent)}: the switch does not exist while br_netfilter is not loaded` : `net.bridge.${switchOf(version)} or the bridge's own switch is 1`;
};

const nodesOff = (evidence: Evidence, version: 4 | 6): readonly string[] => evidence.nodes.values()
	.filter(node => podBridges(evidence, node).some(bridge => valueOf(bypassOf(version).readOff(node, bridge)) === true))
	.map(({node}) => node)
	.toArray();

const switchOn = (version: 4 | 6): readonly string[] => [
	`sysctl -w net.bridge.${switchOf(version)}=1`,
	...persistBridgeNetfilter,
	`grep -rs ${switchOf(version)} /etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d   # whatever writes 0 must go, or sort before that file`,
];

const judgeNode = (node: NodeEvidence, version: 4 | 6): Verdict => {
	const bridges = valueOf(podBridgesOfNode(node)) ?? [];
	return versionsOf(bridges).has(version)
		? judgeNodeBypass(node, bypassOf(version), `net.bridge.${switchOf(version)} or the bridge's own switch is 1, or br_netfilter is not loaded at all`)
		: ok(`no effect here, because no bridge of pods has an IPv${version} address`);
};

/** A check on the switch of one IP version; without effect on a Service of the other. */
export const checkSwitch = (version: 4 | 6, words: Pick<Check, 'id' | 'place' | 'title' | 'explain'>): Check => ({
	...words,
	judge: evidence => (ipVersionOf(evidence) === version
		? judgeBypass(evidence, bypassOf(version), describeHealthy(evidence, version))
		: ok(`no effect here, because the Service's address is IPv${ipVersionOf(evidence)}`)),
	explains: (cell, evidence) => ipVersionOf(evidence) === version && isCellExplained(cell, evidence, predictBypass(evidence, bypassOf(version))),
	repair: evidence => [
		onNodes(nodesOff(evidence, version)),
		...switchOn(version),
	],
	fixedBy: version === 4 ? ['br-netfilter', 'br-netfilter-narrow', 'masquerade-all=true'] : ['br-netfilter'],
	ofNode: {
		judge: node => judgeNode(node, version),
		repair: () => switchOn(version),
	},
});

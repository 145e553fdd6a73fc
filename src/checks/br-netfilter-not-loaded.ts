import type {Check} from '../check.ts';
import type {Evidence, NodeEvidence} from '../evidence/evidence.ts';
import {mapKnown, valueOf} from '../evidence/known.ts';
import {isModuleMissing} from './br-netfilter-module-missing.ts';
import {bridgeNetfilterOf, readBridgeSysctl} from './shared/bridge-netfilter.ts';
import {ipVersionOf} from './shared/bridges.ts';
import {type Bypass, predictBypass} from './shared/bypass.ts';
import {isCellExplained} from './shared/explain.ts';
import {judgeBypass} from './shared/judge-bypass.ts';
import {judgeNodeBypass} from './shared/judge-node-bypass.ts';
import {readNodes} from './shared/nodes.ts';
import {warnIdlePorts} from './shared/node-ports.ts';
import {
	changeProxyConfig,
	editProxyConfig,
	loadBridgeNetfilter,
	masqueradeAllKey,
	turnOnBridgeNetfilter,
} from './shared/repairs.ts';
import {ok} from './shared/verdicts.ts';
import {joinWords} from './shared/words.ts';

/** A built-in br_netfilter has no entry in lsmod: only the sysctl's absence tells that it is missing. */
const bypassOf = (version: 4 | 6): Bypass => ({
	readOff: (node, bridge) => mapKnown(bridgeNetfilterOf(version)(node, bridge), value => value === 'absent'),
	condition: 'br_netfilter is not loaded',
	source: node => readBridgeSysctl(node, version),
});

const readMissing = (evidence: Evidence) => (node: NodeEvidence) => mapKnown(readBridgeSysctl(node, ipVersionOf(evidence)), value => value.trim() === 'absent');

const describeLoaded = ({nodes}: Evidence): string => {
	const builtIn = nodes.values().filter(({bridgeNetfilter}) => valueOf(bridgeNetfilter)?.isBuiltIn === true).map(({node}) => node).toArray();
	return `loaded on ${joinWords(nodes.keys().toArray())}${builtIn.length > 0 ? ` (built into the kernel on ${joinWords(builtIn)})` : ''}`;
};

const workaround = '# or, a workaround that costs the backends their clients\' addresses:';

export const brNetfilterNotLoaded: Check = {
	id: 'br-netfilter-not-loaded',
	place: 220,
	title: 'br_netfilter is loaded',
	explain: 'A reply between two pods on one bridge goes straight from port to port. Only with br_netfilter does the kernel show such frames to netfilter, where the Service\'s address is put back; without it the client gets an answer from an address that it never dialled, and resets it.',
	judge: evidence => judgeBypass(evidence, bypassOf(ipVersionOf(evidence)), describeLoaded(evidence)),
	explains: (cell, evidence) => isCellExplained(cell, evidence, predictBypass(evidence, bypassOf(ipVersionOf(evidence)))),
	repair(evidence) {
		const missing = readNodes(evidence, readMissing(evidence)).readings.filter(({value}) => value).map(({node}) => node);
		return [
			...turnOnBridgeNetfilter(evidence, missing.map(({node}) => node)),
			workaround,
			...editProxyConfig(missing, masqueradeAllKey(missing), 'true').map(line => `#   ${line}`),
		];
	},
	fixedBy: ['br-netfilter', 'br-netfilter-narrow', 'masquerade-all=true'],
	ofNode: {
		judge: node => (isModuleMissing(node) ? ok('the kernel has no such module that could be') : judgeNodeBypass(node, bypassOf(4), 'loaded')),
		repair: node => [
			...warnIdlePorts(node),
			...loadBridgeNetfilter,
			workaround,
			...changeProxyConfig([node], masqueradeAllKey([node]), 'true').map(line => `#   ${line}`),
		],
	},
};

import type {Check} from '../check.ts';
import type {Evidence, NodeEvidence} from '../evidence/evidence.ts';
import {mapKnown, valueOf} from '../evidence/known.ts';
import {bridgeNetfilterOf, readBridgeSysctl} from './shared/bridge-netfilter.ts';
import {ipVersionOf} from './shared/bridges.ts';
import {type Bypass, predictBypass} from './shared/bypass.ts';
import {isCellExplained} from './shared/explain.ts';
import {judgeBypass} from './shared/judge-bypass.ts';
import {readNodes} from './shared/nodes.ts';
import {editProxyConfig, turnOnBridgeNetfilter} from './shared/repairs.ts';
import {joinWords} from './shared/words.ts';

/** A built-in br_netfilter has no entry in lsmod: only the sysctl's absence tells that it is missing. */
const bypassOf = (evidence: Evidence): Bypass => {
	const version = ipVersionOf(evidence);
	return {
		readOff: (node, bridge) => mapKnown(bridgeNetfilterOf(version)(node, bridge), value => value === 'absent'),
		describe: nodes => `br_netfilter is not loaded on ${nodes}`,
		source: node => readBridgeSysctl(node, version),
	};
};

const readMissing = (evidence: Evidence) => (node: NodeEvidence) => mapKnown(readBridgeSysctl(node, ipVersionOf(evidence)), value => value.trim() === 'absent');

const describeLoaded = ({nodes}: Evidence): string => {
	const builtIn = nodes.values().filter(({bridgeNetfilter}) => valueOf(bridgeNetfilter)?.isBuiltIn === true).map(({node}) => node).toArray();
	return `loaded on ${joinWords(nodes.keys().toArray())}${builtIn.length > 0 ? ` (built into the kernel on ${joinWords(builtIn)})` : ''}`;
};

export const brNetfilterNotLoaded: Check = {
	id: 'br-netfilter-not-loaded',
	title: 'br_netfilter is loaded',
	explain: 'A reply between two pods on one bridge goes straight from port to port. Only with br_netfilter does the kernel show such frames to netfilter, where the Service\'s address is put back; without it the client gets an answer from an address that it never dialled, and resets it.',
	judge: evidence => judgeBypass(evidence, bypassOf(evidence), describeLoaded(evidence)),
	explains: (cell, evidence) => isCellExplained(cell, evidence, predictBypass(evidence, bypassOf(evidence))),
	repair(evidence) {
		const missing = readNodes(evidence, readMissing(evidence)).readings.filter(({value}) => value).map(({node}) => node);
		return [
			...turnOnBridgeNetfilter(evidence, missing.map(({node}) => node)),
			'# or, a workaround that costs the backends their clients\' addresses:',
			...editProxyConfig(missing, 'iptables.masqueradeAll', 'true').map(line => `#   ${line}`),
		];
	},
};

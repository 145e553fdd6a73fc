import type {Check, Verdict} from '../check.ts';
import type {Evidence, Known, NodeEvidence} from '../evidence/evidence.ts';
import {mapKnown, valueOf} from '../evidence/known.ts';
import {kernelProxyMode, proxyModeOfNode} from '../evidence/readings.ts';
import type {Cell} from '../probes/matrix.ts';
import {type Prediction, isCellExplained} from './shared/explain.ts';
import {judgeCondition} from './shared/judge-condition.ts';
import {nameNodes, readNodes} from './shared/nodes.ts';
import {onNodes} from './shared/repairs.ts';
import {
	broken,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';

const key = 'net/ipv4/vs/conntrack';

const readOff = (node: NodeEvidence, mode: Known<string>): Known<boolean> => (valueOf(mode) === 'ipvs'
	? mapKnown(node.sysctls[key] ?? {unknown: 'net.ipv4.vs.conntrack was not read'}, value => value.trim() === '0')
	: mapKnown(mode, () => false));

/**
 Without entries in conntrack nothing that IPVS sends on is masqueraded, though the rules ask for it: a pod that reaches itself, and the node
 to another node's pod. Where the backend is on the node itself the connection opens and the answer to a request never comes.
 */
const predict = (evidence: Evidence): Prediction => route => {
	const node = evidence.nodes.get(route.cell.fromNode);
	const isOff = route.isThroughVip && node !== undefined && valueOf(readOff(node, kernelProxyMode(node))) === true;
	const isMasqueraded = route.place === 'itself' || (route.cell.fromKind === 'node' && route.place === 'other-node');
	return isOff && isMasqueraded ? ['timeout'] : [];
};

/** Nodes in ipvs mode that have it off, and those of which it is not known. */
const readNodesOff = (evidence: Evidence) => {
	const {readings, gaps} = readNodes(evidence, node => readOff(node, kernelProxyMode(node)));
	return {readings, gaps, off: readings.filter(({value}) => value)};
};

const isExplained = (cell: Cell, evidence: Evidence): boolean => isCellExplained(cell, evidence, predict(evidence));

const judge = (evidence: Evidence): Verdict => {
	const {readings, gaps, off} = readNodesOff(evidence);
	if (off.length > 0) {
		return judgeCondition(evidence, {
			what: `net.ipv4.vs.conntrack is 0 on ${nameNodes(off)}, so that nothing sent on by IPVS is masqueraded`,
			refs: refsTo(...off.map(({node}) => node.sysctls[key])),
			explains: isExplained,
			isCertain: false,
			harmless: 'no probe that failed needed that, but a pod that reaches itself does, and so does the node itself',
		});
	}

	return gaps.length > 0 ? unknown(gaps.join('; ')) : ok(readings.some(({node}) => valueOf(kernelProxyMode(node)) === 'ipvs') ? 'net.ipv4.vs.conntrack is 1' : 'no effect here, because no node is in ipvs mode');
};

const turnOn: readonly string[] = [
	'sysctl -w net.ipv4.vs.conntrack=1   # kube-proxy writes it when it starts; undo: the same with 0',
	'grep -rs vs.conntrack /etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d   # whatever wrote 0 must go',
];

export const ipvsVsConntrackOff: Check = {
	id: 'ipvs-vs-conntrack-off',
	place: 350,
	title: 'IPVS is tracked by conntrack',
	explain: 'IPVS keeps its own table of connections. Only with net.ipv4.vs.conntrack 1 do the rules that masquerade see them; without it a pod that reaches itself, and the node itself, keep their address and never get an answer, and masqueradeAll does nothing.',
	judge,
	explains: isExplained,
	repair: evidence => [onNodes(readNodesOff(evidence).off.map(({node}) => node.node)), ...turnOn],
	ofNode: {
		judge(node) {
			const off = readOff(node, proxyModeOfNode(node));
			if ('unknown' in off) {
				return 'unknown' in node.kubeProxy ? ok('no kube-proxy runs here') : unknown(off.unknown);
			}

			return off.value ? broken('net.ipv4.vs.conntrack is 0: nothing that IPVS sends on is masqueraded, so that pods would not reach themselves, nor the node a Service', refsTo(node.sysctls[key]), 'likely') : ok('net.ipv4.vs.conntrack is 1, or IPVS is not used');
		},
		repair: () => turnOn,
	},
};

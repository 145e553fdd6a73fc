import type {Check, Verdict} from '../check.ts';
import type {Evidence, NodeEvidence} from '../evidence/evidence.ts';
import {isTranslating, kernelProxyMode} from '../evidence/readings.ts';
import {type Cell, isFailing} from '../probes/matrix.ts';
import {nameNodes, readNodes} from './shared/nodes.ts';
import {type ProgrammedBackend, programmedBackends} from './shared/programmed.ts';
import {onNodes} from './shared/repairs.ts';
import {findReplacement, isProxyStopped, isReplaced} from './shared/replacements.ts';
import {endpointsFrom} from './shared/routes.ts';
import {
	broken,
	latent,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';
import {formatAddress, joinWords} from './shared/words.ts';

/** How one node's kernel differs from what the API lists as ready. */
type Difference = {
	readonly node: NodeEvidence;
	/** Sent to, and not ready any more. */
	readonly dead: readonly string[];
	/** Ready, and not there or there with weight 0. */
	readonly missing: readonly string[];
	/** Sent to, and ready. */
	readonly good: readonly string[];
};

const compare = (node: NodeEvidence, backends: readonly ProgrammedBackend[], evidence: Evidence): Difference => {
	const ready = endpointsFrom(evidence, node.node).map(endpoint => formatAddress(endpoint));
	const used = backends.filter(({weight}) => weight > 0).map(({address}) => address);
	const listed = new Set(evidence.target.endpoints.map(endpoint => formatAddress(endpoint)));
	const good = used.filter(address => ready.includes(address));
	return {
		node,
		// Where none is ready, those that end and still serve are sent to (KEP-1669).
		dead: used.filter(address => !ready.includes(address) && (ready.length > 0 || !listed.has(address))),
		// Where the Service prefers those nearby, others are left out on purpose.
		missing: evidence.target.service.isTopologyAware === true && good.length > 0 ? [] : ready.filter(address => !used.includes(address)),
		good,
	};
};

const isRead = ({target}: Evidence): boolean => target.isFromRules !== true;

const findDifferences = (evidence: Evidence): readonly Difference[] => (isRead(evidence)
	? readNodes(evidence, node => programmedBackends(node, evidence)).readings
		.map(({node, value}) => compare(node, value, evidence))
		.filter(({dead, missing}) => dead.length > 0 || missing.length > 0)
	: []);

const isThroughVip = ({path}: Cell): boolean => path !== 'endpoint';

/** From a node that knows no good backend every attempt must fail; where it knows some, those fail that met another one. */
const isCellHit = (cell: Cell, evidence: Evidence): boolean => {
	const difference = isThroughVip(cell) ? findDifferences(evidence).find(({node}) => node.node === cell.fromNode) : undefined;
	if (!difference || cell.attempts.length === 0) {
		return false;
	}

	const {good, dead} = difference;
	if (!isFailing(cell)) {
		return good.length === 0;
	}

	const failed = cell.attempts.filter(({outcome}) => outcome !== 'open');
	return good.length === 0 || (dead.length > 0 && failed.every(({backend}) => backend === undefined || !good.includes(backend)));
};

const describeDifference = ({node, dead, missing, good}: Difference): string => [
	...(dead.length > 0 ? [`${node.node} still sends to ${joinWords(dead)}, which the API does not list as ready`] : []),
	...(missing.length > 0 ? [`${node.node} sends nothing to ${joinWords(missing)}, which ${missing.length === 1 ? 'is' : 'are'} ready${good.length === 0 && dead.length === 0 ? ', nor to any other backend' : ''}`] : []),
].join('; ');

const isStoppedHere = (node: NodeEvidence): boolean => isProxyStopped(node) && isTranslating(node) && !isReplaced(node);

/** Seconds in which a kube-proxy that was just started does not answer yet, or is about to crash again: systemd calls both active. */
const startingSeconds = 15;

const isStarting = ({kubeProxy, proxyMode, now}: NodeEvidence): boolean => 'value' in kubeProxy && 'unknown' in proxyMode && now - kubeProxy.value.startedAt < startingSeconds;

const describeProcess = (nodes: readonly NodeEvidence[]): string => {
	const stopped = nodes.filter(node => isProxyStopped(node));
	const starting = nodes.filter(node => isStarting(node));
	const running = nodes.filter(node => !stopped.includes(node) && !starting.includes(node));
	return [
		...(stopped.length > 0 ? [`no kube-proxy runs on ${joinWords(stopped.map(({node}) => node))}`] : []),
		...stopped.flatMap(node => (isReplaced(node) ? [`${findReplacement(node)?.plugin ?? ''} may translate Services on ${node.node} instead, and these rules be left over`] : [])),
		...(starting.length > 0 ? [`kube-proxy on ${joinWords(starting.map(({node}) => node))} was started seconds ago and does not answer: just restarted, or in a crash loop`] : []),
		...(running.length > 0 ? [`kube-proxy on ${joinWords(running.map(({node}) => node))} is behind the API, or somebody changed its rules`] : []),
	].join('; ');
};

const refsOf = (nodes: readonly NodeEvidence[]) => refsTo(...nodes.flatMap(({virtualServers, iptables, kubeProxy}) => [virtualServers, iptables, kubeProxy]));

const judgeDifferences = (evidence: Evidence, differences: readonly Difference[]): Verdict => {
	const nodes = differences.map(({node}) => node);
	const because = `${differences.map(difference => describeDifference(difference)).join('; ')}: ${describeProcess(nodes)}`;
	const cells = evidence.matrix.filter(cell => isFailing(cell) && isCellHit(cell, evidence));
	return cells.length > 0
		? broken(because, refsOf(nodes), nodes.some(node => isReplaced(node)) ? 'likely' : 'certain')
		: latent(`${because}; no probe failed from it`, refsOf(nodes));
};

const judge = (evidence: Evidence): Verdict => {
	const differences = findDifferences(evidence);
	if (differences.length > 0) {
		return judgeDifferences(evidence, differences);
	}

	const idle = evidence.nodes.values().filter(node => isStoppedHere(node) || isStarting(node)).toArray();
	if (idle.length > 0) {
		return latent(`${describeProcess(idle)}; its rules are still right, and will go stale with the next change of a backend`, refsOf(idle));
	}

	if (!isRead(evidence)) {
		return unknown('what the rules should send to is not known without an API server');
	}

	const {readings, gaps} = readNodes(evidence, node => programmedBackends(node, evidence));
	return gaps.length > 0 ? unknown(gaps.join('; ')) : ok(`${nameNodes(readings)} ${readings.length === 1 ? 'sends' : 'send'} to the ready endpoints and to nothing else`);
};

const repairNode = (isDown: boolean): readonly string[] => [
	'systemctl status kube-proxy; journalctl -u kube-proxy -n 50 --no-pager   # why it stopped, crashes, or cannot read the API (Unauthorized, Failed to watch)',
	isDown ? 'systemctl start kube-proxy' : 'systemctl restart kube-proxy   # writes its rules anew within seconds',
	'# where kube-proxy is a DaemonSet instead: kubectl -n kube-system delete pod KUBE_PROXY_POD_OF_THAT_NODE',
];

const judgeNode = (node: NodeEvidence): Verdict => {
	if (isStoppedHere(node) || isStarting(node)) {
		return latent(isStoppedHere(node) ? 'no kube-proxy runs here, but rules of one are in the kernel: they go stale with the next change of a backend' : 'kube-proxy was started seconds ago and does not answer: just restarted, or in a crash loop', refsOf([node]));
	}

	const mode = kernelProxyMode(node);
	return isTranslating(node) && 'unknown' in mode ? unknown(mode.unknown) : ok(isTranslating(node) ? 'kube-proxy runs' : 'no kube-proxy runs here, and no rules of one are left');
};

export const kubeProxyDownOrStale: Check = {
	id: 'kube-proxy-down-or-stale',
	place: 410,
	title: 'Rules follow the endpoints',
	explain: 'kube-proxy on each node copies the ready endpoints of every Service into that node\'s kernel. Where it is stopped, crashes or cannot read the API, the kernel keeps its last rules: clients of that one node go to backends that are gone, or nowhere, while pods stay reachable by their own addresses.',
	judge,
	explains: (cell, evidence) => isCellHit(cell, evidence),
	repair(evidence) {
		const differing = findDifferences(evidence).map(({node}) => node);
		const nodes = differing.length > 0 ? differing : evidence.nodes.values().filter(node => isStoppedHere(node) || isStarting(node)).toArray();
		return [onNodes(nodes.map(({node}) => node)), ...repairNode(nodes.every(node => isProxyStopped(node)))];
	},
	ofNode: {judge: judgeNode, repair: node => repairNode(isProxyStopped(node))},
};

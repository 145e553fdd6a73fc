import type {Check, EvidenceRef, Verdict} from '../check.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {type Cell, isFailing} from '../probes/matrix.ts';
import {
	crossingsIfFiltered,
	crossingsOf,
	type ForwardStop,
	stopsOf,
} from './forward/crossings.ts';
import {judgeNodeForward, podNetworks} from './forward/judge-node.ts';
import {
	describeStops,
	isStop,
	predictStop,
} from './forward/stops.ts';
import {ipVersionOf} from './shared/bridges.ts';
import {type Prediction, explainedCells, isCellExplained} from './shared/explain.ts';
import {describeForeignTables} from './shared/foreign-tables.ts';
import {findUnclearWay} from './shared/passages.ts';
import {tellLoss} from './shared/loss.ts';
import {describeUnreadNodes, nameNodes, readNodes} from './shared/nodes.ts';
import {routesOf} from './shared/routes.ts';
import {
	broken,
	latent,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';
import {formatAddress, joinWords} from './shared/words.ts';

const predict = (evidence: Evidence): Prediction => route => predictStop(crossingsOf(route, evidence));

const describePair = ({packet}: ForwardStop): string =>
	`${packet.source ?? 'another node'} → ${packet.destination === undefined ? 'another node' : formatAddress({ip: packet.destination, port: packet.destinationPort})}`;

/** `… drops 10.244.2.31 → 10.244.0.19:80, which no rule accepts`. */
const tellPackets = (stops: readonly ForwardStop[]): string =>
	`${joinWords(stops.map(stop => describePair(stop)))}${stops[0].verdict.by.startsWith('the policy') ? ', which no rule accepts' : ''}`;

const tellStops = (stops: readonly ForwardStop[]): string => describeStops(stops, {nameRule: ({verdict}) => verdict.by, tellPackets});

const refsOf = (evidence: Evidence, stops: readonly ForwardStop[]): readonly EvidenceRef[] =>
	refsTo(...new Set(stops.map(({node}) => evidence.nodes.get(node)?.iptables)));

const judgeHarm = (evidence: Evidence, cells: readonly Cell[]): Verdict => {
	const stops = stopsOf(cells, evidence);
	const failing = joinWords(cells.map(({from, toIp, toPort}) => `${from} → ${formatAddress({ip: toIp, port: toPort})}`));
	const {words, refs} = tellLoss(evidence, cells);
	const isCounted = stops.some(({verdict}) => verdict.packets > 0);
	const because = `${tellStops(stops)}; so ${failing} ${cells.length === 1 ? 'fails' : 'fail'}${words}`;
	return broken(because, [...refs, ...refsOf(evidence, stops)], isCounted || refs.length > 0 ? 'certain' : 'likely');
};

/** Doubts about a crossing that a timed-out probe had to make. */
const findDoubts = (evidence: Evidence): readonly string[] => evidence.matrix
	.filter(cell => isFailing(cell))
	.flatMap(cell => routesOf(cell, evidence))
	.flatMap(route => crossingsOf(route, evidence))
	.flatMap(({node, verdict}) => (verdict.does === 'unknown' ? [`${node}: ${verdict.because}`] : []));

const judgeQuiet = (evidence: Evidence): Verdict => {
	const stops = evidence.matrix.flatMap(cell => routesOf(cell, evidence)).flatMap(route => crossingsIfFiltered(route, evidence)).filter(crossing => isStop(crossing));
	if (stops.length > 0) {
		return latent(`${tellStops(stops)}; nothing that was probed goes through it now, but bridged traffic will once br_netfilter hands it to FORWARD`, refsOf(evidence, stops));
	}

	const doubts = findDoubts(evidence);
	const {readings, gaps} = readNodes(evidence, node => node.iptables);
	const unclear = findUnclearWay(evidence);
	const reasons = [...new Set([...doubts, ...(unclear === undefined ? [] : [unclear]), ...gaps, ...describeForeignTables(evidence)])];
	return reasons.length > 0 ? unknown(reasons.join('; ')) : ok(`FORWARD on ${nameNodes(readings)} accepts the connections that were probed`);
};

const judge = (evidence: Evidence): Verdict => {
	const cells = explainedCells(evidence, predict(evidence));
	return cells.length > 0 ? judgeHarm(evidence, cells) : judgeQuiet(evidence);
};

const letThrough = (cidrs: readonly string[]): readonly string[] => [
	...cidrs.flatMap(cidr => ['-s', '-d'].map(end => `${cidr.includes(':') ? 'ip6tables' : 'iptables'} -I FORWARD ${end} ${cidr} -j ACCEPT`)),
	'# lasting: whatever set it must not again (Docker: ExecStartPost=/usr/sbin/iptables -P FORWARD ACCEPT in a drop-in of docker.service), or keep the two rules in the firewall\'s own files',
];

/** The pods' networks as the API tells them, else as the nodes' own settings do. */
const networksOf = ({target, nodes}: Evidence): readonly string[] => {
	const cidrs = new Set(target.nodes.values().flatMap(({podCidrs}) => podCidrs));
	const own = new Set(nodes.values().flatMap(node => podNetworks(node)));
	return cidrs.size > 0 ? [...cidrs] : (own.size > 0 ? [...own] : ['POD_CIDR']);
};

const repair = (evidence: Evidence): readonly string[] => {
	const cells = explainedCells(evidence, predict(evidence));
	const nodes = joinWords(stopsOf(cells, evidence).map(({node}) => node));
	return [
		`# on ${nodes === '' ? joinWords(evidence.nodes.keys().toArray()) : nodes}, as root: let the pods' networks through, rather than everything`,
		...letThrough(networksOf(evidence)),
	];
};

export const forwardPolicyDrop: Check = {
	id: 'forward-policy-drop',
	place: 510,
	title: 'FORWARD lets pods through',
	explain: 'Whatever a node passes on for pods crosses the FORWARD chain: routed packets always, bridged ones with br_netfilter. In ipvs mode the request of a pod to a Service on its own node does not, so that a drop there can spare the Service and hit the direct way.',
	judge,
	explains: (cell, evidence) => isCellExplained(cell, evidence, predict(evidence)),
	repair,
	fixedBy: evidence => (ipVersionOf(evidence) === 6 ? [] : ['forward-accept=on']),
	ofNode: {judge: judgeNodeForward, repair: node => letThrough(podNetworks(node).length > 0 ? podNetworks(node) : ['POD_CIDR'])},
};

import type {Check, Verdict} from '../../check.ts';
import type {Evidence} from '../../evidence/evidence.ts';
import {type Cell, type Outcome, isFailing} from '../../probes/matrix.ts';
import type {HostCrossing} from '../forward/host-hooks.ts';
import {
	type Stop,
	describeStops,
	isStop,
} from '../forward/stops.ts';
import {type Prediction, isCellExplained} from './explain.ts';
import {describeForeignTables} from './foreign-tables.ts';
import {judgeCondition} from './judge-condition.ts';
import {nameNodes, readNodes} from './nodes.ts';
import {type Route, routesOf} from './routes.ts';
import {ok, refsTo, unknown} from './verdicts.ts';
import {formatAddress, joinWords} from './words.ts';

type Cross = (route: Route, evidence: Evidence) => readonly HostCrossing[];

/** Which packets of a route a check follows. */
export type Hooks = {
	readonly cross: Cross;
	/** How an attempt fails where one of them is stopped. */
	readonly predictStop: (crossings: readonly HostCrossing[]) => readonly Outcome[];
	/** What is on the way and cannot be followed, in sentences. */
	readonly findUnclear?: (evidence: Evidence) => readonly string[];
	/** The verdict where none is, before the names of the nodes. */
	readonly healthy: string;
};

type HostStop = Stop<HostCrossing>;

const predict = (evidence: Evidence, {cross, predictStop}: Hooks): Prediction => route => predictStop(cross(route, evidence));

const explainsBy = (hooks: Hooks) => (cell: Cell, evidence: Evidence): boolean => isCellExplained(cell, evidence, predict(evidence, hooks));

const findStops = (evidence: Evidence, cross: Cross): readonly HostStop[] => evidence.matrix
	.filter(cell => cell.attempts.length > 0)
	.flatMap(cell => routesOf(cell, evidence))
	.flatMap(route => cross(route, evidence))
	.filter(crossing => isStop(crossing));

const nameRule = ({verdict: {by}, hook}: HostStop): string => `${by}${by.includes(hook) ? '' : ` in ${hook}`}`;

const tellPackets = (stops: readonly HostStop[]): string => joinWords(stops.map(({packet: {destination, destinationPort, source}}) =>
	(destination === undefined ? `answers of ${source ?? 'pods'}` : `what goes to ${formatAddress({ip: destination, port: destinationPort})}`)));

/** Doubts count only where a probe failed that had to pass there. */
const findDoubts = (evidence: Evidence, cross: Cross): readonly string[] => evidence.matrix
	.filter(cell => isFailing(cell))
	.flatMap(cell => routesOf(cell, evidence))
	.flatMap(route => cross(route, evidence))
	.flatMap(({node, hook, verdict}) => (verdict.does === 'unknown' ? [`${hook} on ${node}: ${verdict.because}`] : []));

const judgeHooks = (evidence: Evidence, hooks: Hooks): Verdict => {
	const {cross, healthy, findUnclear} = hooks;
	const stops = findStops(evidence, cross);
	if (stops.length > 0) {
		return judgeCondition(evidence, {
			what: describeStops(stops, {nameRule, tellPackets}),
			refs: refsTo(...new Set(stops.map(({node}) => evidence.nodes.get(node)?.iptables))),
			explains: explainsBy(hooks),
			isCertain: stops.some(({verdict}) => verdict.packets > 0),
			harmless: 'no probe failed from it',
		});
	}

	const {readings, gaps} = readNodes(evidence, ({iptables}) => iptables);
	const reasons = [...new Set([...findDoubts(evidence, cross), ...gaps, ...describeForeignTables(evidence), ...(findUnclear?.(evidence) ?? [])])];
	return reasons.length > 0 ? unknown(reasons.join('; ')) : ok(`${healthy} on ${nameNodes(readings)}`);
};

const repairStops = (evidence: Evidence, cross: Cross): readonly string[] => Map.groupBy(findStops(evidence, cross), ({verdict}) => verdict.by).entries().flatMap(([by, stops]) => {
	const [{hook, packet: {protocol, destination, destinationPort, source}}] = stops;
	const address = destination === undefined ? `${source === undefined ? '' : `-s ${source} `}-m conntrack --ctstate ESTABLISHED` : `-d ${destination} -p ${protocol} --dport ${destinationPort ?? ''}`;
	return [
		`# on ${joinWords(stops.map(({node}) => node))}, as root; it is ${by}`,
		`iptables -I ${hook} ${address} -j ACCEPT   # undo: the same with -D; lasting: in the files of whatever set the rule (firewalld, ufw, nftables)`,
	];
}).toArray();

/** A check on single rules and policies of the hooks that a route's packets meet on the nodes themselves. */
export const checkHostHooks = (words: Pick<Check, 'id' | 'place' | 'title' | 'explain'>, hooks: Hooks): Check => ({
	...words,
	judge: evidence => judgeHooks(evidence, hooks),
	explains: explainsBy(hooks),
	repair: evidence => repairStops(evidence, hooks.cross),
});

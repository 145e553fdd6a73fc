import type {EvidenceRef, Verdict} from '../../check.ts';
import type {Evidence} from '../../evidence/evidence.ts';
import {valueOf} from '../../evidence/known.ts';
import {bridgeOfPod} from '../../evidence/readings.ts';
import type {ImpossibleReply} from '../../packets/flow.ts';
import {type Cell, isFailing} from '../../probes/matrix.ts';
import {type BypassedSpots, judgeHarmless} from './harmless-bypass.ts';
import {podBridges} from './bridges.ts';
import {
	type Bypass,
	isBypassed,
	predictBypass,
} from './bypass.ts';
import {explainedCells} from './explain.ts';
import {describeUnreadNodes, nameNodes} from './nodes.ts';
import {
	describeImpossible,
	findImpossibleReply,
	nameFrame,
	refToPacket,
} from './proof.ts';
import {routesOf} from './routes.ts';
import {
	broken,
	ok,
	refsTo,
	unknown,
} from './verdicts.ts';
import {formatAddress, joinWords} from './words.ts';

type Survey = BypassedSpots & {readonly isAnyRead: boolean};

/** Every bridge with pods where the condition holds, and what could not be read. */
const surveyBridges = (evidence: Evidence, {readOff}: Bypass): Survey => {
	const answers = evidence.nodes.values()
		.flatMap(node => podBridges(evidence, node).map(bridge => ({node, bridge, state: readOff(node, bridge)})))
		.toArray();
	const unreadBridges = evidence.nodes.values().flatMap(({node, bridges}) => ('unknown' in bridges ? [`${node}: ${bridges.unknown}`] : [])).toArray();
	const unknownStates = answers.flatMap(({node, state}) => ('unknown' in state ? [`${node.node}: ${state.unknown}`] : []));
	return {
		spots: answers.filter(({state}) => valueOf(state) === true),
		gaps: [...unreadBridges, ...unknownStates, ...describeUnreadNodes(evidence)],
		isAnyRead: answers.some(({state}) => 'value' in state),
	};
};

/** The impossible reply, where the static condition holds on the bridge that both ends share: the proof. */
const findProof = (evidence: Evidence, bypass: Bypass): {readonly reply: ImpossibleReply; readonly bridge: string; readonly node: string} | undefined => {
	const reply = findImpossibleReply(evidence);
	const cell = evidence.matrix.find(({role, path}) => role === 'client' && path !== 'endpoint');
	const plug = bridgeOfPod(evidence, evidence.target.client);
	const isFromNeighbour = cell && routesOf(cell, evidence).some(route => route.endpoint.ip === reply?.source.ip && isBypassed(route, evidence, bypass));
	return reply && plug && isFromNeighbour === true ? {reply, bridge: plug.bridge.name, node: evidence.target.client.node} : undefined;
};

const describeEnd = (evidence: Evidence, {point, what, resetFrame}: ImpossibleReply): string => {
	const word = what.startsWith('UDP') ? 'rejected it with ICMP port unreachable' : 'reset it';
	if (what === 'RST') {
		return 'so the client never learns that it was refused, and waits';
	}

	return resetFrame === undefined ? 'the client has no connection with that address' : `the client ${word} (${nameFrame(evidence, point, resetFrame).split(' ').slice(-2).join(' ')})`;
};

const proveBroken = (evidence: Evidence, bypass: Bypass, {reply, bridge, node}: NonNullable<ReturnType<typeof findProof>>): Verdict => {
	const seen = describeImpossible(evidence, reply);
	const because = `${seen}; the reply was bridged past NAT on ${bridge} because ${bypass.condition} on ${node}; ${describeEnd(evidence, reply)}`;
	const packets: readonly EvidenceRef[] = [
		refToPacket(reply.point, reply.frame, `${reply.what} from ${formatAddress(reply.source)}, expected ${formatAddress(reply.expected)}`),
		...(reply.resetFrame === undefined ? [] : [refToPacket(reply.point, reply.resetFrame, 'the client resets it')]),
	];
	const reading = evidence.nodes.get(node);
	return broken(because, [...packets, ...refsTo(reading && bypass.source(reading))], 'certain');
};

const inferBroken = (evidence: Evidence, bypass: Bypass, cells: readonly Cell[]): Verdict => {
	const {from, fromNode, toIp, toPort} = cells[0];
	const reading = evidence.nodes.get(fromNode);
	const because = `${from} → ${formatAddress({ip: toIp, port: toPort})} times out, and a backend is on the same bridge of ${fromNode}: its reply is bridged past NAT because ${bypass.condition} on ${fromNode} (no captured packet shows it)`;
	return broken(because, refsTo(reading && bypass.source(reading)), 'likely');
};

/** Why it could not be told whether a timed-out probe crosses one bridge only. */
const findDoubt = (evidence: Evidence, spots: BypassedSpots['spots']): string | undefined => {
	const doubtful = evidence.matrix
		.filter(cell => cell.path !== 'endpoint' && isFailing(cell) && spots.some(({node}) => node.node === cell.fromNode))
		.find(cell => routesOf(cell, evidence).some(({place}) => place === 'unknown'));
	return doubtful && `whether ${doubtful.from} shares a bridge with a backend could not be read`;
};

const judgeSpots = (evidence: Evidence, bypass: Bypass, {spots, gaps}: BypassedSpots): Verdict => {
	const proof = findProof(evidence, bypass);
	if (proof) {
		return proveBroken(evidence, bypass, proof);
	}

	const cells = explainedCells(evidence, predictBypass(evidence, bypass));
	if (cells.length > 0) {
		return inferBroken(evidence, bypass, cells);
	}

	const doubt = findDoubt(evidence, spots);
	return doubt === undefined ? judgeHarmless(evidence, bypass, {spots, gaps}) : unknown(`${bypass.condition} on ${nameNodes(spots)}, but ${doubt}`);
};

/** Judges a condition that lets a bridge pass replies by NAT. `healthy` says what holds where the condition does not. */
export const judgeBypass = (evidence: Evidence, bypass: Bypass, healthy: string): Verdict => {
	const survey = surveyBridges(evidence, bypass);
	const {spots, gaps, isAnyRead} = survey;
	if (spots.length > 0) {
		return judgeSpots(evidence, bypass, survey);
	}

	if (gaps.length > 0) {
		return unknown(gaps.join('; '));
	}

	return ok(isAnyRead ? healthy : `no bridge carries pods on ${joinWords(evidence.nodes.keys().toArray())}, so no reply can be bridged past NAT`);
};

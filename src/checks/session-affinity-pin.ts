import type {Check, Verdict} from '../check.ts';
import type {Evidence, NodeEvidence, PinnedClient} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {kernelProxyMode} from '../evidence/readings.ts';
import {type Attempt, type Cell, isFailing} from '../probes/matrix.ts';
import {judgeCondition} from './shared/judge-condition.ts';
import {nameNodes, readNodes} from './shared/nodes.ts';
import {programmedBackends} from './shared/programmed.ts';
import {findInApi, onNodes} from './shared/repairs.ts';
import {podOfCell, readyEndpoints} from './shared/routes.ts';
import {ok, refsTo, unknown} from './shared/verdicts.ts';
import {formatAddress, joinWords, serviceLabel} from './shared/words.ts';

type Pin = {readonly node: NodeEvidence; readonly client: string; readonly backend: string};

/**
 Whether connections of the client still go there, and should not. What is gone from the node's own table is forgotten as soon as its client asks again,
 and what has weight 0 there too, unless net.ipv4.vs.expire_quiescent_template is 0 (ip_vs_conn.c, ip_vs_check_template).
 */
const isDead = (node: NodeEvidence, {backend}: PinnedClient, evidence: Evidence): boolean => {
	const address = formatAddress(backend);
	const real = valueOf(programmedBackends(node, evidence))?.find(one => one.address === address);
	if (real === undefined || real.weight === 0) {
		return real !== undefined && valueOf(node.sysctls['net/ipv4/vs/expire_quiescent_template'])?.trim() !== '1';
	}

	return evidence.target.isFromRules !== true && readyEndpoints(evidence).every(endpoint => formatAddress(endpoint) !== address);
};

const isIpvs = (node: NodeEvidence): boolean => valueOf(kernelProxyMode(node)) === 'ipvs';

const findPins = (evidence: Evidence): readonly Pin[] => evidence.nodes.values()
	.filter(node => isIpvs(node))
	.flatMap(node => (valueOf(node.pinnedClients) ?? [])
		.filter(pinned => pinned.port === evidence.target.port.port && isDead(node, pinned, evidence))
		.map(pinned => ({node, client: pinned.client, backend: formatAddress(pinned.backend)})))
	.toArray();

const pinOf = (cell: Cell, evidence: Evidence): Pin | undefined => {
	const ip = podOfCell(cell, evidence)?.ip;
	return cell.path === 'endpoint' ? undefined : findPins(evidence).find(({node, client}) => node.node === cell.fromNode && client === ip);
};

const hasMet = ({backend}: Attempt, pin: Pin): boolean => backend === undefined || backend === pin.backend || pin.backend.startsWith(`${backend}:`);

/** Every attempt goes where the client is held, so that none can succeed. */
const isExplained = (cell: Cell, evidence: Evidence): boolean => {
	const pin = pinOf(cell, evidence);
	return pin !== undefined && cell.attempts.length > 0 && cell.attempts.every(attempt => (isFailing(cell) ? attempt.outcome !== 'open' && hasMet(attempt, pin) : true));
};

/** The packets, or the tables right after the attempt, named the backend that it was sent to. */
const isSeen = (evidence: Evidence): boolean => evidence.matrix.some(cell => {
	const pin = isFailing(cell) ? pinOf(cell, evidence) : undefined;
	return pin !== undefined && cell.attempts.some(attempt => attempt.backend !== undefined && hasMet(attempt, pin));
});

const judge = (evidence: Evidence): Verdict => {
	const pins = findPins(evidence);
	if (pins.length > 0) {
		return judgeCondition(evidence, {
			what: `session affinity on ${joinWords(pins.map(({node}) => node.node))} still holds ${joinWords(pins.map(({client, backend}) => `${client} to ${backend}`))}, which gets no new clients any more`,
			refs: refsTo(...new Set(pins.map(({node}) => node.pinnedClients))),
			explains: isExplained,
			isCertain: isSeen(evidence),
			harmless: 'no probe failed from it',
		});
	}

	const nodes = evidence.nodes.values().filter(node => isIpvs(node)).toArray();
	const {gaps} = readNodes(evidence, ({pinnedClients}) => pinnedClients);
	return gaps.length > 0 ? unknown(gaps.join('; ')) : ok(nodes.length === 0 ? 'no node is in ipvs mode, where a client can be held to a backend that the rules do not have' : `no client is held to a backend that is gone on ${nameNodes(nodes.map(node => ({node})))}`);
};

export const sessionAffinityPin: Check = {
	id: 'session-affinity-pin',
	place: 150,
	title: 'Session affinity holds nobody to a dead backend',
	explain: 'With sessionAffinity ClientIP a client goes to the same backend for three hours. In ipvs mode the kernel remembers it in an entry of its own; where that outlives the backend (net.ipv4.vs.expire_quiescent_template 0, or a kube-proxy that stopped), this one client fails all the time and every other one works.',
	judge,
	explains: isExplained,
	repair(evidence) {
		const {service, port, isFromRules} = evidence.target;
		const pins = findPins(evidence);
		const address = formatAddress({ip: service.clusterIp, port: port.port});
		return [
			onNodes(pins.map(({node}) => node.node)),
			'sysctl -w net.ipv4.vs.expire_quiescent_template=1   # the entry goes as soon as its client asks again; kube-proxy sets it whenever it starts. undo: the old value',
			...new Set(pins.map(({backend}) => `ipvsadm -Ln ${port.protocol === 'UDP' ? '-u' : '-t'} ${address}   # ${backend} should not be there: if kube-proxy does not remove it, see kube-proxy-down-or-stale`)),
			...(isFromRules === true ? findInApi(service) : [`# or, for all clients: kubectl -n ${service.namespace} patch service ${service.name} -p '{"spec":{"sessionAffinity":"None"}}'   # of ${serviceLabel(service)}; undo: ClientIP`]),
		];
	},
};

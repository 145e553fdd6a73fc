import type {Evidence} from '../evidence/evidence.ts';
import {type Attempt, type Cell, isFailing} from '../probes/matrix.ts';

const verbs: Readonly<Record<Attempt['outcome'], readonly [one: string, many: string]>> = {
	open: ['works', 'work'], timeout: ['times out', 'time out'], refused: ['is refused', 'are refused'], unreachable: ['is unreachable', 'are unreachable'], error: ['fails', 'fail'],
};

const pastVerbs: Readonly<Record<Attempt['outcome'], string>> = {
	open: 'worked', timeout: 'timed out', refused: 'was refused', unreachable: 'was unreachable', error: 'failed',
};

const failedOf = ({attempts}: Cell): readonly Attempt[] => attempts.filter(({outcome}) => outcome !== 'open');

const nameWay = ({from, toIp, toPort}: Cell): string => `${from} → ${toIp.includes(':') ? `[${toIp}]` : toIp}:${toPort}`;

/** `default/mars2 → 10.98.171.178:8080 times out`. */
export const describeFailure = (cell: Cell): string => `${nameWay(cell)} ${verbs[failedOf(cell).at(0)?.outcome ?? 'error'][0]}`;

const nodeOf = (backend: string, {target}: Evidence): string | undefined =>
	target.endpoints.find(({ip, port}) => [ip, `${ip}:${port}`, `[${ip}]:${port}`].includes(backend))?.node;

const nameBackend = (backend: string, cell: Cell, evidence: Evidence): string => {
	const node = nodeOf(backend, evidence);
	return `${backend}${node === undefined ? '' : (node === cell.fromNode ? ` on this node, ${node}` : ` on ${node}`)}`;
};

/** Which backends the failed attempts met: `all 3 went to 10.244.0.19:80 on this node, k8s1`. */
const describeHits = (cell: Cell, evidence: Evidence): string => {
	const failed = failedOf(cell);
	const counts = Map.groupBy(failed, ({backend}) => backend).entries().toArray();
	const [[first]] = counts;
	if (counts.length === 1) {
		return first === undefined ? 'which backend they met is not known' : `${failed.length === 1 ? 'it' : `all ${failed.length}`} went to ${nameBackend(first, cell, evidence)}`;
	}

	return counts.map(([backend, attempts]) => `${attempts.length} went to ${backend === undefined ? 'a backend that is not known' : nameBackend(backend, cell, evidence)}`).join(', ');
};

const portsOf = (attempts: readonly Attempt[]): string => attempts.flatMap(({sourcePort}) => sourcePort ?? []).toSorted((a, b) => a - b).join(', ');

/** Where a backend is met by some that fail and some that do not, their source ports: a stale entry of conntrack, or a rule, may tell them apart. */
const describePorts = ({attempts}: Cell): string => {
	const byBackend = Map.groupBy(attempts.filter(({backend}) => backend !== undefined), ({backend = ''}) => backend);
	return byBackend.entries().map(([backend, met]) => {
		const [failing, working] = [portsOf(met.filter(({outcome}) => outcome !== 'open')), portsOf(met.filter(({outcome}) => outcome === 'open'))];
		return failing === '' || working === '' ? '' : `; ${backend} is not reached from source port ${failing}, and is from ${working}`;
	}).toArray().join('');
};

/** `the connection times out`, or `3 of 6 attempts time out; all 3 went to 10.244.0.19:80 on this node, k8s1`. */
export const describeTargetFailure = (cell: Cell, evidence: Evidence): string => {
	const failed = failedOf(cell);
	const outcome = failed.at(0)?.outcome ?? 'error';
	return failed.length === cell.attempts.length
		? `the connection ${verbs[outcome][0]}`
		: `${failed.length} of ${cell.attempts.length} attempts ${verbs[outcome][failed.length === 1 ? 0 : 1]}; ${describeHits(cell, evidence)}${describePorts(cell)}`;
};

/** `default/mars1 → 10.98.171.178:8080 timed out at first, which nothing explains, and works now: transient`. */
export const describeTransient = (cell: Cell): string =>
	`${nameWay(cell)} ${pastVerbs[cell.earlier?.find(({outcome}) => outcome !== 'open')?.outcome ?? 'error']} at first, which nothing explains, and works now: transient`;

export const isIntermittent = (cell: Cell): boolean => isFailing(cell) && cell.attempts.some(({outcome}) => outcome === 'open');

import type {Finding} from '../check.ts';
import {describeImpossible, findImpossibleReply} from '../checks/shared/proof.ts';
import {podLabel, serviceLabel} from '../cluster/pod-label.ts';
import type {Diagnosis} from '../diagnosis.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {type Cell, isFailing} from '../probes/matrix.ts';
import {
	describeFailure,
	describeTargetFailure,
	describeTransient,
	isIntermittent,
} from './describe-cell.ts';

type Parts = Omit<Diagnosis, 'sentence'>;

const nameEnds = ({target: {client, service, port}}: Evidence): readonly [client: string, service: string] => {
	const host = service.clusterIp.includes(':') ? `[${service.clusterIp}]` : service.clusterIp;
	return [podLabel(client), service.namespace === '' ? service.name : `${serviceLabel(service)} (${host}:${port.port})`];
};

const ids = (findings: readonly Finding[]): string => findings.map(({check}) => check.id).join(', ');

const describeTarget = (evidence: Evidence, target: Cell | undefined): string => {
	const [client, service] = nameEnds(evidence);
	if (target === undefined || target.attempts.length === 0) {
		const why = target?.error ?? evidence.unreachable.get(evidence.target.client.node) ?? evidence.unreachable.get(client);
		return `whether ${client} reaches ${service} could not be probed${why === undefined ? '' : ` (${why})`}`;
	}

	if (!isFailing(target)) {
		return `${client} reaches ${service}`;
	}

	return `${client} ${isIntermittent(target) ? 'reaches' : 'cannot reach'} ${service}${isIntermittent(target) ? ' only now and then' : ''}: ${describeTargetFailure(target, evidence)}`;
};

const part = (words: string, findings: readonly Finding[]): readonly string[] => (findings.length === 0 ? [] : [`${words} ${ids(findings)}`]);

const describeElsewhere = (evidence: Evidence, target: Cell | undefined, {unexplained}: Parts): readonly string[] => {
	const failing = evidence.matrix.filter(cell => cell !== target && isFailing(cell));
	const explained = failing.filter(cell => !unexplained.includes(cell));
	const open = failing.filter(cell => unexplained.includes(cell));
	return [
		...(explained.length > 0 ? [explained.map(cell => describeFailure(cell)).join(', ')] : []),
		...(open.length > 0 ? [`nothing explains that ${open.map(cell => describeFailure(cell)).join(', ')}`] : []),
	];
};

/** Each is enough to make these probes fail: what is left once one is repaired tells. */
const describeTie = ({cause, tied}: Parts): readonly string[] => (cause && tied.length > 0
	? [`${ids([cause, ...tied])} explain the same failures: repair one of them, ask again, and what still fails is of the other`]
	: []);

const summarizeFault = (parts: Parts, evidence: Evidence, target: Cell | undefined): readonly string[] => {
	const isTarget = target !== undefined && isFailing(target);
	return [
		describeTarget(evidence, target),
		...(isTarget ? [] : describeElsewhere(evidence, target, parts)),
		...(parts.cause ? [parts.cause.verdict.because] : []),
		...parts.contributing.map(({check, verdict}) => `also ${check.id}: ${verdict.because}`),
		...describeTie(parts),
		...part('latent:', parts.latent),
	];
};

const summarizeHealthy = (parts: Parts, evidence: Evidence, target: Cell | undefined): readonly string[] => [
	describeTarget(evidence, target),
	...describeElsewhere(evidence, target, parts),
	...parts.contributing.map(({check, verdict}) => `${check.id}: ${verdict.because}`),
	...part('latent:', parts.latent),
];

/** `a, b (why)`: what is missing for the same reason stands together. */
const describeUndetermined = (findings: readonly Finding[]): string =>
	Map.groupBy(findings, ({verdict}) => verdict.because).entries().map(([because, group]) => `${ids(group)} (${because})`).toArray().join(', ');

const summarizeUndecided = (parts: Parts, evidence: Evidence, target: Cell | undefined): readonly string[] => {
	const reply = findImpossibleReply(evidence);
	const misfits = parts.findings.filter(finding => finding.verdict.status === 'broken' && !parts.contributing.includes(finding));
	return [
		describeTarget(evidence, target),
		...(target && isFailing(target) ? ['nothing that was found explains it'] : []),
		...(reply ? [describeImpossible(evidence, reply)] : []),
		...part('found, but it does not fit what the probes met:', misfits),
		...parts.contributing.map(({check, verdict}) => `explains other failures only: ${check.id}: ${verdict.because}`),
		...part('ruled out:', parts.ruledOut),
		...(parts.undetermined.length > 0 ? [`not judged: ${describeUndetermined(parts.undetermined)}`] : []),
		...part('latent:', parts.latent),
	];
};

const summaries = {fault: summarizeFault, healthy: summarizeHealthy, undecided: summarizeUndecided} as const;

/** The diagnosis in one line: what happens to the target, why, and what else is worth knowing. */
export const summarize = (parts: Parts, evidence: Evidence, target: Cell | undefined): string =>
	[...summaries[parts.conclusion](parts, evidence, target), ...evidence.matrix.filter(({earlier}) => earlier !== undefined).map(cell => describeTransient(cell))].join('. ');

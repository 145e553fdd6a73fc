import type {Fleet, NodeFinding, NodeReport} from './fleet.ts';
import {type Differences, findDifferences} from './find-differences.ts';

/** The same finding on some nodes. */
export type FleetFinding = NodeFinding & {readonly nodes: readonly string[]};

export type FleetSummary = {
	readonly conclusion: 'healthy' | 'fault' | 'undecided';
	readonly findings: readonly FleetFinding[];
	readonly differences: Differences;
	readonly sentence: string;
};

const ranks = {broken: 0, latent: 1, unknown: 2} as const;

const keyOf = ({id, status, because, repair}: NodeFinding): string => JSON.stringify([id, status, because, repair]);

/** Broken ones first; within a status as the checks are ordered. */
const groupFindings = (reports: readonly NodeReport[]): readonly FleetFinding[] => {
	const all = reports.flatMap(({node, findings}) => findings.map(finding => ({node, finding})));
	return Map.groupBy(all, ({finding}) => keyOf(finding)).values()
		.map(same => ({...same[0].finding, nodes: same.map(({node}) => node)}))
		.toArray()
		.toSorted((a, b) => ranks[a.status] - ranks[b.status]);
};

const countNodes = (count: number): string => `${count} node${count === 1 ? '' : 's'}`;

const idsOf = (findings: readonly FleetFinding[], status: NodeFinding['status']): string =>
	[...new Set(findings.filter(finding => finding.status === status).map(({id}) => id))].join(', ');

const tellFault = (findings: readonly FleetFinding[], {reports}: Fleet): string => {
	const nodes = new Set(findings.filter(({status}) => status === 'broken').flatMap(finding => finding.nodes)).size;
	return `on ${nodes} of ${countNodes(reports.length)} Services would break: ${idsOf(findings, 'broken')}`;
};

const tellDoubt = (findings: readonly FleetFinding[], {reports, unread, isWhole}: Fleet): string => [
	...(unread.length > 0 ? [`${unread.length} of ${countNodes(reports.length + unread.length)} could not be read`] : []),
	...(isWhole ? [] : ['the list of nodes is not whole']),
	...(idsOf(findings, 'unknown') === '' ? [] : [`not everything could be read on every node (${idsOf(findings, 'unknown')})`]),
].join(', ');

/** What all nodes have in common, what differs, and the conclusion: a fault, or not known, or none. */
export const summarizeFleet = (fleet: Fleet): FleetSummary => {
	const findings = groupFindings(fleet.reports);
	const doubt = tellDoubt(findings, fleet);
	const latent = idsOf(findings, 'latent');
	const common = {findings, differences: findDifferences(fleet.reports)};
	if (findings.some(({status}) => status === 'broken')) {
		return {...common, conclusion: 'fault', sentence: `${tellFault(findings, fleet)}${doubt === '' ? '' : `; ${doubt}`}`};
	}

	return doubt === ''
		? {...common, conclusion: 'healthy', sentence: `nothing on ${countNodes(fleet.reports.length)} would break a Service now${latent === '' ? '' : `; latent: ${latent}`}`}
		: {...common, conclusion: 'undecided', sentence: `${doubt}${fleet.reports.length === 0 ? '' : '; nothing that was read would break a Service now'}`};
};

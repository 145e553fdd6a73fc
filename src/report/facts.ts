import type {EvidenceRef, Finding} from '../check.ts';
import {podLabel, serviceLabel} from '../cluster/pod-label.ts';
import type {Diagnosis} from '../diagnosis.ts';
import {describePrediction, foretell} from '../prediction/tell.ts';
import {type Cell, nameCell} from '../probes/matrix.ts';
import {type SessionState, evidenceOf} from '../session-state.ts';
import type {Target} from '../target.ts';
import type {Incident} from './incident.ts';
import {formatCell} from './matrix-text.ts';

/** The first row holds the titles. */
export type Rows = ReadonlyArray<readonly string[]>;

/** A state that was judged. Throws where there is nothing to report yet. */
export const requireJudged = ({target, diagnosis}: SessionState): {readonly target: Target; readonly diagnosis: Diagnosis} => {
	if (!target || !diagnosis) {
		throw new Error('there is no report before the diagnosis');
	}

	return {target, diagnosis};
};

/** Whom it is about, in one line. */
export const titleOf = ({service, port, client}: Target): string =>
	`Service ${service.namespace === '' ? service.clusterIp : serviceLabel(service)}:${port.port}/${port.protocol} from ${client.namespace === '' ? client.ip : `pod ${podLabel(client)}`}`;

/** Versions, as maintainers ask for them. */
export const listVersions = ({state, version, writtenAt}: Incident): Rows => {
	const {serverVersion} = requireJudged(state).target;
	return [
		['what', 'version'],
		['hairpin', version],
		...(serverVersion === undefined ? [] : [['Kubernetes API server', serverVersion]]),
		['written', writtenAt],
	];
};

/** One row for each setting of the kernel that was read, one column for each node; `?` where it could not be. */
export const listSettings = ({state}: Incident): Rows => {
	const nodes = state.nodes.values().toArray().toSorted((a, b) => a.node.localeCompare(b.node));
	const keys = new Set(nodes.flatMap(({sysctls}) => Object.keys(sysctls))).values().toArray().toSorted((a, b) => a.localeCompare(b));
	if (keys.length === 0) {
		return [];
	}

	return [
		['setting', ...nodes.map(({node}) => node)],
		...keys.map(key => [key.replaceAll('/', '.'), ...nodes.map(({sysctls}) => {
			const known = sysctls[key];
			return known === undefined || 'unknown' in known ? '?' : known.value.trim();
		})]),
	];
};

/** Who reaches whom: one row for each probe. With a change, before and after it. */
export const listProbes = (matrix: readonly Cell[], after: readonly Cell[] | undefined): Rows => [
	['from', 'on', 'to', ...(after ? ['before', 'after'] : ['answer'])],
	...matrix.map(cell => {
		const later = after?.find(other => nameCell(other) === nameCell(cell));
		return [cell.from, cell.fromNode, `${cell.toIp}:${cell.toPort}/${cell.protocol}`, formatCell(cell), ...(after ? [later ? formatCell(later) : '-'] : [])];
	}),
];

const foretoldMarks = {agrees: '✓', disagrees: '✗', unknown: '?'} as const;

/** Packets and probes against what the rules say of them. */
export const listForetold = (state: SessionState): Rows => {
	const {predictions, packets} = foretell(evidenceOf(state));
	return [
		['', 'the rules and what was seen'],
		...packets.map(({agrees, says}) => [agrees ? foretoldMarks.agrees : foretoldMarks.disagrees, says]),
		...predictions.map(prediction => [foretoldMarks[prediction.agreement], describePrediction(prediction)]),
	];
};

const words = {
	ok: '✓ ok', broken: '✗ broken', latent: '! latent', unknown: '? unknown',
} as const;

/** Every check and its answer. */
export const listFindings = ({findings}: Diagnosis): Rows => [
	['answer', 'check', 'true when healthy', 'because'],
	...findings.map(({check, verdict}) => [
		verdict.status === 'broken' ? `${words.broken} (${verdict.confidence})` : words[verdict.status], check.id, check.title, verdict.because,
	]),
];

/** What a verdict rests on, one line each. */
export const describeRef = (ref: EvidenceRef): string => {
	switch (ref.kind) {
		case 'packet': {
			return `packet: ${ref.point} frame ${ref.frame}: ${ref.says}`;
		}

		case 'value': {
			return `value: ${ref.origin.point}: ${ref.origin.command}: ${ref.origin.excerpt.trim()}`;
		}

		case 'object': {
			return `object: ${ref.object}: ${ref.says}`;
		}
	}
};

/** The evidence of a finding; nothing where it accuses nobody. */
export const refsOf = ({verdict}: Finding): readonly EvidenceRef[] => (verdict.status === 'broken' || verdict.status === 'latent' ? verdict.evidence : []);

/** What is told by name: the cause first, then what adds to it, then what will bite later. */
export const listAccused = ({cause, contributing, latent}: Diagnosis): ReadonlyArray<{readonly word: string; readonly finding: Finding}> => [
	...(cause ? [{word: 'cause', finding: cause}] : []),
	...contributing.map(finding => ({word: 'also', finding})),
	...latent.map(finding => ({word: 'latent', finding})),
];

/** Where the cause is known, what repairs it and what adds to it; else what repairs what will bite later. */
export const listRepairs = ({cause, contributing, latent}: Diagnosis, repairOf: Incident['repairOf']): ReadonlyArray<{readonly id: string; readonly lines: readonly string[]}> =>
	(cause ? [cause, ...contributing] : latent)
		.map(finding => ({id: finding.check.id, lines: repairOf(finding)}))
		.filter(({lines}) => lines.length > 0);

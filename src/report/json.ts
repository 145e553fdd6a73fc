import type {CaptureEvidence} from '../capture/capture-evidence.ts';
import type {Finding} from '../check.ts';
import type {Known} from '../evidence/evidence.ts';
import {foretell} from '../prediction/tell.ts';
import type {FullSize} from '../probes/full-size.ts';
import type {Lookup} from '../probes/lookup.ts';
import {type Attempt, type Cell, cellOutcome} from '../probes/matrix.ts';
import {type SessionState, type Timing, evidenceOf} from '../session-state.ts';
import type {Target} from '../target.ts';
import {describeForetold} from './walk-json.ts';

const describeTarget = ({service, port, endpoints, client, otherClient, nodes, notes, isFromRules}: Target) => ({
	source: isFromRules === true ? 'rules' : 'api',
	service: {
		namespace: service.namespace, name: service.name, clusterIp: service.clusterIp, port: port.port, targetPort: port.targetPort, protocol: port.protocol,
	},
	client: {
		namespace: client.namespace, pod: client.name, ip: client.ip, node: client.node,
	},
	otherClient: otherClient && {
		namespace: otherClient.namespace, pod: otherClient.name, ip: otherClient.ip, node: otherClient.node,
	},
	endpoints: endpoints.map(({ip, port: endpointPort, isReady, node, pod}) => ({
		ip, port: endpointPort, ready: isReady, node: node ?? null, pod: pod ?? null,
	})),
	nodes: nodes.values().map(({name, internalIp, kernel, kubeletVersion, runtime}) => ({
		name, ip: internalIp, kernel, kubelet: kubeletVersion, runtime,
	})).toArray(),
	notes,
});

const describeAttempt = ({outcome, ms, backend, sourcePort, isDecidedByPackets}: Attempt) => ({
	outcome, ms, backend: backend ?? null, sourcePort: sourcePort ?? null, decidedByPackets: isDecidedByPackets ?? false,
});

const describeCell = (cell: Cell) => {
	const times = cell.attempts.filter(({outcome}) => outcome === 'open').map(({ms}) => ms);
	return {
		from: cell.from,
		to: `${cell.toIp}:${cell.toPort}`,
		path: cell.path,
		role: cell.role,
		node: cell.fromNode,
		protocol: cell.protocol,
		outcome: cellOutcome(cell),
		tries: cell.attempts.length,
		ms: times.length === 0 ? null : Math.min(...times),
		attempts: cell.attempts.map(attempt => describeAttempt(attempt)),
		earlier: cell.earlier?.map(attempt => describeAttempt(attempt)) ?? [],
		command: cell.command,
		error: cell.error ?? null,
	};
};

const describeFullSize = ({from, fromNode, to, toNode, bytes, outcome, largest, because, command}: FullSize) => ({
	from, fromNode, to, toNode, bytes, outcome, largest: largest ?? null, command, error: because ?? null,
});

const describeLookup = ({from, fromNode, server, name, type, outcome, code, addresses, because, command}: Lookup) => ({
	from, fromNode, server, name, type, outcome, code: code ?? null, addresses, command, error: because ?? null,
});

const describeFinding = ({check, verdict}: Finding, changes: readonly string[]) => ({
	id: check.id,
	title: check.title,
	status: verdict.status,
	confidence: verdict.status === 'broken' ? verdict.confidence : null,
	because: verdict.because,
	evidence: verdict.status === 'broken' || verdict.status === 'latent' ? verdict.evidence : [],
	changes,
});

const describeEntries = (entries: Known<readonly string[]> | undefined) => {
	if (entries === undefined) {
		return {entries: [], unknown: 'nothing was captured'};
	}

	return 'unknown' in entries ? {entries: [], unknown: entries.unknown} : {entries: entries.value, unknown: null};
};

const describeCapture = (capture: CaptureEvidence | undefined) => ({
	captures: capture?.points.map(({label, role, command, packets, kernelDrops, problem}) => ({
		point: label, role, command, packets, kernelDrops: kernelDrops ?? null, problem: problem ?? null,
	})) ?? [],
	flows: capture?.flows ?? [],
	conntrack: describeEntries(capture?.conntrackEntries),
	ipvs: describeEntries(capture?.ipvsConnections),
});

const describeTiming = ({armedMs, firstOpeningMs, verdictMs, endMs}: Timing) => ({
	armedMs: armedMs ?? null, firstSynMs: firstOpeningMs ?? null, verdictMs: verdictMs ?? null, endMs,
});

/** The report as `hairpin/report/v1` (see report-v1.schema.json beside this file). */
export const formatJson = (state: SessionState, exitCode: number, repairOf: (finding: Finding) => readonly string[]): string => {
	const {target, diagnosis, capture, timing} = state;
	if (!target || !diagnosis) {
		throw new Error('there is no report before the diagnosis');
	}

	return `${JSON.stringify({
		schema: 'hairpin/report/v1',
		target: describeTarget(target),
		matrix: state.matrix.map(cell => describeCell(cell)),
		fullSize: state.fullSize?.map(way => describeFullSize(way)) ?? [],
		lookups: state.lookups?.map(lookup => describeLookup(lookup)) ?? [],
		conclusion: diagnosis.conclusion,
		cause: diagnosis.cause?.check.id ?? null,
		contributing: diagnosis.contributing.map(({check}) => check.id),
		latent: diagnosis.latent.map(({check}) => check.id),
		verdict: diagnosis.sentence,
		findings: diagnosis.findings.map(finding => describeFinding(finding, repairOf(finding))),
		...describeCapture(capture),
		walk: describeForetold(foretell(evidenceOf(state))),
		podsRefused: state.podsRefused ?? null,
		reached: state.reached.entries().map(([node, way]) => ({node, way})).toArray(),
		unreachable: state.unreachable.entries().map(([point, {because, tryThis}]) => ({point, because, tryThis})).toArray(),
		timing: describeTiming(timing),
		exitCode,
	}, null, '\t')}\n`;
};

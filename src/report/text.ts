import type {CapturePoint} from '../capture/capture-evidence.ts';
import type {Finding} from '../check.ts';
import type {Pod, Service} from '../cluster/cluster.ts';
import {podLabel, serviceLabel} from '../cluster/pod-label.ts';
import type {Diagnosis} from '../diagnosis.ts';
import type {Known} from '../evidence/evidence.ts';
import {foretell} from '../prediction/tell.ts';
import {type SessionState, evidenceOf} from '../session-state.ts';
import type {Target} from '../target.ts';
import {formatInventory} from './inventory.ts';
import {formatLadder} from './ladder-text.ts';
import {
	formatBackendHits,
	formatFullSize,
	formatLookup,
	formatMatrix,
} from './matrix-text.ts';
import {indent, section} from './sections.ts';
import {cutText, formatTable, wrapText} from './table.ts';
import {formatDisagreements, formatWalks} from './walk-text.ts';

/** Where nobody says how wide the terminal is. */
const usualWidth = 120;
const narrowestWidth = 60;
const marks = {
	ok: '✓', broken: '✗', latent: '!', unknown: '?',
} as const;

const formatIp = (ip: string): string => (ip.includes(':') ? `[${ip}]` : ip);

/** What has no name but its address is not told twice. */
const nameService = (service: Service): string => (service.namespace === '' ? '' : `${serviceLabel(service)} `);

const namePod = (pod: Pod): string => (pod.namespace === '' ? podLabel(pod) : `${podLabel(pod)} ${pod.ip}`);

const formatHead = ({service, port, client, notes}: Target): readonly string[] => [
	`${nameService(service)}${formatIp(service.clusterIp)}:${port.port}/${port.protocol} → ${port.targetPort}   from ${namePod(client)} on ${client.node}`,
	...notes.map(note => `note: ${note}`),
];

const formatChecklist = (findings: readonly Finding[], width: number): readonly string[] => {
	const titles = formatTable(findings.map(({check, verdict}) => [marks[verdict.status], check.title, '']));
	const offset = Math.max(...titles.map(title => title.length)) + 2;
	return findings.flatMap(({verdict}, index) => {
		const [first, ...more] = wrapText(verdict.because, width - offset - 2, '');
		return [`${titles[index].padEnd(offset)}${first}`, ...more.map(line => ' '.repeat(offset) + line)];
	});
};

const formatCount = ({packets}: CapturePoint): string => (packets === 0 ? '0 packets!' : `${packets} packets`);

const formatPoints = (points: readonly CapturePoint[]): readonly string[] => formatTable(points.map(point => [
	point.role,
	point.label,
	point.problem === undefined ? formatCount(point) : cutText(point.problem, 80),
	point.kernelDrops === undefined ? '' : `${point.kernelDrops} dropped by the kernel`,
]));

const maxEntries = 3;

/** Entries of the attempts in one of the kernel's tables; why a table could not be read is told in the JSON. */
const formatEntries = (title: string, entries: Known<readonly string[]>, width: number): readonly string[] => {
	const lines = 'unknown' in entries ? [] : entries.value;
	const left = lines.length - maxEntries;
	return [
		...lines.slice(0, maxEntries).flatMap(line => wrapText(`${title.padEnd(9)} ${line}`, width - 2, ' '.repeat(10))),
		...(left > 0 ? [`(${left} more ${title} entries of these attempts: --json)`] : []),
	];
};

const formatCaptures = ({capture}: SessionState, width: number): readonly string[] => (capture === undefined
	? []
	: [
		...formatPoints(capture.points),
		...formatEntries('conntrack', capture.conntrackEntries, width),
		...formatEntries('ipvs', capture.ipvsConnections, width),
	]);

const maxLadders = 2;

const formatLadders = ({capture}: SessionState, width: number): readonly string[] => {
	const flows = capture?.flows ?? [];
	const telling = flows.toSorted((a, b) => Number(a.ending === 'established') - Number(b.ending === 'established')).slice(0, maxLadders);
	const left = flows.length - telling.length;
	const points = (capture?.points ?? []).filter(({problem}) => problem === undefined).map(({label, role}) => ({point: label, role}));
	return [...telling.flatMap(flow => formatLadder(flow, points, undefined, width - 2)), ...(left > 0 ? [`(${left} more of these attempts were captured: --json, or --captures DIR)`] : [])];
};

const formatFinding = (word: string, {check, verdict}: Finding, width: number): readonly string[] => {
	const confidence = verdict.status === 'broken' ? ` (${verdict.confidence})` : '';
	return [`${word.padEnd(9)} ${check.id}${confidence}`, ...wrapText(verdict.because, width - 10, '').map(line => `${' '.repeat(10)}${line}`)];
};

const formatRepair = (diagnosis: Diagnosis, state: SessionState, repairOf: (finding: Finding) => readonly string[]): readonly string[] => {
	const findings = [...(diagnosis.cause ? [diagnosis.cause] : []), ...diagnosis.contributing, ...(state.diagnosis?.cause ? [] : diagnosis.latent)];
	return findings.flatMap(finding => {
		const lines = repairOf(finding);
		return lines.length === 0 ? [] : [`for ${finding.check.id}:`, ...indent(lines)];
	});
};

/** Points that are not reached for the same reason are named together. */
const formatUnreachable = ({unreachable, podsRefused}: SessionState, width: number): readonly string[] => {
	const refusal = podsRefused ? [...wrapText(podsRefused.because, width - 2, ''), ...wrapText(`  try: ${podsRefused.tryThis}`, width - 2, ' '.repeat(4))] : [];
	const groups = Map.groupBy([...unreachable].toSorted(([a], [b]) => a.localeCompare(b)), ([, {because}]) => because);
	const points = groups.entries().flatMap(([because, group]) => [
		...wrapText(`${group.map(([point]) => point).join(', ')}: ${because}`, width - 2, ' '.repeat(4)),
		...wrapText(group[0][1].tryThis === podsRefused?.tryThis ? '' : `  try: ${group[0][1].tryThis}`, width - 2, ' '.repeat(4)),
	]).toArray();
	return [...refusal, ...points].filter(line => line !== '');
};

const formatVerdict = (diagnosis: Diagnosis, width: number): readonly string[] => [
	'',
	...(diagnosis.cause ? formatFinding('cause', diagnosis.cause, width) : []),
	...diagnosis.contributing.flatMap(finding => formatFinding('also', finding, width)),
	...diagnosis.latent.flatMap(finding => formatFinding('latent', finding, width)),
	...wrapText(`verdict   ${diagnosis.conclusion}: ${diagnosis.sentence}`, width, ' '.repeat(10)),
];

const formatHits = ({matrix}: SessionState, {endpoints}: Target): readonly string[] => {
	const cell = matrix.find(({role, path}) => role === 'client' && path !== 'endpoint');
	return cell ? formatBackendHits(cell, endpoints.filter(({isReady}) => isReady).map(({ip, port}) => `${ip}:${port}`)) : [];
};

const formatRules = (state: SessionState, isWalked: boolean): readonly string[] => {
	const foretold = foretell(evidenceOf(state));
	return isWalked ? formatWalks(foretold) : formatDisagreements(foretold);
};

/** The whole report as plain text. `isWalked`: with every step that the rules make of the probes, else only where these went otherwise. Prose is broken for so many columns, commands never. */
export const formatReport = (state: SessionState, repairOf: (finding: Finding) => readonly string[], isWalked = false, columns = usualWidth): string => {
	const {target, diagnosis} = state;
	if (!target || !diagnosis) {
		return '';
	}

	const width = Math.max(narrowestWidth, Math.min(usualWidth, columns));
	return [
		...formatHead(target),
		'',
		...formatInventory(state, target),
		...section('not reached', formatUnreachable(state, width)),
		...section('reach', [...formatMatrix(state.matrix, target.service.clusterIp), ...formatHits(state, target), ...(state.fullSize ?? []).map(way => formatFullSize(way)), ...(state.lookups ?? []).map(lookup => formatLookup(lookup))]),
		...section('captures', formatCaptures(state, width)),
		...section('ladder', formatLadders(state, width)),
		...section(isWalked ? 'what the rules do' : 'not as the rules say', formatRules(state, isWalked)),
		...section('checks', formatChecklist(diagnosis.findings, width)),
		...formatVerdict(diagnosis, width),
		...section('what would fix it', formatRepair(diagnosis, state, repairOf)),
	].join('\n') + '\n';
};

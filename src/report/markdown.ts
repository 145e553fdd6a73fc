import type {Flow} from '../packets/flow.ts';
import type {SessionState} from '../session-state.ts';
import {
	type Rows,
	describeRef,
	listAccused,
	listFindings,
	listForetold,
	listProbes,
	listRepairs,
	listSettings,
	listVersions,
	refsOf,
	requireJudged,
	titleOf,
} from './facts.ts';
import type {Incident, MadeChange} from './incident.ts';
import {listNodeRows, listPodRows} from './inventory.ts';
import {formatFlow} from './ladder-text.ts';
import {stampLine} from './progress.ts';

const markup: ReadonlySet<string> = new Set('\\`*_[]<>#|~&');

/** Text of the cluster, so that no character of it is markup (CommonMark 2.4: any ASCII punctuation may be escaped). */
const escapeMarkdown = (text: string): string => [...text.replaceAll(/\s+/gv, ' ')].map(character => (markup.has(character) ? `\\${character}` : character)).join('');

/** A block in which nothing is markup: its fence is longer than any run of backticks inside. */
const fence = (lines: readonly string[], language = 'text'): readonly string[] => {
	const longest = Math.max(2, ...lines.join('\n').matchAll(/`+/gv).map(([run]) => run.length));
	const mark = '`'.repeat(longest + 1);
	return ['', `${mark}${language}`, ...lines, mark];
};

const formatRow = (row: readonly string[]): string => `| ${row.map(cell => escapeMarkdown(cell)).join(' | ')} |`;

const formatRows = ([titles, ...rows]: Rows): readonly string[] => (rows.length === 0
	? []
	: ['', formatRow(titles), `|${'---|'.repeat(titles.length)}`, ...rows.map(row => formatRow(row))]);

const section = (title: string, lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : ['', `## ${title}`, ...lines]);

const mostFlows = 3;

/** The flows that tell most: those that failed first. */
export const chooseFlows = ({capture}: SessionState): readonly Flow[] =>
	(capture?.flows ?? []).toSorted((a, b) => Number(a.ending === 'established') - Number(b.ending === 'established')).slice(0, mostFlows);

/** The columns of a ladder: the points that captured. */
export const pointsOf = ({capture}: SessionState) => (capture?.points ?? []).filter(({problem}) => problem === undefined).map(({label, role}) => ({point: label, role}));

const formatVerdict = (incident: Incident): readonly string[] => {
	const {diagnosis} = requireJudged(incident.state);
	return [
		'',
		`**${diagnosis.conclusion}**: ${escapeMarkdown(diagnosis.sentence)}`,
		...listAccused(diagnosis).flatMap(({word, finding}) => [
			'',
			`**${word}** \`${finding.check.id}\`${finding.verdict.status === 'broken' ? ` (${finding.verdict.confidence})` : ''}: ${escapeMarkdown(finding.verdict.because)}`,
			...(refsOf(finding).length > 0 ? ['', ...refsOf(finding).map(ref => `- ${escapeMarkdown(describeRef(ref))}`)] : []),
		]),
	];
};

const formatEntries = ({capture}: SessionState): readonly string[] => {
	const tables = capture ? [capture.conntrackEntries, capture.ipvsConnections] : [];
	const lines = tables.flatMap(known => ('unknown' in known ? [] : known.value));
	return lines.length === 0 ? [] : ['', 'What the kernel kept of these attempts:', ...fence(lines)];
};

const formatLadders = (state: SessionState): readonly string[] => [
	...chooseFlows(state).flatMap(flow => fence(formatFlow(flow, pointsOf(state)))),
	...formatRows([
		['captured at', 'role', 'packets', 'dropped by the kernel', 'command'],
		...(state.capture?.points ?? []).map(({label, role, packets, kernelDrops, problem, command}) => [label, role, problem ?? String(packets), String(kernelDrops ?? '?'), command]),
	]),
	...formatEntries(state),
];

const formatChange = (change: MadeChange | undefined): readonly string[] => (change
	? [
		'',
		`${escapeMarkdown(change.title)} (\`${change.id}\`)`,
		...fence(change.steps),
		...formatRows(listProbes(change.before, change.after)),
		'',
		`put back with \`${change.undo}\``,
	]
	: []);

const formatUnreachable = ({unreachable}: SessionState): Rows => [['point', 'because'], ...unreachable.entries().map(([point, {because}]) => [point, because])];

/** The whole incident as Markdown that can be pasted into an issue: the fields that maintainers ask for, and the packets that prove it. */
export const formatMarkdown = (incident: Incident): string => {
	const {state, repairOf, timeline, change} = incident;
	const {target, diagnosis} = requireJudged(state);
	return [
		`# ${escapeMarkdown(titleOf(target))}: ${diagnosis.conclusion}`,
		...formatVerdict(incident),
		...section('Versions', formatRows(listVersions(incident))),
		...section('Pods and nodes', [
			...formatRows(listPodRows(state, target)),
			...formatRows(listNodeRows(state, target)),
			...(target.notes.length > 0 ? ['', ...target.notes.map(note => `- ${escapeMarkdown(note)}`)] : []),
			...formatRows(formatUnreachable(state)),
		]),
		...section('Settings', formatRows(listSettings(incident))),
		...section('Who reaches whom', formatRows(listProbes(state.matrix, undefined))),
		...section('Packets', formatLadders(state)),
		...section('What the rules do', formatRows(listForetold(state))),
		...section('Checks', formatRows(listFindings(diagnosis))),
		...section('What would fix it', listRepairs(diagnosis, repairOf).flatMap(({id, lines}) => ['', `for \`${id}\``, ...fence(lines, 'sh')])),
		...section('Change', formatChange(change)),
		...section('Timeline', timeline.length === 0 ? [] : fence(timeline.map(({atMs, text}) => stampLine(atMs, text)))),
		'',
	].join('\n');
};

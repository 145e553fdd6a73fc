import {htmlEscape} from 'escape-goat';
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
import {htmlStyle} from './html-style.ts';
import type {Incident, MadeChange} from './incident.ts';
import {listNodeRows, listPodRows} from './inventory.ts';
import {drawLadder} from './ladder-svg.ts';
import {formatFlow, formatFlowTitle} from './ladder-text.ts';
import {chooseFlows, pointsOf} from './markdown.ts';
import {stampLine} from './progress.ts';

/** The mark that a cell begins with also gives its colour. */
const classes: Readonly<Record<string, string>> = {
	'✓': 'open', '✗': 'failed', '~': 'failed', '?': 'unknown', '!': 'latent',
};

const formatCell = (text: string): string => htmlEscape`<td class="${classes[text.slice(0, 1)] ?? ''}">${text}</td>`;

const formatRows = ([titles, ...rows]: Rows): string => (rows.length === 0
	? ''
	: [
		'<div class="wide"><table>',
		`<tr>${titles.map(title => htmlEscape`<th>${title}</th>`).join('')}</tr>`,
		...rows.map(row => `<tr>${row.map(cell => formatCell(cell)).join('')}</tr>`),
		'</table></div>',
	].join('\n'));

const formatLines = (lines: readonly string[]): string => (lines.length === 0 ? '' : htmlEscape`<pre>${lines.join('\n')}</pre>`);

const section = (title: string, ...parts: readonly string[]): string => {
	const body = parts.filter(part => part !== '');
	return body.length === 0 ? '' : [htmlEscape`<section><h2>${title}</h2>`, ...body, '</section>'].join('\n');
};

const formatVerdict = ({state}: Incident): string => {
	const {diagnosis} = requireJudged(state);
	return [
		htmlEscape`<p class="sentence"><strong class="${diagnosis.conclusion}">${diagnosis.conclusion}</strong>: ${diagnosis.sentence}</p>`,
		...listAccused(diagnosis).flatMap(({word, finding}) => [
			htmlEscape`<p><strong>${word}</strong> <code>${finding.check.id}</code>${finding.verdict.status === 'broken' ? ` (${finding.verdict.confidence})` : ''}: ${finding.verdict.because}</p>`,
			...(word === 'cause' ? [htmlEscape`<p>${finding.check.explain}</p>`] : []),
			formatLines(refsOf(finding).map(ref => describeRef(ref))),
		]),
	].join('\n');
};

const formatLadders = (state: SessionState): readonly string[] => chooseFlows(state).flatMap(flow => [
	htmlEscape`<h3>${formatFlowTitle(flow)}</h3>`,
	`<div class="wide">${drawLadder(flow, pointsOf(state))}</div>`,
	`<details><summary>as text</summary>${formatLines(formatFlow(flow, pointsOf(state)))}</details>`,
]);

const formatCaptures = ({capture}: SessionState): string => formatRows([
	['captured at', 'role', 'packets', 'dropped by the kernel', 'command'],
	...(capture?.points ?? []).map(({label, role, packets, kernelDrops, problem, command}) => [label, role, problem ?? String(packets), String(kernelDrops ?? '?'), command]),
]);

const formatChange = (change: MadeChange | undefined): readonly string[] => (change
	? [
		htmlEscape`<p>${change.title} (<code>${change.id}</code>); put back with <code>${change.undo}</code></p>`,
		formatLines(change.steps),
		formatRows(listProbes(change.before, change.after)),
	]
	: []);

const formatUnreachable = ({unreachable}: SessionState): string => formatRows([['point', 'because'], ...unreachable.entries().map(([point, {because}]) => [point, because])]);

const formatBody = (incident: Incident): readonly string[] => {
	const {state, repairOf, timeline, change} = incident;
	const {target, diagnosis} = requireJudged(state);
	return [
		htmlEscape`<h1>${titleOf(target)}</h1>`,
		formatVerdict(incident),
		section('Packets', ...formatLadders(state), formatCaptures(state)),
		section('Who reaches whom', formatRows(listProbes(state.matrix, undefined))),
		section('What the rules do', formatRows(listForetold(state))),
		section('Change', ...formatChange(change)),
		section('Checks', formatRows(listFindings(diagnosis))),
		section('What would fix it', ...listRepairs(diagnosis, repairOf).flatMap(({id, lines}) => [htmlEscape`<p>for <code>${id}</code></p>`, formatLines(lines)])),
		section('Pods and nodes', formatRows(listPodRows(state, target)), formatRows(listNodeRows(state, target)), formatLines(target.notes), formatUnreachable(state)),
		section('Settings', formatRows(listSettings(incident))),
		section('Timeline', formatLines(timeline.map(({atMs, text}) => stampLine(atMs, text)))),
		section('Versions', formatRows(listVersions(incident))),
	];
};

/** The whole incident as one page that needs nothing else: the ladder is drawn, and its policy lets a browser run and load nothing. */
export const formatHtml = (incident: Incident): string => [
	'<!DOCTYPE html>',
	'<html lang="en">',
	'<head>',
	'<meta charset="utf-8"/>',
	'<meta name="viewport" content="width=device-width, initial-scale=1"/>',
	'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'"/>',
	htmlEscape`<title>${titleOf(requireJudged(incident.state).target)}: ${requireJudged(incident.state).diagnosis.conclusion}</title>`,
	`<style>${htmlStyle}</style>`,
	'</head>',
	'<body>',
	...formatBody(incident).filter(part => part !== ''),
	'</body>',
	'</html>',
	'',
].join('\n');

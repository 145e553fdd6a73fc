import type {ChangeNews} from '../changes/change-news.ts';
import type {TypedStep} from '../changes/describe-change.ts';
import type {Entry} from '../changes/journal.ts';
import type {Prediction} from '../changes/predict.ts';
import type {NodePreview, Preview} from '../fix/preview.ts';
import {type Cell, isFurther, nameCell} from '../probes/matrix.ts';
import {formatCell} from './matrix-text.ts';
import {indent, section} from './sections.ts';
import {
	cutText,
	fitTable,
	formatTable,
	wrapText,
} from './table.ts';

const usualColumns = 120;
const unlimited = 10_000;

const formatStep = ({command, undo, diff}: TypedStep, columns: number): readonly string[] => {
	const line = `${command.padEnd(62)}  undo: ${undo}`;
	return [...(line.length <= columns - 4 ? [line] : [command, `      undo: ${undo}`]), ...indent(diff, ' '.repeat(4))];
};

/** Nodes where the same is done are told together. */
const formatNodes = (nodes: readonly NodePreview[], columns: number): readonly string[] => Map.groupBy(nodes, ({steps, restarts}) => JSON.stringify([steps, restarts])).values()
	.flatMap(group => [
		`on ${group.map(({node}) => node).join(', ')}${group.length > 1 ? ' (the first one alone, then the others)' : ''}`,
		...indent(group[0].steps.flatMap(step => formatStep(step, columns))),
		...indent(group[0].restarts),
	]).toArray();

const words = {
	works: '✓ stays open', fixed: '✗ → ✓ will be open', stays: '✗ stays as it is', breaks: '✓ → ✗ will FAIL', unclear: '? not known',
} as const;

const columnOf = ({toIp, toPort}: Cell): string => `${toIp}:${toPort}`;

const tellPort = (portBefore: number | undefined): string => (portBefore === undefined ? '' : `(until now :${portBefore})`);

const formatPredictions = (predictions: readonly Prediction[], columns: number): readonly string[] => fitTable(predictions.map(({cell, portBefore, expected, by}) => [
	cell.from, '→', columnOf(cell), words[expected], by === undefined ? tellPort(portBefore) : `(${by})`,
]), columns - 2, [0, 4]);

const wrapAll = (texts: readonly string[], columns: number): readonly string[] => texts.flatMap(text => wrapText(text, columns - 2, '  '));

/** Where there is no room for both, what a prediction rests on stands below it, so that the name can be read. */
const tellPredictions = (predictions: readonly Prediction[], columns: number): readonly string[] => {
	const whole = formatPredictions(predictions, unlimited);
	return whole.every(row => row.length <= columns - 2)
		? whole
		: formatPredictions(predictions.map(prediction => ({...prediction, by: undefined})), columns)
			.flatMap((row, index) => (predictions[index].by === undefined ? [row] : [row, `    (${predictions[index].by})`]));
};

/** What somebody reads who is to agree, in so many columns. */
export const formatPreview = (preview: Preview, columns = usualColumns): string => [
	preview.title,
	...wrapText(preview.why, columns, ''),
	...section('what is done', [
		...preview.objects.flatMap(step => formatStep(step, columns)),
		...preview.rollouts,
		...formatNodes(preview.nodes, columns),
	]),
	...section('expected of the probes', tellPredictions(preview.predictions, columns)),
	...section('price', wrapAll(preview.price, columns)),
	...section('to know', wrapAll(preview.notes, columns)),
	...section('cuts', wrapAll([preview.cuts], columns)),
	...section('would do as well, with other drawbacks', preview.others.map(id => `hairpin fix ${id}`)),
	'',
].join('\n');

/** The same probe before. Straight to an endpoint it is the same although the endpoint had another port. */
const formatEarlier = (cell: Cell, before: readonly Cell[]): string => {
	const same = before.find(other => nameCell(other) === nameCell(cell));
	const moved = cell.path === 'endpoint' ? before.find(other => other.path === 'endpoint' && nameCell({...other, toPort: cell.toPort}) === nameCell(cell)) : undefined;
	const earlier = same ?? moved;
	return earlier === undefined ? '-' : cutText(`${formatCell(earlier)}${earlier.toPort === cell.toPort ? '' : ` at :${earlier.toPort}`}`, 30);
};

/** Every probe before and after, one row each, in so many columns. */
export const formatBeforeAfter = (before: readonly Cell[], after: readonly Cell[], columns = usualColumns): readonly string[] => fitTable([
	['FROM', 'ON', 'TO', 'BEFORE', 'AFTER'],
	...after.filter(cell => !isFurther(cell)).map(cell => [cell.from, cell.fromNode, columnOf(cell), formatEarlier(cell, before), cutText(formatCell(cell), 30)]),
], columns, [0, 3, 4]);

type Sentences = {readonly [Type in ChangeNews['type']]: (news: Extract<ChangeNews, {readonly type: Type}>) => string};

const sentences: Sentences = {
	'journal-written': ({file}) => `the journal is ${file}`,
	'object-changed': ({object}) => `${object} changed`,
	'rollout-begun': ({name}) => `waiting until the pods of ${name} were started anew`,
	'rollout-ended': ({name}) => `the pods of ${name} run`,
	'node-begun': ({node, isCanary}) => `${node}: begun${isCanary ? ', as the first one' : ''}`,
	'step-begun': ({node, step}) => `${node}: ${step} begun`,
	'step-done': ({node, step}) => `${node}: ${step} done`,
	'step-restored': ({node, step}) => `${node}: ${step} is back`,
	'unit-restarted': ({node, unit}) => `${node}: ${unit} restarted`,
	'node-lost': ({node, because}) => `${node}: the connection broke (${because}); asking how far it came`,
	'effect-awaited': ({node, isEnding}) => `${node}: waiting until it acts${isEnding ? ' no more' : ''}`,
	'effect-seen': ({node, isEnding, seconds}) => `${node}: it acts${isEnding ? ' no more' : ''} (${seconds.toFixed(1)} s)`,
	'effect-unseen': ({node, because}) => `${node}: not reached, so that nobody saw whether it acts no more (${because})`,
	'rules-late': ({node}) => `${node}: its rules did not follow within 90 s; what is found now tells more`,
	'leftovers-removed': ({node, mode, left}) => `${node}: rules of mode ${mode} removed${left.length > 0 ? `, but not: ${left.join(', ')}` : ''}`,
	rejudged: ({node, worse}) => (worse.length === 0 ? `after ${node}: nothing is worse` : `after ${node}: worse: ${worse.join(', ')}`),
	'node-rolled-back': ({node, because}) => `${node}: put back, because ${because}`,
	'node-undone': ({node}) => `${node}: as it was`,
};

export const formatChangeNews = (news: ChangeNews): string => (sentences[news.type] as (news: ChangeNews) => string)(news);

const describeProgress = ({nodes, objects, until}: Entry): string => {
	const progresses = new Set([...nodes, ...objects].map(({progress}) => progress).filter(progress => progress !== 'planned'));
	return `${progresses.size === 0 ? 'not begun' : [...progresses].join(', ')}${until === undefined ? '' : `, until ${until}`}`;
};

/** What can be changed, for `hairpin fix --list`. */
export const formatChanges = (changes: ReadonlyArray<{readonly usage: string; readonly why: string; readonly checks: readonly string[]}>): string => changes
	.flatMap(({usage, why, checks}) => [
		`${usage}${checks.length > 0 ? `   (repairs ${checks.join(', ')})` : ''}`,
		...indent(wrapText(why, usualColumns - 4, ''), ' '.repeat(4)),
		'',
	]).join('\n');

/** The journal, the newest last. */
export const formatJournal = (entries: readonly Entry[]): string => (entries.length === 0
	? 'nothing was changed from here\n'
	: `${formatTable([
		['ID', 'CHANGE', 'WHERE', 'STATE', 'FOR'],
		...entries.map(entry => [
			entry.id,
			entry.change,
			entry.nodes.length > 0 ? cutText(entry.nodes.map(({node}) => node).join(','), 40) : entry.objects.map(({resource, namespace, name}) => `${resource} ${namespace}/${name}`).join(','),
			describeProgress(entry),
			entry.subject ?? '',
		]),
	]).join('\n')}\n`);

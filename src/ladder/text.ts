import type {Correlation} from '../packets/correlate.ts';
import {formatFlow, formatFlowTitle, type LadderPoint} from '../report/ladder-text.ts';
import type {Capture} from './captures.ts';
import type {Survey} from './survey.ts';
import type {LadderVerdict} from './verdict.ts';

/** All that a ladder report is made of. */
export type LadderReport = {
	readonly captures: readonly Capture[];
	readonly correlation: Correlation;
	readonly survey: Survey;
	readonly verdict: LadderVerdict;
};

const MOST_LADDERS = 3;
const ROWS_OF_ONE = 60;
const ROWS_OF_MANY = 16;
const WIDTH = 118;
const TIME_STEP_MS = 0.001;

const reasons: Readonly<Record<string, string>> = {
	client: 'it saw the address that was dialled and nothing behind NAT',
	node: 'it saw packets before and after NAT',
	backend: 'it saw the packets after their way through NAT',
};

const describeCapture = ({captures, correlation}: LadderReport, position: number): string => {
	const {point, packets, format} = captures[position];
	const {role, isInferred} = correlation.roles[position];
	const because = isInferred && Object.hasOwn(reasons, role) ? `   concluded: ${reasons[role]}` : '';
	return `  ${role.padEnd(7)}  ${point}   ${packets} packets, ${format}${because}`;
};

const describeClocks = ({correlation: {clockOffsets}}: LadderReport): readonly string[] => {
	const [first, ...others] = clockOffsets;
	return others.filter(({offsetMs}) => Math.abs(offsetMs) > TIME_STEP_MS)
		.map(({point, offsetMs}) => `  the clock of ${point} is ${Math.abs(offsetMs).toFixed(1)} ms ${offsetMs > 0 ? 'ahead of' : 'behind'} that of ${first.point}; taken out below`);
};

const describeCounts = ({captures, survey: {counts}}: LadderReport): string => {
	const endings = Object.entries(counts.endings).filter(([, count]) => count > 0).map(([ending, count]) => `${count} ${ending}`);
	const paired = captures.length > 1 ? `, ${counts.paired} of them seen at more than one point` : '';
	return `  ${counts.flows} ${counts.flows === 1 ? 'flow' : 'flows'}${paired}${endings.length > 0 ? `: ${endings.join(', ')}` : ''}`;
};

const describeUntracked = ({captures}: LadderReport): readonly string[] => captures
	.filter(({flows}) => flows.table.untracked > 0)
	.map(({point, flows}) => `  ${point}: ${flows.table.untracked} packets belong to flows beyond the first million and were not followed`);

/** Breaks a sentence between words; lines after the first are indented. */
const wrapSentence = (sentence: string, indent: string): readonly string[] => {
	const lines: string[] = [];
	for (const word of sentence.split(' ')) {
		const last = lines.at(-1);
		if (last === undefined || last.length + word.length + 1 > WIDTH) {
			lines.push(`${indent}${word}`);
		} else {
			lines[lines.length - 1] = `${last} ${word}`;
		}
	}

	return lines;
};

const formatHead = (report: LadderReport): readonly string[] => [
	'Captures',
	...report.captures.map((_, position) => describeCapture(report, position)),
	...describeClocks(report),
	'',
	'Flows',
	describeCounts(report),
	...describeUntracked(report),
];

const formatVerdict = ({verdict}: LadderReport): readonly string[] => ['', 'Verdict', ...wrapSentence(`${['✓', '✗', '?'][verdict.exitCode]} ${verdict.sentence}`, '  ')];

const join = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

/** Counts and the verdict, nothing else. */
export const formatSummary = (report: LadderReport): string => join([...formatHead(report), ...formatVerdict(report)]);

/** The captures, the ladders of the most telling flows, the other flows by one line each, the verdict. */
export const formatLadders = (report: LadderReport): string => {
	const {captures, correlation, survey: {telling, counts}} = report;
	const points: readonly LadderPoint[] = captures.map(({point}, position) => ({point, role: correlation.roles[position].role}));
	const shown = telling.slice(0, MOST_LADDERS);
	const rows = telling.length === 1 ? ROWS_OF_ONE : ROWS_OF_MANY;
	const left = counts.flows - telling.length;
	const listed = [...telling.slice(MOST_LADDERS).map(flow => `  ${formatFlowTitle(flow)}`), ...(left > 0 ? [`  and ${left} more; choose with --flow, count with --summary`] : [])];
	return join([
		...formatHead(report),
		...shown.flatMap(flow => ['', ...formatFlow(flow, points, rows)]),
		...(listed.length > 0 ? ['', 'Other flows', ...listed] : []),
		...formatVerdict(report),
	]);
};

import type {Outcome, ProxyMode} from './fault-case.ts';
import type {CaseResult} from './run-case.ts';
import {
	formatWalkCount,
	parseWalkCount,
	sumWalks,
	walkHeading,
} from './walk-count.ts';

/** One line of the table that is kept. */
export type TableRow = Omit<CaseResult, 'mistakes'> & {readonly isRight: boolean};

const outcomes = ['open', 'timeout', 'refused'] as const satisfies readonly Outcome[];
const modes = ['ipvs', 'iptables', 'nftables'] as const satisfies readonly ProxyMode[];

export const toRow = ({mistakes, ...rest}: CaseResult): TableRow => ({...rest, isRight: mistakes.length === 0});

export const formatRow = ({fault, title, mode, seen, expected, said, walks, isRight}: TableRow): string => `| ${fault} | ${title} | ${mode} | ${seen} | ${expected} | ${said} | ${formatWalkCount(walks)} | ${isRight ? 'right' : 'wrong'} |`;

const parseRow = (line: string): TableRow | undefined => {
	const cells = line.split('|').slice(1, -1).map(cell => cell.trim());
	const [fault = '', title = '', modeWord, word, expected = '', said = '', walks = '', mark] = cells;
	const mode = modes.find(candidate => candidate === modeWord);
	const seen = outcomes.find(outcome => outcome === word);
	return mode !== undefined && seen !== undefined && mark !== undefined
		? {
			fault, title, mode, seen, expected, said, walks: parseWalkCount(walks), isRight: mark === 'right',
		}
		: undefined;
};

/** The rows of a table that `formatTable` wrote. */
export const parseTable = (text: string): readonly TableRow[] => text.split('\n').map(line => parseRow(line)).filter(row => row !== undefined);

/** The rows with the new ones in place of older ones of the same state and mode, in the order of `titles`; what is not among them is left out. */
export const mergeRows = (old: readonly TableRow[], added: readonly TableRow[], titles: readonly string[]): readonly TableRow[] => {
	const byKey = new Map([...old, ...added].map(row => [`${row.mode} ${row.title}`, row]));
	return titles.flatMap(title => modes.map(mode => byKey.get(`${mode} ${title}`))).filter(row => row !== undefined);
};

export const formatTable = (rows: readonly TableRow[]): string => {
	const right = rows.filter(({isRight}) => isRight).length;
	const accused = rows.filter(({expected, said}) => expected === 'none' && said !== 'none').length;
	return [
		'# What hairpin says of faults that were made on the cluster',
		'',
		'Written by `npm run faults`, a row whenever its state is made. Each state is first seen by a plain connection from the client, then hairpin is asked: over SSH on the test cluster, and in nftables mode on the node itself.',
		'',
		'| fault | state | kube-proxy\'s mode | a plain connection | must be the cause | named as the cause | ' + walkHeading + ' | |',
		'|---|---|---|---|---|---|---|---|',
		...rows.map(row => formatRow(row)),
		'',
		`${right} of ${rows.length} right; false accusations: ${accused}.`,
		'',
		sumWalks(rows.map(({walks}) => walks)),
		'',
	].join('\n');
};

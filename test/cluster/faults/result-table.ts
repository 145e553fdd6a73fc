import type {Outcome, ProxyMode} from './fault-case.ts';
import type {CaseResult} from './run-case.ts';
import {
	formatWalkCount,
	parseWalkCount,
	sumWalks,
	walkHeading,
} from './walk-count.ts';

/** One line of the table that is kept. */
export type TableRow = Omit<CaseResult, 'mistakes'> & {
	readonly isRight: boolean;
	/** What was named over Kubernetes, with `wrong: ` before it where it had to be otherwise; undefined where it was not asked so. */
	readonly viaKubernetes: string | undefined;
};

const outcomes = ['open', 'timeout', 'refused', 'stalls'] as const satisfies readonly Outcome[];
const modes = ['ipvs', 'iptables', 'nftables'] as const satisfies readonly ProxyMode[];

export const toRow = ({mistakes, ...rest}: CaseResult): TableRow => ({...rest, isRight: mistakes.length === 0, viaKubernetes: undefined});

export const formatRow = ({fault, title, mode, seen, expected, said, viaKubernetes, walks, isRight}: TableRow): string => `| ${fault} | ${title} | ${mode} | ${seen} | ${expected} | ${said} | ${viaKubernetes ?? '-'} | ${formatWalkCount(walks)} | ${isRight ? 'right' : 'wrong'} |`;

const parseRow = (line: string): TableRow | undefined => {
	const cells = line.split('|').slice(1, -1).map(cell => cell.trim());
	const [fault = '', title = '', modeWord, word, expected = '', said = '', kubernetes = '-', walks = '', mark] = cells;
	const mode = modes.find(candidate => candidate === modeWord);
	const seen = outcomes.find(outcome => outcome === word);
	return mode !== undefined && seen !== undefined && mark !== undefined
		? {
			fault, title, mode, seen, expected, said, viaKubernetes: kubernetes === '-' ? undefined : kubernetes, walks: parseWalkCount(walks), isRight: mark === 'right',
		}
		: undefined;
};

/** The rows of a table that `formatTable` wrote. */
export const parseTable = (text: string): readonly TableRow[] => text.split('\n').map(line => parseRow(line)).filter(row => row !== undefined);

/** The row with what was said over Kubernetes in the same state. */
export const withKubernetes = (row: TableRow, {said, mistakes}: CaseResult): TableRow => ({...row, viaKubernetes: mistakes.length === 0 ? said : `wrong: ${said}`});

/** The rows with the new ones in place of older ones of the same state and mode, in the order of `titles`; what is not among them is left out. */
export const mergeRows = (old: readonly TableRow[], added: readonly TableRow[], titles: readonly string[]): readonly TableRow[] => {
	const keyOf = ({mode, title}: TableRow): string => `${mode} ${title}`;
	const before = new Map(old.map(row => [keyOf(row), row]));
	const byKey = new Map([...before, ...added.map(row => [keyOf(row), {...row, viaKubernetes: row.viaKubernetes ?? before.get(keyOf(row))?.viaKubernetes}] as const)]);
	return titles.flatMap(title => modes.map(mode => byKey.get(`${mode} ${title}`))).filter(row => row !== undefined);
};

export const formatTable = (rows: readonly TableRow[]): string => {
	const right = rows.filter(({isRight}) => isRight).length;
	const accused = rows.filter(({expected, said, viaKubernetes = 'none'}) => expected === 'none' && (said !== 'none' || viaKubernetes.replace(/^wrong: /v, '') !== 'none')).length;
	const twice = rows.filter(({viaKubernetes}) => viaKubernetes !== undefined);
	return [
		'# What hairpin says of faults that were made on the cluster',
		'',
		'Written by `npm run faults`, a row whenever its state is made. Each state is first seen by a plain connection from the client, then hairpin is asked: over SSH on the test cluster, of many states also by `npm run faults kubernetes` over Kubernetes alone, and in nftables mode on the node itself.',
		'',
		'| fault | state | kube-proxy\'s mode | a plain connection | must be the cause | named as the cause | and over Kubernetes | ' + walkHeading + ' | |',
		'|---|---|---|---|---|---|---|---|---|',
		...rows.map(row => formatRow(row)),
		'',
		`${right} of ${rows.length} right; false accusations: ${accused}. Over Kubernetes: ${twice.filter(({said, viaKubernetes}) => said === viaKubernetes).length} of ${twice.length} the same.`,
		'',
		sumWalks(rows.map(({walks}) => walks)),
		'',
	].join('\n');
};

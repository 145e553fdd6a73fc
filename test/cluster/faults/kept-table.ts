import {readFile, writeFile} from 'node:fs/promises';
import {nftCases} from '../nftables/nft-cases.ts';
import {faultCases} from './fault-table.ts';
import {
	formatTable,
	mergeRows,
	parseTable,
	type TableRow,
	toRow,
	withKubernetes,
} from './result-table.ts';
import type {CaseResult} from './run-case.ts';

const file = new URL('../../../docs/faults-table.md', import.meta.url);
const titles = [...new Set([...faultCases, ...nftCases].map(({title}) => title))];

/** The table in docs/, as it was kept. */
export const readTable = async (): Promise<readonly TableRow[]> => parseTable(await readFile(file, 'utf8').catch(() => ''));

/** Writes the row of a state into the table that is kept, beside those of other runs. */
export const keepRow = async (result: CaseResult): Promise<void> => {
	await writeFile(file, formatTable(mergeRows(await readTable(), [toRow(result)], titles)));
};

/** Writes what was said over Kubernetes beside what was said over SSH. Throws where that was not asked before. */
export const keepKubernetes = async (result: CaseResult): Promise<void> => {
	const rows = await readTable();
	const row = rows.find(({title, mode}) => title === result.title && mode === result.mode);
	if (!row) {
		throw new Error('ask over SSH first');
	}

	await writeFile(file, formatTable(mergeRows(rows, [withKubernetes(row, result)], titles)));
};

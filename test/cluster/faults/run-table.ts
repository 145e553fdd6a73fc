import {readFile, writeFile} from 'node:fs/promises';
import process from 'node:process';
import {resetCluster, startCluster, whySkipped} from '../../helpers/real-cluster.ts';
import {faultCases} from './fault-table.ts';
import {
	formatRow,
	formatTable,
	mergeRows,
	parseTable,
	toRow,
} from './result-table.ts';
import {type CaseResult, runCase} from './run-case.ts';

const tableFile = new URL('../../../docs/faults-table.md', import.meta.url);

/** Writes the row of a state into the table that is kept, beside those of other runs. */
const keepRow = async (result: CaseResult): Promise<void> => {
	const old = parseTable(await readFile(tableFile, 'utf8').catch(() => ''));
	await writeFile(tableFile, formatTable(mergeRows(old, [toRow(result)], faultCases.map(({title}) => title))));
};

const runAll = async (wanted: string | undefined): Promise<readonly CaseResult[]> => {
	const results: CaseResult[] = [];
	/* eslint-disable no-await-in-loop -- the cluster has one state at a time */
	const cases = faultCases.filter(({title, fault}) => wanted === undefined || title.includes(wanted) || wanted.split(',').includes(fault));
	for (const given of cases) {
		try {
			const result = await runCase(given);
			results.push(result);
			await keepRow(result);
			console.log([formatRow(toRow(result)), ...result.mistakes].join('\n  '));
		} finally {
			await given.heal?.();
			await resetCluster();
		}
	}

	/* eslint-enable no-await-in-loop */
	return results;
};

const reason = await whySkipped();
if (reason === undefined) {
	await startCluster();
	await resetCluster();
	const results = await runAll(process.argv[2]);
	process.exitCode = results.every(({mistakes}) => mistakes.length === 0) ? 0 : 1;
} else {
	console.log(reason);
}

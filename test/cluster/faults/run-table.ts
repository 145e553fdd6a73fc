import {mkdir, writeFile} from 'node:fs/promises';
import process from 'node:process';
import {resetCluster, startCluster, whySkipped} from '../../helpers/real-cluster.ts';
import {faultCases} from './fault-table.ts';
import {type CaseResult, runCase} from './run-case.ts';

const formatRow = ({fault, title, seen, expected, said, mistakes}: CaseResult): string => `| ${fault} | ${title} | ${seen} | ${expected} | ${said} | ${mistakes.length === 0 ? 'right' : 'wrong'} |`;

const formatTable = (results: readonly CaseResult[]): string => {
	const right = results.filter(({mistakes}) => mistakes.length === 0).length;
	const accused = results.filter(({expected, said}) => expected === 'none' && said !== 'none').length;
	return [
		'# What hairpin says of faults that were made on the cluster',
		'',
		'Written by `npm run faults`. Each state is first seen by a plain connection from the client, then hairpin is asked over SSH.',
		'',
		'| fault | state | a plain connection | must be the cause | named as the cause | |',
		'|---|---|---|---|---|---|',
		...results.map(result => formatRow(result)),
		'',
		`${right} of ${results.length} right; false accusations: ${accused}.`,
		'',
	].join('\n');
};

const runAll = async (wanted: string | undefined): Promise<readonly CaseResult[]> => {
	const results: CaseResult[] = [];
	/* eslint-disable no-await-in-loop -- the cluster has one state at a time */
	const cases = faultCases.filter(({title, fault}) => wanted === undefined || title.includes(wanted) || fault === wanted || wanted.split(',').includes(fault));
	for (const given of cases) {
		try {
			const result = await runCase(given);
			results.push(result);
			console.log([formatRow(result), ...result.mistakes].join('\n  '));
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
	if (process.argv[2] === undefined) {
		await mkdir(new URL('../../../docs/', import.meta.url), {recursive: true});
		await writeFile(new URL('../../../docs/faults-table.md', import.meta.url), formatTable(results));
	}

	process.exitCode = results.every(({mistakes}) => mistakes.length === 0) ? 0 : 1;
} else {
	console.log(reason);
}

// Makes states of the cluster and keeps what hairpin says of each: npm run faults [-- [kubernetes] [ipvs|iptables] [unsolved] [F01,F02|WORDS OF A TITLE]]
// kubernetes: asks over Kubernetes alone, beside what was said over SSH · unsolved: only what the table does not have, or has as wrong.
import process from 'node:process';
import {resetCluster, startCluster, whySkipped} from '../../helpers/real-cluster.ts';
import type {FaultCase, ProxyMode} from './fault-case.ts';
import {expectedIn, faultCases, proxyModes} from './fault-table.ts';
import {keepKubernetes, keepRow, readTable} from './kept-table.ts';
import {formatRow, toRow} from './result-table.ts';
import {runCase} from './run-case.ts';

const words = process.argv.slice(2);
const way = words.includes('kubernetes') ? 'kubernetes' : 'ssh';

const isWanted = ({title, fault}: FaultCase, wanted: string): boolean => title.includes(wanted) || wanted.split(',').includes(fault);

/** Returns what was wrong. */
const runOne = async (given: FaultCase, mode: ProxyMode): Promise<readonly string[]> => {
	try {
		const result = await runCase(given, mode, way);
		await (way === 'ssh' ? keepRow : keepKubernetes)(result);
		console.log([formatRow(toRow(result)), ...result.mistakes].join('\n  '));
		return result.mistakes;
	} catch (error) {
		console.log(`| ${given.fault} | ${given.title} | ${mode} | could not be made: ${String(error)}`);
		return [String(error)];
	} finally {
		await given.heal?.();
		await resetCluster();
	}
};

const named = proxyModes.filter(mode => words.includes(mode));
const solved = words.includes('unsolved') ? (await readTable()).filter(({isRight, said, viaKubernetes}) => (way === 'ssh' ? isRight : said === viaKubernetes)) : [];
const wanted = words.find(word => !['unsolved', 'kubernetes', ...proxyModes].includes(word)) ?? '';
const isSolved = ({title}: FaultCase, mode: ProxyMode): boolean => solved.some(row => row.title === title && row.mode === mode);
const runs = faultCases.filter(given => isWanted(given, wanted))
	.flatMap(given => (named.length > 0 ? named : proxyModes)
		.filter(mode => expectedIn(given, mode) && !isSolved(given, mode)).map(mode => ({given, mode})));

const reason = await whySkipped();
if (reason === undefined) {
	await startCluster();
	await resetCluster();
	for (const {given, mode} of runs) {
		// eslint-disable-next-line no-await-in-loop -- the cluster has one state at a time
		const mistakes = await runOne(given, mode);
		process.exitCode = mistakes.length > 0 ? 1 : process.exitCode;
	}
} else {
	console.log(reason);
}

// Makes states of a node in nftables mode on this machine's own kernel, and keeps what hairpin says of each: npm run faults:nftables [-- WORDS OF A TITLE]
import process from 'node:process';
import {keepRow} from '../faults/kept-table.ts';
import {formatRow, toRow} from '../faults/result-table.ts';
import type {NftCase} from './nft-case.ts';
import {nftCases} from './nft-cases.ts';
import {nftNode, whyNoNftNode} from './nft-node.ts';
import {runNftCase} from './run-nft-case.ts';

const isToldRight = async (given: NftCase): Promise<boolean> => {
	try {
		const result = await runNftCase(given);
		await keepRow(result);
		console.log([formatRow(toRow(result)), ...result.mistakes].join('\n  '));
		return result.mistakes.length === 0;
	} catch (error) {
		console.log(`| ${given.fault} | ${given.title} | nftables | could not be made: ${String(error)}`);
		return false;
	} finally {
		await nftNode.reset();
	}
};

const reason = await whyNoNftNode();
if (reason === undefined) {
	await nftNode.up();
	try {
		const wanted = nftCases.filter(({title}) => title.includes(process.argv[2] ?? ''));
		for (const given of wanted) {
			// eslint-disable-next-line no-await-in-loop -- the node has one state at a time
			process.exitCode = await isToldRight(given) ? process.exitCode : 1;
		}
	} finally {
		await nftNode.down();
	}
} else {
	console.log(reason);
}

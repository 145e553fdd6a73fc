import {until} from '../../helpers/real-cluster.ts';
import {type CaseResult, findMistakes} from '../faults/run-case.ts';
import {countWalks} from '../faults/walk-count.ts';
import type {NftCase} from './nft-case.ts';
import {checkOnNftNode, probePlainly} from './nft-node.ts';

/** Makes the state, sees with a plain connection that it is there, and asks hairpin. Healing is the caller's. */
export const runNftCase = async (given: NftCase): Promise<CaseResult> => {
	const {
		title, fault, client, service, seen, cause,
	} = given;
	await given.inject();
	await until(`"${title}" to be seen as ${seen}`, async () => await probePlainly(client, service) === seen, 40);
	const {report} = await checkOnNftNode(given);
	const mistakes = findMistakes(given, report);
	return {
		title,
		fault,
		mode: 'nftables',
		seen,
		expected: cause ?? 'none',
		said: report.cause ?? 'none',
		walks: countWalks(report),
		mistakes: mistakes.length > 0 ? [...mistakes, report.verdict] : [],
	};
};

import {checkVia, until} from '../../helpers/real-cluster.ts';
import {
	enterMode,
	type Expectation,
	type FaultCase,
	type Outcome,
	type ProxyMode,
} from './fault-case.ts';
import {expectedIn} from './fault-table.ts';
import {
	nameOfClient,
	nodeOf,
	probeFromNode,
	probeFromPod,
} from './plain-probe.ts';
import {type WalkCount, countWalks} from './walk-count.ts';

/** What came of one case. `mistakes` is empty where hairpin said what it must. */
export type CaseResult = {
	readonly title: string;
	readonly fault: string;
	readonly mode: ProxyMode;
	readonly seen: Outcome;
	readonly expected: string;
	readonly said: string;
	readonly walks: WalkCount;
	readonly mistakes: readonly string[];
};

export const findMistakes = ({cause, latent = []}: Expectation, report: {readonly cause: string | null; readonly exitCode: number; readonly latent: readonly string[]}): readonly string[] => [
	...(report.cause === (cause ?? null) ? [] : [`cause ${report.cause ?? 'none'}`]),
	...(report.exitCode === (cause === undefined ? 0 : 1) ? [] : [`exit code ${report.exitCode}`]),
	...latent.filter(id => !report.latent.includes(id)).map(id => `${id} is not latent`),
];

const seePlainly = async ({title, client, isSeenFromNode = false, isSeenByLargeRequest}: FaultCase, pod: string, expected: Outcome): Promise<void> => {
	await until(`"${title}" to be seen as ${expected}`, async () => await (isSeenFromNode ? probeFromNode(nodeOf[client]) : probeFromPod(pod, nodeOf[client], isSeenByLargeRequest)) === expected, 40);
};

/** Makes the state in a mode that it is made in, sees with a plain connection that it is there, and asks hairpin. Healing is the caller's. */
export const runCase = async (given: FaultCase, mode: ProxyMode = 'ipvs', way: 'ssh' | 'kubernetes' = 'ssh'): Promise<CaseResult> => {
	const expected = expectedIn(given, mode) ?? given;
	await enterMode(mode);
	await given.inject();
	const pod = await nameOfClient(given.client);
	await seePlainly(given, pod, expected.seen);
	const {report} = await checkVia(way, 'svc/nginx', '--from', `pod/${pod}`);
	const mistakes = findMistakes(expected, report);
	return {
		title: given.title,
		fault: given.fault,
		mode,
		seen: expected.seen,
		expected: expected.cause ?? 'none',
		said: report.cause ?? 'none',
		walks: countWalks(report),
		mistakes: mistakes.length > 0 ? [...mistakes, report.verdict] : [],
	};
};

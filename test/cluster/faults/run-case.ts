import {
	checkVia,
	kubectl,
	onNode,
	until,
} from '../../helpers/real-cluster.ts';
import {
	enterMode,
	type Expectation,
	type FaultCase,
	type Outcome,
	type ProxyMode,
	vip,
} from './fault-case.ts';
import {expectedIn} from './fault-table.ts';

/** What came of one case. `mistakes` is empty where hairpin said what it must. */
export type CaseResult = {
	readonly title: string;
	readonly fault: string;
	readonly mode: ProxyMode;
	readonly seen: Outcome;
	readonly expected: string;
	readonly said: string;
	readonly mistakes: readonly string[];
};

const findBackend = async (): Promise<string> => (await kubectl('get', 'pods', '-l', 'app=nginx', '-o', 'jsonpath={.items[0].metadata.name}')).trim();

const nodeOf = {mars1: 1, mars2: 2, backend: 1} as const;

// A connection of bash's own, from the pod's network namespace: nothing of hairpin's takes part.
const probeScript = `for n in /var/run/netns/*; do nsenter --net=$n ip -o -4 addr show scope global | grep -qF " $IP/" && break; done
said=$(nsenter --net=$n timeout 3 bash -c "exec 3<>/dev/tcp/$VIP/8080" 2>&1) && echo open || case $said in *refused*) echo refused ;; *) echo timeout ;; esac`;

const probeFromNode = async (node: number): Promise<string> => (await onNode(node, `timeout 3 bash -c 'exec 3<>/dev/tcp/${vip}/8080' 2>/dev/null && echo open || echo timeout`)).trim();

const probeFrom = async (pod: string, node: number): Promise<string> => {
	const ip = (await kubectl('get', 'pod', pod, '-o', 'jsonpath={.status.podIP}')).trim();
	return (await onNode(node, `IP=${ip}; VIP=${vip}; ${probeScript}`)).trim();
};

const findMistakes = ({cause, latent = []}: Expectation, report: {readonly cause: string | null; readonly exitCode: number; readonly latent: readonly string[]}): readonly string[] => [
	...(report.cause === (cause ?? null) ? [] : [`cause ${report.cause ?? 'none'}`]),
	...(report.exitCode === (cause === undefined ? 0 : 1) ? [] : [`exit code ${report.exitCode}`]),
	...latent.filter(id => !report.latent.includes(id)).map(id => `${id} is not latent`),
];

const seePlainly = async ({title, client, isSeenFromNode = false}: FaultCase, pod: string, expected: Outcome): Promise<void> => {
	const node = nodeOf[client];
	await until(`"${title}" to be seen as ${expected}`, async () => await (isSeenFromNode ? probeFromNode(node) : probeFrom(pod, node)) === expected, 40);
};

/** Makes the state in a mode that it is made in, sees with a plain connection that it is there, and asks hairpin. Healing is the caller's. */
export const runCase = async (given: FaultCase, mode: ProxyMode = 'ipvs'): Promise<CaseResult> => {
	const expected = expectedIn(given, mode) ?? given;
	await enterMode(mode);
	await given.inject();
	const pod = given.client === 'backend' ? await findBackend() : given.client;
	await seePlainly(given, pod, expected.seen);
	const {report} = await checkVia('ssh', 'svc/nginx', '--from', `pod/${pod}`);
	const mistakes = findMistakes(expected, report);
	return {
		title: given.title,
		fault: given.fault,
		mode,
		seen: expected.seen,
		expected: expected.cause ?? 'none',
		said: report.cause ?? 'none',
		mistakes: mistakes.length > 0 ? [...mistakes, report.verdict] : [],
	};
};

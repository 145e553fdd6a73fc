import path from 'node:path';
import process from 'node:process';
import {runCommand} from '../../src/access/run.ts';
import {
	checkVia,
	clusterEnv,
	kubectl,
	resetCluster,
	startCluster,
	whySkipped,
} from '../helpers/real-cluster.ts';

const runs = 5;
const root = new URL('../../', import.meta.url).pathname;

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const podFact = async (selector: string, field: string): Promise<string> => {
	const text = await kubectl('get', 'pods', ...selector.split(' '), '-o', `jsonpath=${field}`);
	return text.trim();
};

const describePods = async (): Promise<readonly string[]> => {
	const backend = await podFact('-l app=nginx', '{.items[0].metadata.name}');
	const ips = await Promise.all(['mars1', backend, 'mars2'].map(async pod => podFact(pod, '{.status.podIP}')));
	return ['k8s1', 'k8s2', 'mars1', backend, ...ips];
};

/** Seconds that a bare script needs for the same round trips. */
const runBare = async (pods: readonly string[]): Promise<number> => {
	const {netns, kubeconfig, sshConfig, kubectl: kubectlFile} = await clusterEnv();
	const result = await runCommand(['ip', 'netns', 'exec', netns, path.join(root, 'test/bench/bare-check.sh'), sshConfig, path.join(root, 'src'), ...pods], {
		timeoutMs: 120_000,
		env: {KUBECONFIG: kubeconfig, PATH: `${path.dirname(kubectlFile)}:${process.env.PATH ?? ''}`},
	});
	if (result.exitCode !== 0) {
		throw new Error(`the bare script failed: ${result.stderr}`);
	}

	return result.ms / 1000;
};

const reason = await whySkipped();
if (reason === undefined) {
	await startCluster();
	await resetCluster();
	const pods = await describePods();
	const bare: number[] = [];
	const verdicts: number[] = [];
	const byPods: number[] = [];
	const sinceFirstSyn: number[] = [];
	for (let run = 0; run < runs; run++) {
		// eslint-disable-next-line no-await-in-loop
		bare.push(await runBare(pods));
		// eslint-disable-next-line no-await-in-loop
		const {report: {timing, cause}} = await checkVia('ssh', 'svc/nginx', '--from', 'pod/mars1');
		// eslint-disable-next-line no-await-in-loop
		const {report: {timing: podTiming}} = await checkVia('kubernetes', 'svc/nginx', '--from', 'pod/mars1');
		byPods.push((podTiming.verdictMs ?? NaN) / 1000);
		verdicts.push((timing.verdictMs ?? NaN) / 1000);
		sinceFirstSyn.push((timing.verdictMs ?? NaN) - (timing.firstSynMs ?? NaN));
		console.log(`run ${run + 1}: bare script ${bare[run].toFixed(2)} s, verdict after ${verdicts[run].toFixed(2)} s by ssh and ${byPods[run].toFixed(2)} s by pods, ${Math.round(sinceFirstSyn[run])} ms after the first SYN, cause ${cause ?? 'none'}`);
	}

	console.log(`median of ${runs}: from start to verdict ${(median(verdicts) / median(bare)).toFixed(2)} times the bare script (goal ≤ 1.25), by pods of our own ${(median(byPods) / median(verdicts)).toFixed(2)} times ssh; ${Math.round(median(sinceFirstSyn))} ms after the first SYN (goal ≤ 300)`);
} else {
	console.log(reason);
}

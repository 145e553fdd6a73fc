import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import type {CommandResult} from '../../src/access/run.ts';
import {type Incident, incidents} from '../helpers/incidents.ts';
import {stateOf} from '../helpers/node-state.ts';
import {
	onCluster,
	onClusterThoroughly,
	useClusterAndState,
} from '../helpers/on-cluster.ts';
import {
	clusterEnv,
	flagsOf,
	hairpin,
	hairpinArgv,
	kubectl,
} from '../helpers/real-cluster.ts';
import {type Robot, startRobot} from '../helpers/robot.ts';

const directory = useClusterAndState();

const run = async (...argv: readonly string[]): Promise<CommandResult> =>
	hairpin(['runbook', ...argv, ...await flagsOf('ssh')], {env: {XDG_STATE_HOME: directory()}, timeoutMs: 840_000});

type Walked = {
	readonly steps: ReadonlyArray<{readonly number: string; readonly kind: string; readonly outcome: string; readonly says: string; readonly evidence: readonly string[]; readonly change: string | null}>;
	readonly sentence: string;
	readonly inForce: readonly unknown[];
	readonly exitCode: number;
};

const allStates = async (): Promise<readonly string[]> => Promise.all([...[1, 2, 3].map(async node => stateOf(node)), kubectl('get', 'service', 'nginx', '-o', 'jsonpath={.spec}')]);

/** Walks a shipped runbook in the incident that it is for, through its change and the undo of it, and sees that every node and the Service are as they were. */
const walkThrough = async (t: ExecutionContext, name: string, {inject, from}: Incident, ...flags: readonly string[]): Promise<Walked> => {
	await inject();
	const before = await allStates();
	const result = await run(name, 'svc/nginx', '--from', from, '--answer', 'keep=undo', '--yes', '--json', ...flags);
	t.is(result.exitCode, 0, `${result.stdout}\n${result.stderr}`);
	const walked = JSON.parse(result.stdout) as Walked;
	t.deepEqual(walked.inForce, []);
	t.deepEqual(await allStates(), before);
	return walked;
};

const outcomesOf = ({steps}: Walked): readonly string[] => steps.map(({kind, outcome}) => `${kind} ${outcome}`);

onCluster('the short right runbook: from the incident to the verified repair, and back to the byte, with every step in the bundle', async t => {
	const bundle = path.join(directory(), 'walk.bundle');
	const walked = await walkThrough(t, 'br-netfilter', incidents.founding, '--set', 'nodes=k8s1', '--bundle', bundle);
	t.deepEqual(outcomesOf(walked), ['capture met', 'check met', 'choose done', 'compare met', 'fix done', 'verify met', 'ask done', 'undo done', 'verify met']);
	const judged = await hairpin(['check', '--from-bundle', bundle, '--json']);
	t.is((JSON.parse(judged.stdout) as {readonly cause: string}).cause, 'br-netfilter-not-loaded', 'the bundle holds the incident as it was found');
});

onCluster('an expectation that fails stops the walk there with the evidence, and nothing is changed', async t => {
	const before = await stateOf(1);
	const file = path.join(directory(), 'wrong.yaml');
	await writeFile(file, 'runbook: hairpin/runbook/v1\ntitle: wrong\nsteps:\n  - run: [printf, "%s", $(client-node)]\n    at: node\n    expect: {equals: k8s1}\n  - probe: {client: open}\n  - fix: br-netfilter\n');
	const founding = ['svc/nginx', '--from', incidents.founding.from] as const;
	const refused = await run(file, ...founding);
	t.is(refused.exitCode, 3, 'its commands are asked about, and nobody is there');
	const result = await run(file, ...founding, '--trust');
	t.is(result.exitCode, 1, result.stderr);
	t.regex(result.stdout, /default\/mars1 +k8s1 +✗ timeout/v);
	t.regex(result.stdout, /^step 2 .*: open was expected, timeout was found/mv);
	t.notRegex(result.stdout, /what is done/v);
	t.is(await stateOf(1), before);
});

onClusterThoroughly('the founding incident as the person did it: two settings that change nothing, the captures, the workaround and its undo', async t => {
	const {steps} = await walkThrough(t, 'founding', incidents.founding, '--set', 'nodes=k8s1');
	t.deepEqual(steps.filter(({kind}) => kind === 'verify').map(({outcome}) => outcome), ['met', 'met', 'met', 'met']);
	t.true(steps.some(({kind, evidence}) => kind === 'run' && evidence.some(line => line.endsWith('hairpin_mode:1'))));
});

onClusterThoroughly('the runbook for hairpin_mode, from the pod that cannot reach itself', async t => {
	t.deepEqual(outcomesOf(await walkThrough(t, 'hairpin-port', incidents['hairpin-port'])), ['probe met', 'check met', 'run met', 'fix done', 'verify met', 'ask done', 'undo done', 'verify met']);
});

onClusterThoroughly('the runbook for a wrong targetPort', async t => {
	t.deepEqual(outcomesOf(await walkThrough(t, 'target-port', incidents['target-port'])), ['probe met', 'check met', 'run met', 'fix done', 'verify met', 'check done', 'choose done', 'text done', 'ask done', 'undo done', 'verify met']);
});

onClusterThoroughly('the runbook for a FORWARD chain that drops', async t => {
	t.deepEqual(outcomesOf(await walkThrough(t, 'forward-drop', incidents['forward-drop'])), ['check met', 'probe done', 'fix done', 'verify met', 'ask done', 'undo done', 'verify met']);
});

onClusterThoroughly('a shipped runbook in another incident stops where that shows, and changes nothing', async t => {
	const before = await allStates();
	for (const [name, says] of [['forward-drop', /^step 1 .*cause: forward-policy-drop was expected, br-netfilter-not-loaded was found/mv], ['target-port', /^step 1 .*failing was expected, open\s+was found/mv]] as const) {
		// eslint-disable-next-line no-await-in-loop
		const result = await run(name, 'svc/nginx', '--from', incidents.founding.from, '--yes');
		t.is(result.exitCode, 1, result.stderr);
		t.regex(result.stdout, says);
	}

	t.deepEqual(await allStates(), before);
});

// What a walk asks, as it stands on the screen, and the keys of somebody who makes every change and keeps none.
const answers: ReadonlyArray<readonly [RegExp, readonly string[]]> = [
	[/make this change\?/v, ['y']],
	[/it cuts connections: make it all the same\?/v, ['y']],
	[/put this back\?/v, ['y']],
	[/▌keep /v, ['tab']],
	[/▌undo /v, ['enter']],
];

/** Answers whatever is asked until the walk has come to its end, or has stopped. Resolves with how many changes were made. */
const answerAll = async (robot: Robot): Promise<number> => {
	let made = 0;
	for (;;) {
		// eslint-disable-next-line no-await-in-loop
		await robot.until('a question, or the end', text => /walked to its end|^ step [\d.]+ \(/mv.test(text) || answers.some(([question]) => question.test(text)));
		const text = robot.lines().join('\n');
		const answer = answers.find(([question]) => question.test(text));
		if (!answer) {
			return made;
		}

		made += text.includes('make this change?') ? 1 : 0;
		robot.press(...answer[1]);
		// eslint-disable-next-line no-await-in-loop
		await robot.until('that it was answered', after => !answer[0].test(after));
	}
};

const openWalk = async (name: string, from: string, flags: readonly string[]): Promise<Robot> => {
	const {kubeconfig, kubectl: program} = await clusterEnv();
	return startRobot(await hairpinArgv(['runbook', name, 'svc/nginx', '--from', from, ...flags, ...await flagsOf('ssh')]), {
		patienceMs: 180_000, env: {XDG_STATE_HOME: directory(), KUBECONFIG: kubeconfig, PATH: `${path.dirname(program)}:${process.env.PATH ?? ''}`},
	});
};

const changesOf = {
	'br-netfilter': 1, founding: 3, 'hairpin-port': 1, 'target-port': 1, 'forward-drop': 1,
} as const;

for (const name of ['br-netfilter', 'hairpin-port', 'target-port', 'forward-drop', 'founding'] as const) {
	onClusterThoroughly(`on the screens: ${name}, each change shown and made by a key, and put back by the answer`, async t => {
		const {inject, from} = incidents[name === 'br-netfilter' ? 'founding' : name];
		await inject();
		const before = await allStates();
		const robot = await openWalk(name, from, ['br-netfilter', 'founding'].includes(name) ? ['--set', 'nodes=k8s1'] : []);
		t.teardown(() => {
			robot.close();
		});
		t.is(await answerAll(robot), changesOf[name]);
		await robot.sees('walked to its end');
		robot.press('q');
		t.is((await robot.ended).exitCode, 0);
		t.deepEqual(await allStates(), before);
	});
}

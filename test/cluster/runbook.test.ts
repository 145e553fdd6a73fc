import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import type {CommandResult} from '../../src/access/run.ts';
import {stateOf} from '../helpers/node-state.ts';
import {
	onCluster,
	onClusterThoroughly,
	prepareCluster,
	restoreCluster,
} from '../helpers/on-cluster.ts';
import {flagsOf, hairpin} from '../helpers/real-cluster.ts';

let directory = '';

test.before(async () => {
	directory = await mkdtemp(path.join(tmpdir(), 'hairpin-runbook-'));
	await prepareCluster();
});
test.after.always(async () => {
	await rm(directory, {recursive: true, force: true});
});
test.afterEach.always(restoreCluster);

const run = async (...argv: readonly string[]): Promise<CommandResult> =>
	hairpin(['runbook', ...argv, ...await flagsOf('ssh')], {env: {XDG_STATE_HOME: directory}, timeoutMs: 840_000});

type Walked = {
	readonly steps: ReadonlyArray<{readonly number: string; readonly kind: string; readonly outcome: string; readonly says: string; readonly evidence: readonly string[]; readonly change: string | null}>;
	readonly inForce: readonly unknown[];
	readonly exitCode: number;
};

const founding = ['svc/nginx', '--from', 'pod/mars1'] as const;

onCluster('the short right runbook: from the incident to the verified repair, and back to the byte, with every step in the bundle', async t => {
	const before = await stateOf(1);
	const bundle = path.join(directory, 'walk.bundle');
	const result = await run('br-netfilter', ...founding, '--set', 'nodes=k8s1', '--answer', 'keep=undo', '--yes', '--json', '--bundle', bundle);
	t.is(result.exitCode, 0, result.stderr);
	const {steps, inForce} = JSON.parse(result.stdout) as Walked;
	t.deepEqual(steps.map(({kind, outcome}) => `${kind} ${outcome}`), ['capture met', 'check met', 'choose done', 'compare met', 'fix done', 'verify met', 'ask done', 'undo done', 'verify met']);
	t.deepEqual(inForce, []);
	t.is(await stateOf(1), before);
	const judged = await hairpin(['check', '--from-bundle', bundle, '--json']);
	t.is((JSON.parse(judged.stdout) as {readonly cause: string}).cause, 'br-netfilter-not-loaded', 'the bundle holds the incident as it was found');
});

onClusterThoroughly('the founding incident as the person did it: two settings that change nothing, the captures, the workaround and its undo', async t => {
	const before = await stateOf(1);
	const result = await run('founding', ...founding, '--set', 'nodes=k8s1', '--answer', 'keep=undo', '--yes', '--json');
	t.is(result.exitCode, 0, result.stderr);
	const {steps, inForce} = JSON.parse(result.stdout) as Walked;
	t.deepEqual(steps.filter(({kind}) => kind === 'verify').map(({outcome}) => outcome), ['met', 'met', 'met', 'met']);
	t.true(steps.some(({kind, evidence}) => kind === 'run' && evidence.some(line => line.endsWith('hairpin_mode:1'))));
	t.deepEqual(inForce, []);
	t.is(await stateOf(1), before);
});

onCluster('an expectation that fails stops the walk there with the evidence, and nothing is changed', async t => {
	const before = await stateOf(1);
	const file = path.join(directory, 'wrong.yaml');
	await writeFile(file, 'runbook: hairpin/runbook/v1\ntitle: wrong\nsteps:\n  - run: [printf, "%s", $(client-node)]\n    at: node\n    expect: {equals: k8s1}\n  - probe: {client: open}\n  - fix: br-netfilter\n');
	const refused = await run(file, ...founding);
	t.is(refused.exitCode, 3, 'its commands are asked about, and nobody is there');
	const result = await run(file, ...founding, '--trust');
	t.is(result.exitCode, 1, result.stderr);
	t.regex(result.stdout, /default\/mars1 +k8s1 +✗ timeout/v);
	t.regex(result.stdout, /^step 2 .*: open was expected, timeout was found/mv);
	t.notRegex(result.stdout, /what is done/v);
	t.is(await stateOf(1), before);
});

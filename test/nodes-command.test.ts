import {chmod, copyFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {type CommandResult, runCommand} from '../src/access/run.ts';
import {type FakeAnswers, answerJson, createFakeKubectl} from './helpers/fake-kubectl.ts';
import {findMistakes} from './helpers/report-schema.ts';

const nodeObject = (name: string) => ({metadata: {name}, status: {nodeInfo: {operatingSystem: 'linux', kubeletVersion: 'v1.33.3'}, conditions: [{type: 'Ready', status: 'True'}]}});

const names = (from: number, count: number): readonly string[] => Array.from({length: count}, (_, index) => `n${from + index}`);

const answers: FakeAnswers = {
	'/api/v1/nodes?limit=100': answerJson({metadata: {continue: 'more'}, items: names(0, 100).map(name => nodeObject(name))}),
	'/api/v1/nodes?limit=100&continue=more': answerJson({items: names(100, 20).map(name => nodeObject(name))}),
	'/api/v1/nodes/n1': answerJson(nodeObject('n1')),
	'/api/v1/nodes/n2': answerJson(nodeObject('n2')),
};

type Ran = CommandResult & {readonly requests: readonly string[]};

/** Runs `hairpin nodes` with a kubectl and an ssh of the tests' own. Nodes that are not reachable do not resolve. */
const runNodes = async (t: ExecutionContext, argv: readonly string[], reachable: readonly string[]): Promise<Ran> => {
	const fake = await createFakeKubectl(t, answers);
	const directory = path.dirname(fake.kubectl);
	await copyFile(new URL('helpers/fake-ssh.sh', import.meta.url), path.join(directory, 'ssh'));
	await chmod(path.join(directory, 'ssh'), 0o700);
	await copyFile(new URL('fixtures/evidence/node-founding.txt', import.meta.url), path.join(directory, 'evidence'));
	await writeFile(path.join(directory, 'reachable'), reachable.map(name => `${name}\n`).join(''));
	const result = await runCommand([process.execPath, new URL('../src/hairpin.ts', import.meta.url).pathname, 'nodes', ...argv], {
		timeoutMs: 60_000, env: {PATH: `${directory}:${process.env.PATH ?? ''}`},
	});
	return {...result, requests: await fake.requests()};
};

test('all nodes of the list are read, those that are alike share a row, and each unreachable one has its line', async t => {
	const {exitCode, stdout, stderr, requests} = await runNodes(t, ['--concurrency', '4'], names(0, 118));
	t.is(exitCode, 1);
	t.deepEqual(requests, ['/api/v1/nodes?limit=100', '/api/v1/nodes?limit=100&continue=more']);
	t.regex(stdout, /^NODE .*\n118 alike +ssh +no +no +1 +ACCEPT +ipvs +off +236\/236 /v);
	t.regex(stdout, /\n {2}n118: the name n118 does not resolve; try: .*--ssh NODE=/v);
	t.regex(stdout, /\n {2}n119: the name n119 does not resolve; try: /v);
	t.regex(stdout, /would break {2}br-netfilter-not-loaded on n0, n1, [^:]* n11 and 106 more\n/v);
	t.is(stderr.split('\n').filter(line => / n\d+ (?:read over ssh: br_nf no, |cannot be read: )/v.test(line)).length, 120, 'every node is told as soon as it is there');
});

test('as JSON it fits its schema', async t => {
	const {exitCode, stdout} = await runNodes(t, ['n1', 'n2', '--json'], ['n2']);
	const document = JSON.parse(stdout) as Record<string, unknown>;
	t.deepEqual(findMistakes(document, 'nodes'), []);
	t.like(document, {conclusion: 'fault', exitCode: 1, whole: true});
	t.is(exitCode, 1);
});

test('where no node lets us in, nothing could run, and every reason is told', async t => {
	const {exitCode, stdout} = await runNodes(t, ['n1', 'n2'], []);
	t.is(exitCode, 3);
	t.regex(stdout, /^not read\n {2}n1: .*\n {2}n2: .*\n\nverdict {2}undecided: 2 of 2 nodes could not be read\n$/v);
});

test('with --dry-run it prints the pods that it would make, and makes none', async t => {
	const {exitCode, stdout, requests} = await runNodes(t, ['n1', 'n2', '--dry-run', '--image', 'registry.invalid/tools'], []);
	t.is(exitCode, 0);
	t.is(stdout.match(/^kind: Pod$/gmv)?.length, 2);
	t.deepEqual(requests.toSorted(), ['/api/v1/nodes/n1', '/api/v1/nodes/n2']);
});

import {readFile} from 'node:fs/promises';
import test from 'ava';
import {type KubectlOptions, createKubectl} from '../../src/cluster/kubectl.ts';
import {explainKubectlFailure} from '../../src/cluster/kubectl-failure.ts';
import {type FakeAnswer, answerJson, createFakeKubectl} from '../helpers/fake-kubectl.ts';

const options: KubectlOptions = {kubeconfig: undefined, context: undefined, namespace: undefined};

// Each text was printed by a real kubectl 1.32 against a real API server 1.33, or against a server that misbehaves as described.
const seen = JSON.parse(await readFile(new URL('../fixtures/cluster-objects/kubectl-failures.json', import.meta.url), 'utf8')) as ReadonlyArray<{
	readonly kind: string;
	readonly because: string;
	readonly stderr: string;
}>;

test('one request is one kubectl with the user\'s kubeconfig, context and a time-out', async t => {
	const fake = await createFakeKubectl(t, {'/version': answerJson({gitVersion: 'v1.33.3'})});
	const kubectl = createKubectl({
		...options, ...fake, kubeconfig: '/k', context: 'lab', timeoutMs: 4000,
	});
	t.deepEqual(await kubectl.getRaw('/version'), {ok: true, value: {gitVersion: 'v1.33.3'}});
	t.deepEqual(await fake.commandLines(), ['--kubeconfig=/k --context=lab --request-timeout=4000ms get --raw /version']);
	t.is(kubectl.requests, 1);
});

test('the namespace is the given one, else that of the context, else default, and costs no request', async t => {
	const shop = createKubectl({...options, ...await createFakeKubectl(t, {config: {stdout: 'shop'}})});
	t.is(await shop.currentNamespace(), 'shop');
	t.is(shop.requests, 0);
	for (const answer of [{stdout: ''}, {stderr: 'error: cannot locate context nope\n', exitCode: 1}, {stdout: '../x'}] as readonly FakeAnswer[]) {
		// eslint-disable-next-line no-await-in-loop
		t.is(await createKubectl({...options, ...await createFakeKubectl(t, {config: answer})}).currentNamespace(), 'default');
	}

	const fake = await createFakeKubectl(t, {});
	t.is(await createKubectl({...options, ...fake, namespace: 'given'}).currentNamespace(), 'given');
	t.deepEqual(await fake.commandLines(), []);
});

test('answers are cleaned of what a terminal would obey, keys included', async t => {
	const hostile = {'a\u{1B}[2Jb': ['x\u{1B}]0;title\u{7}y', '\u{202E}z']};
	const stderr = 'Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n';
	const kubectl = createKubectl({...options, ...await createFakeKubectl(t, {'/x': {...answerJson(hostile), stderr}})});
	t.deepEqual(await kubectl.getRaw('/x'), {ok: true, value: {ab: ['xy', 'z']}});
});

test('what is not JSON is told as garbage, shown in one short clean line', async t => {
	const kubectl = createKubectl({
		...options,
		...await createFakeKubectl(t, {
			'/page': {stdout: `<html>\u{1B}[31m\n<body>${'login '.repeat(100)}`},
			'/nothing': {stdout: ''},
			'/deep': {stdout: '['.repeat(200_000) + ']'.repeat(200_000)},
		}),
	});
	const [page, nothing, deep] = await Promise.all(['/page', '/nothing', '/deep'].map(async path => kubectl.getRaw(path)));
	t.like(page, {ok: false, kind: 'garbage'});
	t.regex(page.ok ? '' : page.because, /^kubectl answered with something that is not JSON: <html> <body>login [ a-z…]{1,80}$/v);
	t.like(nothing, {ok: false, kind: 'garbage', because: 'kubectl answered with something that is not JSON: nothing'});
	t.like(deep, {ok: false, kind: 'garbage'});
});

test('an answer without end is cut', async t => {
	const kubectl = createKubectl({...options, ...await createFakeKubectl(t, {'/x': {isEndless: true}}), timeoutMs: 20_000});
	t.like(await kubectl.getRaw('/x'), {ok: false, kind: 'garbage', because: 'kubectl answered with more than 8 MB'});
});

test('a kubectl that hangs, is missing or cannot run is told apart', async t => {
	const fake = await createFakeKubectl(t, {'/x': {isHanging: true}});
	const programs = [fake.kubectl, '/nonexistent/kubectl', '/dev/null'];
	const failures = await Promise.all(programs.map(async kubectl => createKubectl({...options, kubectl, timeoutMs: 1}).getRaw('/x')));
	t.like(failures[0], {ok: false, kind: 'timeout'});
	t.like(failures[1], {ok: false, kind: 'no-kubectl', because: '/nonexistent/kubectl was not found'});
	t.like(failures[2], {ok: false, kind: 'no-kubectl', because: '/dev/null could not be run'});
});

test('what kubectl says about a failure becomes its kind and one sentence', t => {
	for (const {kind, because, stderr} of seen) {
		t.like(explainKubectlFailure(`Warning: something is deprecated\n${stderr}\n`), {ok: false, kind, because});
	}

	t.like(explainKubectlFailure('error: EOF\n', 'Please enter Username: '), {kind: 'unauthorized'});
	t.like(explainKubectlFailure(''), {kind: 'other', because: 'kubectl failed: it printed nothing'});
	const {because} = explainKubectlFailure(`\u{1B}[31mError from server (Forbidden): ${'x'.repeat(10_000)}`);
	t.true(because.length < 500 && !because.includes('\u{1B}'));
});

test('every failure says what to do next', t => {
	t.deepEqual(seen.filter(({stderr}) => explainKubectlFailure(stderr).tryThis === ''), []);
	t.is(explainKubectlFailure(seen[2].stderr).tryThis, 'ask for the right to get services, or name another --context (kubectl auth can-i get services -n default)');
});

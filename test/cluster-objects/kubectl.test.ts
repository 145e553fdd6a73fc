import test from 'ava';
import {type KubectlOptions, createKubectl} from '../../src/cluster/kubectl.ts';
import {explainKubectlFailure} from '../../src/cluster/kubectl-failure.ts';
import {type FakeAnswer, answerJson, createFakeKubectl} from '../helpers/fake-kubectl.ts';

const options: KubectlOptions = {kubeconfig: undefined, context: undefined, namespace: undefined};

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
	const kubectl = createKubectl({...options, ...await createFakeKubectl(t, {'/x': {...answerJson(hostile), stderr: 'Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n'}})});
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
	t.like(await kubectl.getRaw('/x'), {ok: false, kind: 'garbage', because: 'kubectl answered with more than 16 MB'});
});

test('a kubectl that hangs, is missing or cannot run is told apart', async t => {
	const fake = await createFakeKubectl(t, {'/x': {isHanging: true}});
	const failures = await Promise.all([fake.kubectl, '/nonexistent/kubectl', '/dev/null'].map(async kubectl => createKubectl({...options, kubectl, timeoutMs: 1}).getRaw('/x')));
	t.like(failures[0], {ok: false, kind: 'timeout'});
	t.like(failures[1], {ok: false, kind: 'no-kubectl', because: '/nonexistent/kubectl was not found'});
	t.like(failures[2], {ok: false, kind: 'no-kubectl', because: '/dev/null could not be run'});
});

// Each text was printed by a real kubectl 1.32 against a real API server 1.33, or against a server that misbehaves as described.
const seen: ReadonlyArray<readonly [kind: string, because: string, stderr: string]> = [
	['not-found', 'services "nope" not found', 'Error from server (NotFound): services "nope" not found'],
	['not-found', 'the server could not find the requested resource', 'Error from server (NotFound): the server could not find the requested resource'],
	['forbidden', 'user nobody may not get services in the namespace default', 'Error from server (Forbidden): services "nginx" is forbidden: User "nobody" cannot get resource "services" in API group "" in the namespace "default"'],
	['forbidden', 'user nobody may not get nodes in the cluster', 'Error from server (Forbidden): nodes "k8s1" is forbidden: User "nobody" cannot get resource "nodes" in API group "" at the cluster scope'],
	['forbidden', 'user dev may not get deployments.apps in the namespace shop', 'Error from server (Forbidden): deployments.apps "client" is forbidden: User "dev" cannot get resource "deployments" in API group "apps" in the namespace "shop"'],
	['forbidden', 'the API server, or something before it, refused the request (Error from server (Forbidden): denied by proxy)', 'Error from server (Forbidden): denied by proxy'],
	['unauthorized', 'the API server does not accept the login of the kubeconfig: it has expired or is wrong', 'error: You must be logged in to the server (Unauthorized)'],
	['unauthorized', 'the kubeconfig logs in with nosuch-login, which is not installed', 'Unable to connect to the server: getting credentials: exec: executable nosuch-login not found\n\nIt looks like you are trying to use a client-go credential plugin that is not installed.\n\ninstall nosuch-login\n'],
	['unauthorized', 'the login to the cluster failed (Unable to connect to the server: getting credentials: exec: executable sh failed with exit code 1)', 'session expired, run: sso login\nUnable to connect to the server: getting credentials: exec: executable sh failed with exit code 1'],
	['no-kubeconfig', 'the kubeconfig has no context nope', 'error: context "nope" does not exist'],
	['no-kubeconfig', 'kubectl has no kubeconfig, or one without a current context', 'The connection to the server localhost:8080 was refused - did you specify the right host or port?'],
	['no-kubeconfig', 'there is no kubeconfig at /nonexistent', 'error: stat /nonexistent: no such file or directory'],
	['no-kubeconfig', 'the kubeconfig cannot be used (error: error loading config file "bad.kc": yaml: did not find expected key)', 'error: error loading config file "bad.kc": yaml: did not find expected key'],
	['unreachable', 'the API server cannot be reached (The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?)', 'The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?'],
	['unreachable', 'the API server cannot be reached (Unable to connect to the server: dial tcp 10.255.255.1:1: connect: network is unreachable)', 'Unable to connect to the server: dial tcp 10.255.255.1:1: connect: network is unreachable'],
	['unreachable', 'the API server cannot be reached (Error from server (ServiceUnavailable): the server is currently unable to handle the request)', 'Error from server (ServiceUnavailable): the server is currently unable to handle the request'],
	['timeout', 'the API server did not answer in time (Unable to connect to the server: context deadline exceeded (Client.Timeout exceeded while awaiting headers))', 'Unable to connect to the server: context deadline exceeded (Client.Timeout exceeded while awaiting headers)'],
	['other', 'kubectl failed: Error from server (TooManyRequests): the server has received too many requests and has asked us to try again later', 'Error from server (TooManyRequests): the server has received too many requests and has asked us to try again later'],
];

test('what kubectl says about a failure becomes its kind and one sentence', t => {
	for (const [kind, because, stderr] of seen) {
		t.like(explainKubectlFailure(`Warning: something is deprecated\n${stderr}\n`), {ok: false, kind, because});
	}

	t.like(explainKubectlFailure('error: EOF\n', 'Please enter Username: '), {kind: 'unauthorized'});
	t.like(explainKubectlFailure(''), {kind: 'other', because: 'kubectl failed: it printed nothing'});
	const {because} = explainKubectlFailure(`\u{1B}[31mError from server (Forbidden): ${'x'.repeat(10_000)}`);
	t.true(because.length < 500 && !because.includes('\u{1B}'));
});

test('every failure says what to do next', t => {
	t.deepEqual(seen.filter(row => explainKubectlFailure(row[2]).tryThis === ''), []);
	t.is(explainKubectlFailure(seen[2][2]).tryThis, 'ask for the right to get services, or name another --context (kubectl auth can-i get services -n default)');
});

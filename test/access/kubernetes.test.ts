import {
	chmod,
	copyFile,
	mkdtemp,
	readFile,
	rm,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {AccessNews} from '../../src/access/access.ts';
import {createEphemeralAccess} from '../../src/access/ephemeral.ts';
import {createKubernetesAccess} from '../../src/access/kubernetes.ts';
import {createKubectl} from '../../src/cluster/kubectl.ts';

const point = {kind: 'node', node: 'k8s1'} as const;

/** An access over a kubectl of the test's own, which can be made to go wrong. */
const openAccess = async (t: ExecutionContext) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'exec-kubectl-'));
	const kubectl = path.join(directory, 'kubectl');
	await copyFile(new URL('../helpers/exec-kubectl.sh', import.meta.url), kubectl);
	await chmod(kubectl, 0o700);
	const setMode = async (mode: string) => writeFile(path.join(directory, 'mode'), `${mode}\n`);
	await setMode('ok');
	const told: AccessNews[] = [];
	const access = createKubernetesAccess({
		kubectl: createKubectl({
			kubeconfig: undefined, context: undefined, namespace: undefined, kubectl,
		}),
		image: 'debug:1', pullSecret: undefined, debugNamespace: undefined, podDeadlineSeconds: 60,
		tell(news) {
			told.push(news);
		},
	});
	t.teardown(async () => {
		await setMode('ok');
		await access.close();
		await rm(directory, {recursive: true});
	});
	const ephemeral = createEphemeralAccess({
		kubectl: createKubectl({
			kubeconfig: undefined, context: undefined, namespace: undefined, kubectl,
		}),
		image: 'debug:1',
		tell(news) {
			told.push(news);
		},
	});
	t.teardown(async () => ephemeral.close());
	return {
		access, ephemeral, setMode, told, created: async () => readFile(path.join(directory, 'created'), 'utf8'),
	};
};

test('what runs in a pod of ours comes back with its own exit code and without what kubectl adds', async t => {
	const {access, told, created} = await openAccess(t);
	t.deepEqual(await access.connect('k8s1'), {ok: true, way: 'kubernetes'});
	t.deepEqual(told.map(({type}) => type), ['pods-announced'], 'told before anything was made, and once');
	t.regex(await created(), /"kind":"SelfSubjectRulesReview".*"kind":"Pod"/sv);
	const answer = await access.run(point, {text: 'echo "$1"; echo problem >&2; echo "$HAIRPIN_ROOT"; exit 9', args: ['a $(b) \'c\'']});
	t.like(answer, {
		ok: true, stdout: 'a $(b) \'c\'\n/proc/1/root\n', stderr: 'problem\n', exitCode: 9,
	});
});

test('streams are bytes, and end when they are finished', async t => {
	const {access} = await openAccess(t);
	await access.connect('k8s1');
	const stream = access.stream(point, {text: String.raw`printf '\000\377\n'; cat >/dev/null; printf '\001'`, args: []});
	stream.finish();
	const bytes = new Uint8Array(await new Response(ReadableStream.from(stream.stdout)).arrayBuffer());
	t.deepEqual([...bytes], [0, 255, 10, 1]);
	t.is((await stream.ended).exitCode, 0);
});

test('a kubectl that hangs, asks for a login, answers garbage, or has lost its pod is one sentence each', async t => {
	const {access, setMode} = await openAccess(t);
	await access.connect('k8s1');
	const because = async (mode: string) => {
		await setMode(mode);
		const answer = await access.run(point, {text: 'echo never', args: []}, {timeoutMs: 1500, maxBytes: 50_000});
		return answer.ok ? 'it answered' : answer.because;
	};

	t.regex(await because('hang'), /^k8s1 did not answer within \d+ s$/v);
	t.regex(await because('login'), /login of the kubeconfig: it has expired or is wrong/v);
	t.regex(await because('garbage'), /^kubectl failed: |did not answer/v);
	t.is(await because('lost'), 'the pod of ours on k8s1 is gone: it ended (Evicted: The node was low on resource: memory.)');
	const stream = access.stream(point, {text: 'echo never', args: []});
	await new Response(ReadableStream.from(stream.stdout)).text();
	t.like(await stream.ended, {because: 'the pod of ours on k8s1 is gone: it ended (Evicted: The node was low on resource: memory.)'});
});

test('an API server that answers garbage is told before anything is made', async t => {
	const {access, setMode, told} = await openAccess(t);
	await setMode('garbage');
	const connection = await access.connect('k8s1');
	t.like(connection, {ok: false});
	t.deepEqual(told.map(({type}) => type), ['pods-refused']);
	t.regex(told[0].type === 'pods-refused' ? told[0].because : '', /something that is not JSON/v);
});

const pod = {
	kind: 'pod', namespace: 'shop', pod: 'web', node: 'k8s1', ip: '10.244.0.9',
} as const;

test('a container inside a pod looks at that pod, is announced first, and tells nothing of the node', async t => {
	const {ephemeral, told} = await openAccess(t);
	t.deepEqual(await ephemeral.connect('k8s1'), {ok: true, way: 'ephemeral'});
	t.deepEqual(told, [], 'nothing is made before it is needed');
	const stream = ephemeral.stream(pod, {text: String.raw`printf '\000\377'; cat >/dev/null; printf '\001'`, args: []});
	stream.finish();
	t.deepEqual([...new Uint8Array(await new Response(ReadableStream.from(stream.stdout)).arrayBuffer())], [0, 255, 1]);
	t.is((await stream.ended).exitCode, 0);
	t.like(await ephemeral.run(pod, {text: 'echo "[$HAIRPIN_ROOT]"', args: []}), {ok: true, stdout: '[]\n'});
	t.deepEqual(told, [{type: 'container-announced', pod: 'shop/web', image: 'debug:1'}]);
	t.like(await ephemeral.run(point, {text: 'echo never', args: []}), {ok: false, because: 'only containers inside the pods may look, so the settings of the node are not known'});
	const refused = ephemeral.stream(point, {text: 'echo never', args: []});
	t.regex(await new Response(ReadableStream.from(refused.stderr)).text(), /^hairpin: problem only containers inside the pods may look/v);
});

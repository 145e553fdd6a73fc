import process from 'node:process';
import test from 'ava';
import {debugNamespace, readingPod, warmingPod} from '../../src/access/node-pod/manifest.ts';
import {planNodePod} from '../../src/access/node-pod/node-pods.ts';
import {askPermission, describeRights, missingRights} from '../../src/access/node-pod/rights.ts';
import {readPodState} from '../../src/access/node-pod/state.ts';
import {describeProcess, isProcessAlive} from '../../src/access/owner.ts';
import type {KubectlProgram} from '../../src/cluster/kubectl.ts';
import {explainKubectlFailure} from '../../src/cluster/kubectl-failure.ts';

const owner = {session: '0a1b2c3d', owner: 'ops (night)@jump-1.example', process: 'jump-1 4711 99'};
const request = planNodePod({
	image: 'debug:1', pullSecret: 'pull', debugNamespace: undefined, podDeadlineSeconds: 60,
}, 'k8s1', 2, owner);

test('the pod that looks is least: nothing of the node is mounted, no token, no privileges but the six that it needs', t => {
	const {metadata, spec} = readingPod(request);
	t.like(metadata, {name: 'hairpin-0a1b2c3d-2', namespace: 'hairpin-system', labels: {'app.kubernetes.io/managed-by': 'hairpin', 'hairpin/session': '0a1b2c3d', 'hairpin/owner': 'ops__night__jump-1.example'}});
	t.like(spec, {
		nodeName: 'k8s1', hostNetwork: true, hostPID: true, restartPolicy: 'Never', activeDeadlineSeconds: 60, automountServiceAccountToken: false,
	});
	t.like(spec.containers[0], {image: 'debug:1', imagePullPolicy: 'IfNotPresent'});
	t.like(spec.containers[0].securityContext, {privileged: false, readOnlyRootFilesystem: true});
	t.deepEqual(spec.containers[0].securityContext.capabilities, {drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW', 'SYS_PTRACE', 'SYS_ADMIN', 'SETUID', 'SETGID']});
	t.true(spec.volumes.every(volume => 'emptyDir' in volume));
	t.deepEqual(spec.tolerations, [{operator: 'Exists'}]);
	t.false(spec.containers[0].command.some(word => word.includes('$$')), 'Kubernetes turns $$ of a command into $');
});

test('the pod that warms has no rights at all', t => {
	const {spec} = warmingPod(request);
	t.false('hostNetwork' in spec);
	t.deepEqual(spec.containers[0].securityContext, {capabilities: {drop: ['ALL']}, allowPrivilegeEscalation: false});
});

const rule = (verbs: readonly string[], resources: readonly string[], apiGroups: readonly string[] = [''], resourceNames?: readonly string[]) => ({
	verbs, resources, apiGroups, ...(resourceNames && {resourceNames}),
});
const reviewOf = (...resourceRules: readonly unknown[]) => ({status: {resourceRules, incomplete: false}});

test('rights come from rules with names or stars, and not from rules for single objects', t => {
	const wanted = [{verb: 'create', resource: 'pods'}, {verb: 'get', resource: 'pods'}, {verb: 'create', resource: 'pods/exec'}];
	t.deepEqual(missingRights(reviewOf(rule(['*'], ['*'], ['*'])), wanted), []);
	t.deepEqual(missingRights(reviewOf(rule(['create', 'get'], ['pods']), rule(['create'], ['*/exec'])), wanted), []);
	t.is(describeRights(missingRights(reviewOf(rule(['get', 'list'], ['pods'])), wanted)), 'create pods and create pods/exec');
	t.is(describeRights(missingRights(reviewOf(rule(['create', 'get'], ['pods'], ['apps']), rule(['create'], ['pods/exec'], [''], ['one'])), wanted)), 'create, get pods and create pods/exec');
	t.deepEqual(missingRights({status: {resourceRules: [], incomplete: true}}, wanted), [], 'an incomplete review accuses nobody');
	t.is(missingRights('garbage', wanted).length, 3);
});

const kubectlWith = (review: unknown, namespace: unknown): KubectlProgram => ({
	getRaw: async () => (namespace === undefined ? explainKubectlFailure('Error from server (NotFound): namespaces "x" not found') : {ok: true, value: namespace}),
	create: async () => ({ok: true, value: review}),
	command: async () => ({ok: true, text: ''}),
	argv: words => ['kubectl', ...words],
	currentNamespace: async () => 'default',
	requests: 0,
});

test('before anything is made: the rights, whether the namespace exists, and its PodSecurity', async t => {
	const all = reviewOf(rule(['*'], ['*'], ['*']));
	t.deepEqual(await askPermission(kubectlWith(all, undefined), 'x'), {willMakeNamespace: true});
	t.deepEqual(await askPermission(kubectlWith(all, {metadata: {}}), 'x'), {willMakeNamespace: false});
	t.like(await askPermission(kubectlWith(all, {metadata: {labels: {'pod-security.kubernetes.io/enforce': 'baseline'}}}), 'x'), {isForbidden: true, because: 'the namespace x enforces PodSecurity baseline, which allows no pod on a node\'s network'});
	const none = await askPermission(kubectlWith(reviewOf(), undefined), 'x');
	t.like(none, {isForbidden: true});
	t.regex('because' in none ? none.because : '', /create namespaces and create, get, list, delete pods and create pods\/exec in the namespace x/v);
	t.deepEqual(debugNamespace('x', owner).metadata.labels, {'app.kubernetes.io/managed-by': 'hairpin', 'hairpin/session': '0a1b2c3d', 'pod-security.kubernetes.io/enforce': 'privileged'});
});

const podWith = (phase: string, state: unknown, more: object = {}) => ({status: {phase, ...more, containerStatuses: [{state}]}});

test('the state of a pod is running, waiting for something, or ended for a reason', t => {
	t.deepEqual(readPodState(podWith('Running', {running: {}})), {kind: 'running'});
	t.deepEqual(readPodState({status: {phase: 'Pending'}}), {kind: 'waiting', doing: 'ContainerCreating'});
	const because = (pod: unknown) => {
		const state = readPodState(pod);
		return state.kind === 'ended' ? state.failure.because : state.kind;
	};

	t.is(because(podWith('Pending', {waiting: {reason: 'ImagePullBackOff', message: 'no \u{1B}[31msuch image'}})), 'the image cannot be pulled (ImagePullBackOff: no such image)');
	t.is(because(podWith('Pending', {waiting: {reason: 'RunContainerError', message: 'no sh'}})), 'its container does not start (RunContainerError: no sh)');
	t.is(because(podWith('Failed', undefined, {reason: 'DeadlineExceeded', message: 'too long'})), 'its time was over (DeadlineExceeded: too long)');
	t.is(because(podWith('Failed', {terminated: {exitCode: 137, reason: 'Error'}}, {reason: 'Evicted', message: 'low on memory'})), 'it ended (Evicted: low on memory)');
	t.is(because(podWith('Running', {terminated: {exitCode: 1, reason: 'Error'}})), 'it ended (Error)');
	t.is(because({metadata: {deletionTimestamp: 'now'}, ...podWith('Running', {running: {}})}), 'somebody deletes it');
	t.is(because('garbage'), 'waiting');
});

test('a described process is told from a later one with its number, and from those of other machines', t => {
	const ourselves = describeProcess(process.pid);
	t.true(isProcessAlive(ourselves));
	t.false(isProcessAlive(`${ourselves}1`));
	t.is(isProcessAlive(ourselves.replace(/^\S+/v, 'another-machine')), undefined);
	t.is(isProcessAlive(''), undefined);
	t.is(isProcessAlive(`${ourselves.split(' ', 1)[0]} 0 1`), undefined, 'no signal is sent to our own group');
});

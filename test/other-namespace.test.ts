import test from 'ava';
import {formatFrom} from '../src/cluster/pod-label.ts';
import {type TargetRequest, resolveTarget} from '../src/target.ts';
import {
	type FakeAnswers,
	answerJson,
	createRecordedKubectl,
	readRecordedAnswers,
} from './helpers/fake-kubectl.ts';

const lab: FakeAnswers = Object.fromEntries(Object.entries(await readRecordedAnswers('lab')).map(([path, value]) => [path, answerJson(value)]));

const resolve = async (request: TargetRequest, changes: FakeAnswers = {}) => {
	const kubectl = createRecordedKubectl({...lab, ...changes});
	return {target: await resolveTarget(kubectl, request), asked: kubectl.asked};
};

const web = {
	kind: 'Pod',
	metadata: {name: 'web', namespace: 'shop'},
	spec: {nodeName: 'k8s2', containers: [{name: 'web', image: 'web'}]},
	status: {
		phase: 'Running', podIP: '10.244.2.9', podIPs: [{ip: '10.244.2.9'}], containerStatuses: [{name: 'web', ready: true, state: {running: {}}}],
	},
};

const policiesOf = (namespace: string, name: string) => ({
	[`/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies?limit=200`]: answerJson({items: [{metadata: {name, namespace}, spec: {podSelector: {}}}]}),
});

const withWeb = {'/api/v1/namespaces/shop/pods/web': answerJson(web), ...policiesOf('default', 'in')};
const asked = {service: 'nginx', from: 'shop/pod/web', namespace: 'default'};

test('a client of another namespace, and the policies of both', async t => {
	const {target, asked: requests} = await resolve(asked, {...withWeb, ...policiesOf('shop', 'out')});
	t.like(target.client, {name: 'web', namespace: 'shop', node: 'k8s2'});
	t.deepEqual(target.backends.map(({namespace}) => namespace), ['default']);
	t.like(target.policies, {policies: [{name: 'in', namespace: 'default'}, {name: 'out', namespace: 'shop'}]});
	t.true(requests.length <= 12);
	t.is(formatFrom(target.client, target.service.namespace), 'shop/pod/web');
	t.is(formatFrom({name: 'web', namespace: 'shop'}, 'shop'), 'pod/web');
});

test('policies of one end that may not be read leave both unknown', async t => {
	const {target} = await resolve(asked, withWeb);
	t.regex(target.policies && 'unknown' in target.policies ? target.policies.unknown : '', /^the NetworkPolicies could not be read/v);
});

test('a client\'s namespace that does not exist brings the nearest ones', async t => {
	await t.throwsAsync(resolve({...asked, from: 'defualt/pod/web'}), {message: 'there is no namespace defualt'});
});

test('a Service as cluster DNS names it', async t => {
	for (const service of ['nginx.default', 'svc/nginx.default.svc:8080', 'nginx.default.svc.cluster.local:8080']) {
		// eslint-disable-next-line no-await-in-loop
		const {target} = await resolve({service, from: 'pod/mars1'});
		t.is(target.service.name, 'nginx');
	}

	await t.throwsAsync(resolve({service: 'nginx.shop', from: 'pod/mars1', namespace: 'default'}), {message: 'nginx.shop is not in the namespace default'});
});

import test from 'ava';
import {type Target, resolveTarget} from '../src/target.ts';
import {findMeantPods, meantSelector} from '../src/target/meant-pods.ts';
import {buildEvidence, nginx} from './helpers/evidence-builder.ts';
import {
	type FakeAnswers,
	answerJson,
	createRecordedKubectl,
	readRecordedAnswers,
} from './helpers/fake-kubectl.ts';

const lab = await readRecordedAnswers('lab');
const v1 = '/api/v1/namespaces/default';
const labSlices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name=nginx&limit=20';
const running = `${v1}/pods?fieldSelector=status.phase=Running`;

/** The lab's Service with a selector that finds nothing. */
const withSelector = (selector: Readonly<Record<string, string>>): FakeAnswers => {
	const service = lab[`${v1}/services/nginx`] as {readonly spec: Record<string, unknown>};
	const [[key, value]] = Object.entries(selector);
	const list = (...items: readonly unknown[]) => answerJson({items});
	const backend = lab[`${v1}/pods/nginx-app-586d595c7f-p4wgt`];
	return {
		[`${v1}/services/nginx`]: answerJson({...service, spec: {...service.spec, selector}}),
		[labSlices]: list(),
		[`${v1}/endpoints/nginx`]: list(),
		[`${v1}/pods?labelSelector=${key}=${value}&limit=50`]: list(),
		[`${running},spec.nodeName=k8s1&labelSelector=${key}!=${value}&limit=20`]: list(lab[`${v1}/pods/mars1`], backend),
		[`${running},spec.nodeName!=k8s1&labelSelector=${key}!=${value}&limit=20`]: answerJson(lab[`${running},spec.nodeName!=k8s1&labelSelector=app!=nginx&limit=20`]),
	};
};

const resolve = async (selector: Readonly<Record<string, string>>): Promise<{readonly asked: readonly string[]; readonly target: Target}> => {
	const recorded = Object.fromEntries(Object.entries(lab).map(([path, value]) => [path, answerJson(value)]));
	const kubectl = createRecordedKubectl({...recorded, ...withSelector(selector)});
	return {target: await resolveTarget(kubectl, {service: 'nginx', from: 'pod/mars1', namespace: 'default'}), asked: kubectl.asked};
};

test('where a selector finds no pod, those whose labels come near are examined as if they were behind it', async t => {
	const {asked, target} = await resolve({app: 'ngnix'});
	t.deepEqual(target.backends.map(({name}) => name), ['nginx-app-586d595c7f-p4wgt']);
	t.deepEqual(target.endpoints, [{
		ip: '10.244.0.3', port: 80, isReady: false, node: 'k8s1', pod: 'nginx-app-586d595c7f-p4wgt',
	}]);
	t.deepEqual([target.client.name, target.otherClient?.name, ...target.nodes.keys()], ['mars1', 'mars2', 'k8s1', 'k8s2']);
	t.true(target.isMeant);
	t.deepEqual(target.notes, ['svc/nginx has no endpoints: its selector finds no pod; nginx-app-586d595c7f-p4wgt, whose labels come near, is examined as if it was behind it']);
	t.true(asked.length <= 12);
	const far = await resolve({app: 'postgres'});
	t.deepEqual([far.target.isMeant, far.target.endpoints, far.target.backends], [undefined, [], []]);
	t.true(far.target.notes.includes('svc/nginx has no endpoints for port 8080'));
});

test('a selector is put right where nothing but a slip is wrong with it, and those who would answer agree', t => {
	const meant = (selector: Readonly<Record<string, string>>, ...found: ReadonlyArray<Readonly<Record<string, string>>>): string | undefined => {
		const {target} = buildEvidence();
		return meantSelector({service: {...target.service, selector}, backends: found.map(labels => ({...nginx, labels})), isMeant: true});
	};

	t.is(meant({app: 'ngnix', tier: 'front'}, {app: 'nginx', tier: 'front'}, {app: 'nginx', tier: 'front', more: '1'}), 'app=nginx,tier=front');
	t.is(meant({app: 'ngix'}, {app: 'nginx'}), undefined, 'too short to tell a slip from another word');
	t.is(meant({app: 'paymets'}, {app: 'payments'}), 'app=payments');
	t.is(meant({app: 'web-paymets.v1'}, {app: 'web-payments.v1'}), 'app=web-payments.v1');
	for (const [wanted, found] of [['db', 'web'], ['api', 'app'], ['cart', 'card'], ['reader', 'header'], ['worker-a', 'worker-b'], ['payment', 'payments'], ['store-front', 'front'], ['store-v1', 'store-v2'], ['nginx-canary', 'nginx'], ['nginx', 'nginx-canary'], ['', 'nginx'], ['nginx', 'nginx; rm']]) {
		t.is(meant({app: wanted}, {app: found}), undefined, `${wanted} ${found}`);
	}

	t.is(meant({app: 'ngnix'}, {app: 'nginx'}, {app: 'ngnixx'}), undefined);
	t.is(meantSelector({service: {...buildEvidence().target.service, selector: {app: 'ngnix'}}, backends: [{...nginx, isReady: false}], isMeant: true}), undefined);
});

test('a pod is meant where each label comes near, and it has a network of its own', t => {
	const near = {...nginx, labels: {app: 'nginx', tier: 'front'}};
	t.deepEqual(findMeantPods({app: 'nginx', tier: 'fornt'}, [near, near]), [near]);
	t.deepEqual(findMeantPods({app: 'nginx', tier: 'back'}, [near]), []);
	t.deepEqual(findMeantPods({app: 'nginx'}, [{...near, isHostNetwork: true}]), []);
	t.deepEqual(findMeantPods({}, [near]), []);
});

import test from 'ava';
import {createKubectl} from '../src/cluster/kubectl.ts';
import {type Target, type TargetRequest, resolveTarget} from '../src/target.ts';
import {UserFacingError} from '../src/user-facing-error.ts';
import {
	type FakeAnswers,
	answerJson,
	createFakeKubectl,
	createRecordedKubectl,
	readRecordedAnswers,
} from './helpers/fake-kubectl.ts';

type Recorded = Readonly<Record<string, unknown>>;

const lab = await readRecordedAnswers('lab');
const shop = await readRecordedAnswers('shop');

const asAnswers = (recorded: Recorded): FakeAnswers => Object.fromEntries(Object.entries(recorded).map(([path, value]) => [path, answerJson(value)]));

type Outcome = {readonly asked: readonly string[]; readonly target?: Target; readonly error?: UserFacingError};

const settle = async (resolving: Promise<Target>): Promise<{readonly target?: Target; readonly error?: UserFacingError}> => {
	try {
		return {target: await resolving};
	} catch (error) {
		if (error instanceof UserFacingError) {
			return {error};
		}

		throw error;
	}
};

const resolve = async (answers: FakeAnswers, request: TargetRequest): Promise<Outcome> => {
	const kubectl = createRecordedKubectl(answers);
	return {asked: kubectl.asked, ...await settle(resolveTarget(kubectl, request))};
};

const inLab = async (service: string, from: string | undefined, changes: FakeAnswers = {}) =>
	resolve({...asAnswers(lab), ...changes}, {service, from, namespace: 'default'});

const inShop = async (service: string, from: string | undefined, changes: FakeAnswers = {}) =>
	resolve({...asAnswers(shop), ...changes}, {service, from, namespace: 'shop'});

const namesOf = (target: Target | undefined) => target && {
	client: `${target.client.name}@${target.client.node}`,
	other: target.otherClient && `${target.otherClient.name}@${target.otherClient.node}`,
	backends: target.backends.map(({name}) => name),
	endpoints: target.endpoints.map(({ip, port, isReady}) => `${ip}:${port}${isReady ? '' : ' not ready'}`),
	nodes: target.nodes.keys().toArray(),
};

const forbidden = (user: string, verb: string, resource: string) => ({
	stderr: `Error from server (Forbidden): ${resource} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "" in the namespace "default"\n`, exitCode: 1,
});

const v1 = '/api/v1/namespaces/default';
const labSlices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name=nginx&limit=20';
const offNode = (node: string) => `${v1}/pods?fieldSelector=status.phase=Running,spec.nodeName!=${node}&labelSelector=app!=nginx&limit=20`;
const onNode = (node: string) => `${v1}/pods?fieldSelector=status.phase=Running,spec.nodeName=${node}&labelSelector=app!=nginx&limit=20`;

test('the founding pair is found with nine narrow requests', async t => {
	const {asked, target} = await inLab('svc/nginx:8080', 'pod/mars1');
	t.deepEqual(namesOf(target), {
		client: 'mars1@k8s1', other: 'mars2@k8s2', backends: ['nginx-app-586d595c7f-p4wgt'], endpoints: ['10.244.0.3:80'], nodes: ['k8s1', 'k8s2'],
	});
	t.deepEqual(target?.notes, []);
	t.like(target, {serverVersion: 'v1.33.3', service: {clusterIp: '10.98.171.178'}, port: {port: 8080, targetPort: 80}});
	t.is(target?.nodes.get('k8s2')?.internalIp, '192.168.99.12');
	t.deepEqual(asked.toSorted(), [
		`${v1}/pods/mars1`,
		`${v1}/pods/nginx-app-586d595c7f-p4wgt`,
		`${v1}/services/nginx`,
		labSlices,
		offNode('k8s1'),
		'/api/v1/nodes/k8s1',
		'/api/v1/nodes/k8s2',
		'/apis/networking.k8s.io/v1/namespaces/default/networkpolicies?limit=200',
		'/version',
	].toSorted());
});

test('a workload gives one of its pods, and no namespace on the command line is that of the context', async t => {
	const {asked, target} = await resolve({...asAnswers(lab), config: {stdout: 'default'}}, {service: 'nginx', from: 'deploy/nginx-app'});
	t.is(namesOf(target)?.client, 'nginx-app-586d595c7f-p4wgt@k8s1');
	t.true(asked.length <= 12);
	const {target: picked} = await inShop('web:http', 'deploy/client');
	t.is(picked?.client.name, 'client-1');
	t.true(picked?.notes.includes('client-1 on n1 was picked from deploy/client'));
});

test('without --from the client runs beside a backend, and the other on another node', async t => {
	const {asked, target} = await inLab('service/nginx', undefined);
	t.like(namesOf(target), {client: 'mars1@k8s1', other: 'mars2@k8s2'});
	t.deepEqual(target?.notes, ['no --from was given: mars1 on k8s1 was picked as the client, because the backend nginx-app-586d595c7f-p4wgt runs on the same node']);
	t.true(asked.includes(onNode('k8s1')));
});

test('without --from and without a pod beside the backend, any other will do, and the backend itself as the last resort', async t => {
	const empty = answerJson({items: []});
	const away = await inLab('nginx', undefined, {[onNode('k8s1')]: empty});
	t.like(namesOf(away.target), {client: 'mars2@k8s2', other: 'mars3@k8s3'});
	t.true(away.target?.notes.some(note => note.endsWith('no backend runs on its node')));
	const alone = await inLab('nginx', undefined, {[onNode('k8s1')]: empty, [offNode('k8s1')]: empty});
	t.like(namesOf(alone.target), {client: 'nginx-app-586d595c7f-p4wgt@k8s1', other: undefined});
	t.deepEqual(alone.target?.notes, [
		'no --from was given: nginx-app-586d595c7f-p4wgt on k8s1 was picked as the client; it is itself a backend, because no other pod of the namespace can be one',
		'no other pod on another node than k8s1 can be a second client, so the path between nodes is not compared',
	]);
});

test('several endpoints: what decides their path is noted, and the named port is resolved to its number', async t => {
	const {asked, target} = await inShop('web', 'client-1');
	t.deepEqual(namesOf(target), {
		client: 'client-1@n1', other: 'client-3@n3', backends: ['web-1', 'web-2'], endpoints: ['10.244.0.5:8080', '10.244.1.5:8080 not ready'], nodes: ['n1', 'n2', 'n3'],
	});
	t.deepEqual(target?.notes, [
		'svc/web has several ports: 80/TCP (http) is examined, not 53/UDP (dns), 9000/TCP (admin), 132/SCTP (tel); name one with svc/web:PORT',
		'1 of 2 endpoints is not ready: web-2',
		'internalTrafficPolicy is Local: each node uses only the endpoints that run on it',
		'sessionAffinity is ClientIP: a client stays with one endpoint',
		'node n3 is NotReady',
	]);
	t.true(asked.includes('/api/v1/namespaces/shop/pods?labelSelector=app=web&limit=50'));
	const dns = await inShop('web:53', 'client-1');
	t.like(dns.target?.port, {protocol: 'UDP', targetPort: 5353});
});

test('a Service with an IPv6 ClusterIP is examined in IPv6', async t => {
	const {target} = await inShop('dual', 'client-1');
	t.deepEqual(namesOf(target)?.endpoints, ['fd00:10::5:8080', 'fd00:11::5:8080 not ready']);
	t.deepEqual([target?.client.ip, target?.backends[0].ip], ['fd00:10::6', 'fd00:10::5']);
	const withoutIpv6 = await inShop('dual', 'client-2');
	t.is(withoutIpv6.error?.because, 'pod client-2 has no address in the Service\'s IP family');
});

test('no endpoints, no selector and an unknown port name are facts, not failures', async t => {
	const nobody = await inShop('nobody', undefined);
	t.like(namesOf(nobody.target), {client: 'client-1@n1', other: 'client-2@n2', endpoints: []});
	t.true(nobody.target?.notes.includes('svc/nobody has no endpoints for port 80'));
	const manual = await inShop('manual', 'client-1');
	t.deepEqual(namesOf(manual.target)?.endpoints, ['192.0.2.7:8080']);
	t.true(manual.target?.notes.includes('svc/manual has no selector: somebody else keeps its endpoints'));
	const admin = await inShop('web:admin', 'client-1');
	t.deepEqual([admin.target?.endpoints, namesOf(admin.target)?.backends], [[], ['web-1', 'web-2']]);
	t.true(admin.target?.notes.includes('svc/web has no endpoints for port 9000: no container of its pods has a port named nope'));
});

test('an API server without EndpointSlices is asked for the Endpoints object', async t => {
	const old = await inLab('nginx', 'mars1', {[labSlices]: {stderr: 'Error from server (NotFound): the server could not find the requested resource\n', exitCode: 1}});
	t.deepEqual(namesOf(old.target)?.endpoints, ['10.244.0.3:80']);
	t.deepEqual(old.target?.notes, []);
	const denied = await inLab('nginx', 'mars1', {[labSlices]: forbidden('dev', 'list', 'endpointslices')});
	t.deepEqual(namesOf(denied.target)?.endpoints, ['10.244.0.3:80']);
	t.regex(denied.target?.notes[0] ?? '', /^the EndpointSlices could not be read \(user dev may not list endpointslices/v);
	const both = await inLab('nginx', 'mars1', {[labSlices]: forbidden('dev', 'list', 'endpointslices'), [`${v1}/endpoints/nginx`]: forbidden('dev', 'get', 'endpoints')});
	t.is(both.error?.because, 'the EndpointSlices of svc/nginx could not be read: user dev may not list endpointslices in the namespace default');
	const stranded = await inLab('nginx', 'mars1', {[labSlices]: answerJson({items: []})});
	t.deepEqual(stranded.target?.endpoints, []);
	t.true(stranded.target?.notes.includes('the Endpoints object of svc/nginx lists 10.244.0.3, but there is no EndpointSlice, and kube-proxy reads only those'));
});

test('what is not decisive and may not be read is a note, and the nodes still take part', async t => {
	const nodeDenied = {stderr: 'Error from server (Forbidden): nodes "x" is forbidden: User "dev" cannot get resource "nodes" in API group "" at the cluster scope\n', exitCode: 1};
	const {target} = await inLab('nginx', 'mars1', {'/api/v1/nodes/k8s1': nodeDenied, '/api/v1/nodes/k8s2': nodeDenied});
	t.deepEqual(target?.notes, ['node k8s1, k8s2 could not be read (user dev may not get nodes in the cluster): its versions and state are not known here, the rest is']);
	t.deepEqual(target?.nodes.values().map(({name, internalIp, kernel}) => [name, internalIp, kernel]).toArray(), [['k8s1', '192.168.99.11', ''], ['k8s2', '192.168.99.12', '']]);
	const noList = await inLab('nginx', 'mars1', {[offNode('k8s1')]: forbidden('dev', 'list', 'pods'), '/version': {isHanging: false, exitCode: 1}});
	t.is(noList.target?.otherClient, undefined);
	t.is(noList.target?.serverVersion, undefined);
	t.deepEqual(noList.target?.notes, ['a second client could not be looked for: user dev may not list pods in the namespace default']);
});

test('backends do not crowd out the clients, where one label tells them apart', async t => {
	const service = lab[`${v1}/services/nginx`] as {readonly spec: Record<string, unknown>};
	const {asked, target} = await inLab('nginx', 'mars1', {
		[`${v1}/services/nginx`]: answerJson({...service, spec: {...service.spec, selector: {app: 'nginx', tier: 'front'}}}),
	});
	t.like(namesOf(target), {other: 'mars2@k8s2'});
	t.true(asked.includes(offNode('k8s1').replace('&labelSelector=app!=nginx', '')));
});

test('a second session by the same kubectl reads as much as the first', async t => {
	const kubectl = createRecordedKubectl(asAnswers(lab));
	const request = {service: 'nginx', from: 'pod/mars1', namespace: 'default'};
	const first = await resolveTarget(kubectl, request);
	t.deepEqual(await resolveTarget(kubectl, request), first);
	t.is(kubectl.requests, 18);
});

test('a hundred endpoints on as many nodes cost no more than twelve requests, and all are known', async t => {
	const indexes = Array.from({length: 100}, (_value, index) => index + 1);
	const endpoints = indexes.map(index => ({addresses: [`10.9.0.${index}`], nodeName: `node${index}`, targetRef: {kind: 'Pod', name: `web-${index}`}}));
	const {asked, target} = await inLab('nginx', 'deploy/nginx-app', {[labSlices]: answerJson({items: [{ports: [{name: '', port: 80}], endpoints}]})});
	t.is(target?.endpoints.length, 100);
	t.true(asked.length <= 12);
	t.true(target?.notes.includes('100 endpoints are pods: 3 of these pods were read'));
	t.true(target?.nodes.has('node1'));
});

const refusals: ReadonlyArray<readonly [title: string, service: string, from: string | undefined, because: string, tryThis: RegExp]> = [
	['a pod without a node', 'web', 'pending', 'pod pending is Pending (no node was found for it), so nothing can be probed from it', /kubectl describe pod pending -n shop/v],
	['a pod without its image', 'web', 'pulling', 'pod pulling is Pending (c waiting: ImagePullBackOff), so nothing can be probed from it', /describe/v],
	['a pod in a crash loop', 'web', 'crash', 'no container of pod crash runs (c waiting: CrashLoopBackOff), so nothing can be probed from it', /logs crash -n shop --previous/v],
	['a failed pod', 'web', 'failed', 'pod failed is Failed (c terminated: Error (exit code 1)), so nothing can be probed from it', /--from/v],
	['a pod in the host\'s network',
		'web',
		'hostnet',
		'pod hostnet uses the network of its node n1 (hostNetwork): its traffic is the node\'s, and takes another path than a pod\'s',
		/network of its own/v],
	['a pod without an address', 'web', 'noip', 'pod noip has no address in the Service\'s IP family', /-o wide/v],
	['a pod on Windows', 'web', 'win', 'pod win runs on win1, a Windows node, where hairpin cannot look', /Linux node/v],
	['a workload without pods', 'web', 'deploy/empty', 'deploy/empty has no pods', /scaled to 0/v],
	['an ExternalName', 'outside', undefined, 'svc/outside is of type ExternalName: a DNS alias, with no ClusterIP and no endpoints for kube-proxy to translate to', /nslookup/v],
	['a headless Service',
		'headless',
		'client-1',
		'svc/headless is headless (clusterIP: None): DNS gives the addresses of its pods, and there is no virtual address that could fail',
		/service-name=headless/v],
	['a port that does not exist', 'web:81', 'client-1', 'svc/web has no port 81', /it has 53\/UDP \(dns\), 80\/TCP \(http\), 9000\/TCP \(admin\), 132\/SCTP \(tel\)/v],
	['an SCTP port', 'web:tel', 'client-1', 'port 132/SCTP (tel) of svc/web is SCTP, which hairpin cannot probe', /80\/TCP/v],
];

for (const [title, service, from, because, tryThis] of refusals) {
	test(`${title} is refused in one sentence with a next step`, async t => {
		const {error} = await inShop(service, from);
		t.is(error?.because, because);
		t.regex(error?.tryThis ?? '', tryThis);
	});
}

test('a name that does not exist brings the nearest ones', async t => {
	const service = await inLab('ngnix', 'mars1');
	t.like(service.error, {because: 'there is no Service ngnix in the namespace default', tryThis: 'did you mean svc/nginx? For another namespace give -n'});
	const pod = await inLab('nginx', 'mars9');
	t.like(pod.error, {because: 'there is no pod mars9 in the namespace default', tryThis: 'did you mean pod/mars1 or pod/mars2 or pod/mars3?'});
	const workload = await inLab('nginx', 'deploy/ngnix-app');
	t.like(workload.error, {because: 'there is no deploy/ngnix-app in the namespace default', tryThis: 'did you mean deploy/nginx-app?'});
	const asPod = await inLab('nginx', 'pod/nginx-app');
	t.is(asPod.error?.tryThis, 'did you mean pod/nginx-app-586d595c7f-p4wgt? To take any pod of a workload: --from deploy/nginx-app');
	const namespace = await resolve(asAnswers(lab), {service: 'nginx', from: 'mars1', namespace: 'defualt'});
	t.like(namespace.error, {because: 'there is no namespace defualt', tryThis: 'did you mean -n default?'});
});

test('arguments that cannot be meant are refused before anything is asked', async t => {
	const services = ['svc/a/b', 'deploy/web', 'svc/', 'web:0', 'web:70000', 'W', 'web.', 'web.n.com', 'a.b.svc.c/d'].map(service => ({service, from: 'x', namespace: 'n'}));
	const clients = ['cronjob/x', 'pod/', '-x', '/pod/x', 'N/pod/x', 'n/x/pod/x'].map(from => ({service: 'web', from, namespace: 'n'}));
	for (const request of [...services, ...clients, {service: 'web', from: 'x', namespace: '../n'}]) {
		// eslint-disable-next-line no-await-in-loop
		const {asked, error} = await resolve({}, request);
		t.truthy(error?.tryThis);
		t.deepEqual(asked, []);
	}
});

test('a cluster that cannot be asked is one sentence', async t => {
	const denied = await inLab('nginx', 'mars1', {[`${v1}/services/nginx`]: forbidden('dev', 'get', 'services')});
	t.is(denied.error?.because, 'svc/nginx could not be read: user dev may not get services in the namespace default');
	const expired = await inLab('nginx', 'mars1', {[`${v1}/services/nginx`]: {stderr: 'error: You must be logged in to the server (Unauthorized)\n', exitCode: 1}});
	t.is(expired.error?.because, 'the API server does not accept the login of the kubeconfig: it has expired or is wrong');
	const elsewhere = await resolve({}, {service: 'nginx', from: 'mars1', namespace: 'default'});
	t.is(elsewhere.error?.because, 'the server that the kubeconfig names does not answer like a Kubernetes API');
	const noPod = await inLab('nginx', 'mars1', {[`${v1}/pods/mars1`]: answerJson({kind: 'Status'})});
	t.is(noPod.error?.because, 'pod/mars1 could not be read: the answer is no Pod');
	const workload = await inLab('nginx', 'deploy/nginx-app', {'/apis/apps/v1/namespaces/default/deployments/nginx-app': forbidden('dev', 'get', 'deployments')});
	t.regex(workload.error?.tryThis ?? '', /--from pod\/NAME/v);
});

test('a real program is asked the same way, and its failures end the search in one sentence', async t => {
	const fake = await createFakeKubectl(t, {...asAnswers(lab), config: {stdout: 'default'}});
	const options = {kubeconfig: undefined, context: undefined, namespace: undefined};
	const {target} = await settle(resolveTarget(createKubectl({...options, kubectl: fake.kubectl}), {service: 'nginx', from: 'mars1'}));
	const {asked} = await inLab('nginx', 'mars1');
	t.like(namesOf(target), {client: 'mars1@k8s1', other: 'mars2@k8s2'});
	const requests = await fake.requests();
	t.deepEqual(requests.toSorted(), asked.toSorted());
	const missing = await settle(resolveTarget(createKubectl({...options, kubectl: '/nonexistent/kubectl'}), {service: 'nginx', from: 'mars1'}));
	t.is(missing.error?.because, '/nonexistent/kubectl was not found');
	t.regex(missing.error?.tryThis ?? '', /without an API server: hairpin check --vip CLUSTER_IP:PORT --from POD_IP --ssh NODE/v);
	const page = await createFakeKubectl(t, {[`${v1}/services/nginx`]: {stdout: '<html>'}});
	const {error} = await settle(resolveTarget(createKubectl({...options, kubectl: page.kubectl}), {service: 'nginx', from: 'mars1'}));
	t.is(error?.because, 'svc/nginx could not be read: kubectl answered with something that is not JSON: <html>');
});

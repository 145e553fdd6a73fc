import test from 'ava';
import type {ServicePort} from '../../src/cluster/cluster.ts';
import {formatWorkloadSelector} from '../../src/cluster/label-selector.ts';
import {readEndpoints, readEndpointSlices} from '../../src/cluster/read-endpoints.ts';
import {dig} from '../../src/cluster/read-json.ts';
import {readNode} from '../../src/cluster/read-node.ts';
import {readPod, readPods} from '../../src/cluster/read-pod.ts';
import {readService} from '../../src/cluster/read-service.ts';
import {readRecordedAnswers} from '../helpers/fake-kubectl.ts';

const lab = await readRecordedAnswers('lab');
const shop = await readRecordedAnswers('shop');

const slicesOf = (service: string) => shop[`/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices?labelSelector=kubernetes.io/service-name=${service}&limit=20`];
const shopPod = (name: string) => shop[`/api/v1/namespaces/shop/pods/${name}`];
const nginxPort: ServicePort = {
	name: '', protocol: 'TCP', port: 8080, targetPort: 80,
};

test('a Service is read with the defaults of the API', t => {
	t.deepEqual(readService(lab['/api/v1/namespaces/default/services/nginx']), {
		namespace: 'default',
		name: 'nginx',
		type: 'ClusterIP',
		clusterIp: '10.98.171.178',
		selector: {app: 'nginx'},
		ports: [nginxPort],
		internalTrafficPolicy: 'Cluster',
		sessionAffinity: 'None',
	});
	t.deepEqual(readService(JSON.parse('{"metadata": {"name": "old"}, "spec": {"clusterIP": "10.0.0.1", "ports": [{"port": 53, "protocol": "UDP"}, {"port": 70000}, {"port": "80"}, "x"]}}')), {
		namespace: '',
		name: 'old',
		type: 'ClusterIP',
		clusterIp: '10.0.0.1',
		selector: {},
		ports: [{
			name: '', protocol: 'UDP', port: 53, targetPort: 53,
		}],
		internalTrafficPolicy: 'Cluster',
		sessionAffinity: 'None',
	});
	const web = readService(shop['/api/v1/namespaces/shop/services/web']);
	t.deepEqual(web?.ports.map(({name, protocol, targetPort}) => [name, protocol, targetPort]), [['dns', 'UDP', 5353], ['http', 'TCP', 'http'], ['admin', 'TCP', 'nope'], ['tel', 'SCTP', 132]]);
	t.is(readService(shop['/api/v1/namespaces/shop/services/outside'])?.clusterIp, '');
});

test('endpoints come from the slices of the port and of the address family', t => {
	const http: ServicePort = {
		name: 'http', protocol: 'TCP', port: 80, targetPort: 'http',
	};
	t.deepEqual(readEndpointSlices(slicesOf('web'), http, 4), [
		{
			ip: '10.244.1.5', port: 8080, isReady: false, node: 'n2', pod: 'web-2',
		},
		{
			ip: '10.244.0.5', port: 8080, isReady: true, node: 'n1', pod: 'web-1',
		},
	]);
	t.deepEqual(readEndpointSlices(slicesOf('web'), {...http, name: 'dns', protocol: 'UDP'}, 4).map(({port}) => port), [5353, 5353]);
	t.deepEqual(readEndpointSlices(slicesOf('web'), {...http, name: 'admin', targetPort: 'nope'}, 4), []);
	t.deepEqual(readEndpointSlices(slicesOf('web'), http, 6), []);
	t.deepEqual(readEndpointSlices(slicesOf('dual'), {...http, name: ''}, 6).map(({ip}) => ip).toSorted(), ['fd00:10::5', 'fd00:11::5']);
	t.deepEqual(readEndpointSlices(slicesOf('manual'), {...http, name: ''}, 4), [{
		ip: '192.0.2.7', port: 8080, isReady: true, node: undefined, pod: undefined,
	}]);
});

test('an endpoint that two slices hold is counted once, and ready when one says so', t => {
	const slice = (isReady: boolean) => ({ports: [{name: '', port: 80}], endpoints: [{addresses: ['10.0.0.1'], conditions: {ready: isReady}}]});
	for (const items of [[slice(true), slice(false)], [slice(false), slice(true)]]) {
		t.deepEqual(readEndpointSlices({items}, nginxPort, 4).map(({isReady}) => isReady), [true]);
	}
});

test('a slice port without a number stands for the port that the Service names', t => {
	const list = {items: [{ports: [{name: ''}], endpoints: [{addresses: ['10.0.0.1']}]}]};
	t.is(readEndpointSlices(list, nginxPort, 4)[0].port, 80);
	t.is(readEndpointSlices(list, {...nginxPort, targetPort: 'http'}, 4)[0].port, 8080);
});

test('an Endpoints object says the same as the slices', t => {
	const slices = lab['/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name=nginx&limit=20'];
	const endpoints = readEndpoints(lab['/api/v1/namespaces/default/endpoints/nginx'], nginxPort, 4);
	t.is(endpoints.length, 1);
	t.deepEqual(endpoints, readEndpointSlices(slices, nginxPort, 4));
	t.deepEqual(readEndpoints({subsets: [{ports: [{port: 80}], notReadyAddresses: [{ip: '10.0.0.2'}, {ip: 'fd00::2'}, {ip: 'x'}]}]}, nginxPort, 4), [{
		ip: '10.0.0.2', port: 80, isReady: false, node: undefined, pod: undefined,
	}]);
});

test('a pod is read with its address of one family and the state of its containers', t => {
	t.deepEqual(readPod(lab['/api/v1/namespaces/default/pods/mars1'], 4), {
		namespace: 'default',
		name: 'mars1',
		ip: '10.244.0.2',
		node: 'k8s1',
		phase: 'Running',
		isReady: true,
		isHostNetwork: false,
		labels: {app: 'mars'},
		containers: [{
			name: 'mars', ports: [], isReady: true, state: 'running',
		}],
		hostIp: '192.168.99.11',
	});
	t.deepEqual([4 as const, 6 as const].map(family => readPod(shopPod('client-1'), family)?.ip), ['10.244.0.6', 'fd00:10::6']);
	t.deepEqual(['crash', 'pulling', 'failed', 'pending'].map(name => readPod(shopPod(name), 4)?.containers[0].state), [
		'waiting: CrashLoopBackOff', 'waiting: ImagePullBackOff', 'terminated: Error (exit code 1)', 'waiting: no reason given',
	]);
	t.true(readPod(shopPod('hostnet'), 4)?.isHostNetwork);
	t.is(readPod({metadata: {name: 'a', deletionTimestamp: '2026-11-23T06:32:06Z'}, status: {phase: 'Running'}}, 4)?.phase, 'Terminating');
});

test('a node is read with what it runs and whether it is ready', t => {
	t.deepEqual(readNode(lab['/api/v1/nodes/k8s1'], 4), {
		name: 'k8s1',
		internalIp: '192.168.99.11',
		podCidrs: ['10.244.1.0/24'],
		kernel: '6.1.176',
		osImage: 'Debian GNU/Linux 12 (bookworm)',
		os: 'linux',
		kubeletVersion: 'v1.33.3',
		kubeProxyVersion: '',
		runtime: 'containerd://1.6.20',
		isReady: true,
	});
	t.false(readNode(shop['/api/v1/nodes/n3'], 4)?.isReady);
	t.is(readNode(shop['/api/v1/nodes/n1'], 6)?.internalIp, '192.168.1.1');
	const addresses = [{type: 'ExternalIP', address: '1.2.3.4'}, {type: 'InternalIP', address: 'fd00::1'}, {type: 'InternalIP', address: '10.0.0.1'}];
	t.is(readNode({metadata: {name: 'n'}, status: {addresses}}, 4)?.internalIp, '10.0.0.1');
	t.deepEqual(readNode(JSON.parse('{"metadata": {"name": "n"}, "spec": {"podCIDR": "10.1.0.0/24"}}'), 4)?.podCidrs, ['10.1.0.0/24']);
});

test('names that could not be names of objects are dropped, since they end up on command lines', t => {
	for (const name of ['-oProxyCommand=x', '../nodes', 'a b', 'a\nb', '', 'A', 'a'.repeat(254)]) {
		t.is(readPod({metadata: {name}}, 4), undefined);
		t.is(readPod({metadata: {name: 'a'}, spec: {nodeName: name}}, 4)?.node, '');
	}

	t.is(readPod(JSON.parse('{"metadata": {"name": "a"}, "status": {"podIP": "$(reboot)"}}'), 4)?.ip, '');
	t.is(readNode({metadata: {name: 'a'}, status: {addresses: [{type: 'InternalIP', address: '-oProxyCommand=x'}]}}, 4)?.internalIp, '');
});

test('answers of any other shape are read as nothing, never as an exception', t => {
	const shapes = [undefined, null, 1, 'x', [], {}, {items: 1}, {items: [null, 1, {metadata: 1}]}, {spec: null, status: []}, {metadata: {name: 'a'}, spec: 1, status: 'x'}];
	const recorded = [...Object.values(lab), ...Object.values(shop)];
	const parts = ['metadata', 'spec', 'status', 'items', 'subsets'];
	const wrecked = recorded.flatMap(value => parts.map(key => ({...(value as Record<string, unknown>), [key]: [{addresses: 7, ports: 'x', endpoints: [3]}]})));
	for (const shape of [...shapes, ...recorded, ...wrecked]) {
		t.notThrows(() => {
			readService(shape);
			readPod(shape, 4);
			readPods(shape, 6);
			readNode(shape, 4);
			readEndpoints(shape, nginxPort, 4);
			readEndpointSlices(shape, nginxPort, 6);
			formatWorkloadSelector(shape);
		});
	}

	t.is(dig({a: [1, {b: 2}]}, 'a', 1, 'b'), 2);
	t.is(dig({}, 'constructor'), undefined);
});

test('the selector of a workload becomes the text of a label selector', t => {
	const deployment = shop['/apis/apps/v1/namespaces/shop/deployments/client'];
	t.is(formatWorkloadSelector(deployment), 'app in (client),!gone');
	const [matchLabels, matchExpressions] = [{a: 'b', c: 'd'}, [{key: 'x', operator: 'NotIn', values: ['y', 'z']}, {key: 'k', operator: 'Exists'}]];
	t.is(formatWorkloadSelector({spec: {selector: {matchLabels, matchExpressions}}}), 'a=b,c=d,x notin (y,z),k');
});

import {readFileSync} from 'node:fs';
import test from 'ava';
import type {Access} from '../../src/access/access.ts';
import {parseVip} from '../../src/options/vip.ts';
import type {Target} from '../../src/target.ts';
import {UserFacingError} from '../../src/user-facing-error.ts';
import {resolveVip} from '../../src/vip/resolve-vip.ts';

const readFixture = (name: string): string => readFileSync(new URL(`../fixtures/rules/${name}.txt`, import.meta.url), 'utf8');

/** As recorded on the three nodes of the founding incident. */
const recorded: Readonly<Record<string, string>> = {k8s1: readFixture('node-k8s1'), k8s2: readFixture('node-k8s2'), k8s3: readFixture('node-k8s3')};

/** An access to nodes that print these texts; others are not reached. */
const accessTo = (texts: Readonly<Record<string, string>>): Access => ({
	connect: async node => (node in texts ? {ok: true, way: 'recorded'} : {ok: false, because: `${node} does not answer on its SSH port`, tryThis: 'is it up?'}),
	run: async ({node}) => ({
		ok: true, command: 'sh -s', stdout: texts[node], stderr: '', exitCode: 0, ms: 1,
	}),
	stream() {
		throw new Error('nothing is streamed to find a target');
	},
	change() {
		throw new Error('nothing is changed');
	},
	close: async () => undefined,
});

const resolve = async (texts: Readonly<Record<string, string>>, {vip = '10.98.171.178:8080', from = '10.244.0.18', nodes = Object.keys(texts)} = {}): Promise<Target> =>
	resolveVip(accessTo(texts), {
		vip: parseVip(vip), clientIp: from, nodes, signal: new AbortController().signal,
	});

const placesOf = ({client, otherClient, backends, endpoints, nodes}: Target) => ({
	client: `${client.name}@${client.node}`,
	other: otherClient && `${otherClient.name}@${otherClient.node}`,
	backends: backends.map(({name, node, isHostNetwork}) => `${name}@${node}${isHostNetwork ? ' (host)' : ''}`),
	endpoints: endpoints.map(({ip, port, isReady, node}) => `${ip}:${port}@${node ?? '?'}${isReady ? '' : ' (weight 0)'}`),
	nodes: nodes.keys().toArray(),
});

test('the founding target is found from what the nodes print, and nothing is made up', async t => {
	const target = await resolve(recorded);
	t.deepEqual(placesOf(target), {
		client: '10.244.0.18@k8s1', other: '10.244.2.31@k8s2', backends: ['10.244.0.19@k8s1'], endpoints: ['10.244.0.19:80@k8s1'], nodes: ['k8s1', 'k8s2'],
	});
	t.like(target, {
		isFromRules: true,
		service: {
			namespace: '', name: '10.98.171.178:8080', clusterIp: '10.98.171.178', selector: {},
		},
		port: {port: 8080, protocol: 'TCP', targetPort: 80},
		client: {
			namespace: '', phase: 'Unknown', isReady: false, labels: {},
		},
	});
	t.is(target.nodes.get('k8s1')?.kernel, '6.1.176');
	t.regex(target.notes[0], /without an API server: names of pods and of the Service, readiness, selector and the name of targetPort are not known/v);
	t.deepEqual(target.notes.slice(1), ['10.244.2.31 on k8s2 was picked to compare with']);
});

/** The rules of a node, in the place of its virtual servers. */
const withRules = (node: string, section: string, ipvs = ''): string => recorded[node].replace(/@@ipvs\n[^@]*/v, () => `@@ipvs\n${ipvs}count 1\n`).replace(/@@nftables\n/v, () => `@@nftables\n${section}`);

test('in nftables and iptables mode the Service\'s own name is told, and DNAT comes before what IPVS has left', async t => {
	const stale = 'TCP  0A62ABB2:1F90 rr  \n  -> 0AF40063:0050      Masq    1      0          0         \n';
	const nftables = await resolve({k8s1: withRules('k8s1', readFixture('nftables'), stale), k8s2: withRules('k8s2', readFixture('nftables'))});
	const iptables = await resolve({k8s1: recorded.k8s1.replace('@@iptables legacy\n', () => `@@iptables legacy\n${readFixture('iptables-legacy')}`)});
	for (const target of [nftables, iptables]) {
		t.deepEqual(placesOf(target).endpoints, ['10.244.0.19:80@k8s1']);
		t.true(target.notes.includes('kube-proxy\'s rules call the Service default/nginx'), target.notes.join('\n'));
	}
});

test('a Service without endpoints is a target, with none', async t => {
	const target = await resolve({k8s1: withRules('k8s1', readFixture('nftables')), k8s2: recorded.k8s2}, {vip: '10.98.44.9:80'});
	t.deepEqual(placesOf(target).endpoints, []);
	t.is(target.port.targetPort, 'unknown');
	t.true(target.notes.includes('k8s2 has no rule of 10.98.44.9:80, other nodes have: does kube-proxy work there?'), target.notes.join('\n'));
});

test('nodes that differ are told, weight 0 is not in use, and a backend of the host network is the node\'s', async t => {
	const more = recorded.k8s2.replace('  -> 0AF40013:0050', '  -> C0A81A0C:0050      Masq    0      0          0         \n  -> 0AF40013:0050');
	const target = await resolve({...recorded, k8s2: more});
	t.deepEqual(placesOf(target).backends, ['10.244.0.19@k8s1', '192.168.26.12@k8s2 (host)']);
	t.deepEqual(placesOf(target).endpoints, ['10.244.0.19:80@k8s1', '192.168.26.12:80@k8s2 (weight 0)']);
	t.true(target.notes.some(note => note.startsWith('the nodes differ in where they send 10.98.171.178:8080: k8s1 and k8s3 to 10.244.0.19:80, k8s2 to 10.244.0.19:80 and 192.168.26.12:80')), target.notes.join('\n'));
});

test('without the backend\'s node it goes on, and says which node to name; a node that is not reached may be it', async t => {
	const target = await resolve({k8s2: recorded.k8s2}, {from: '10.244.2.31', nodes: ['k8s2', 'k8s9']});
	t.deepEqual(placesOf(target), {
		client: '10.244.2.31@k8s2', other: undefined, backends: [], endpoints: ['10.244.0.19:80@?'], nodes: ['k8s2', 'k8s9'],
	});
	t.true(target.notes.includes('10.244.0.19 is on no node that was reached: name its node with --ssh to look there as well'), target.notes.join('\n'));
	t.true(target.notes.some(note => note.startsWith('k8s9 was not reached')));
	const whole = await resolve(recorded, {nodes: ['k8s1', 'k8s2', 'k8s9']});
	t.deepEqual(placesOf(whole).nodes, ['k8s1', 'k8s2'], 'where all backends are found, it takes no part');
});

test('a backend that two nodes have is told', async t => {
	const target = await resolve({...recorded, k8s3: recorded.k8s3.replace('10.244.1.43', '10.244.0.19')});
	t.deepEqual(placesOf(target).backends, ['10.244.0.19@k8s1']);
	t.true(target.notes.some(note => note.startsWith('10.244.0.19 is the address of pods on k8s1 and k8s3: one address twice')), target.notes.join('\n'));
});

type Refusal = {readonly texts?: Readonly<Record<string, string>>; readonly request: Parameters<typeof resolve>[1]; readonly because: RegExp; readonly tryThis: RegExp};

const refuses = test.macro({
	async exec(t, {texts = recorded, request, because, tryThis}: Refusal) {
		const error = await t.throwsAsync(async () => resolve(texts, request), {instanceOf: UserFacingError});
		t.regex(error.because, because);
		t.regex(error.tryThis, tryThis);
	},
	title: (what = '') => `refused with the next step: ${what}`,
});

test('an unknown address', refuses, {
	request: {vip: '10.98.171.177:8080'},
	because: /^no rule of 10\.98\.171\.177:8080 on k8s1 \(ipvs with 2 rules of Services, kube-proxy runs\), k8s2 .* and k8s3/v,
	tryThis: /is it the ClusterIP/v,
});
test('nothing that would make rules', refuses, {
	texts: {k8s1: recorded.k8s1.replace('proxy kube-proxy\n', '').replace(/@@ipvs\n[^@]*/v, '@@ipvs\nabsent\n@@missing nft\n')},
	request: {},
	because: /^no rule of 10\.98\.171\.178:8080 on k8s1 \(no rules of Services, nft is not installed, no kube-proxy runs\)$/v,
	tryThis: /On k8s1 nothing keeps rules up to date: systemctl status kube-proxy/v,
});
test('another port, and another protocol', refuses, {
	request: {vip: '10.98.171.178:8080/udp'}, because: /know 10\.98\.171\.178 with 8080\/TCP, but not with 8080\/UDP/v, tryThis: /--vip 10\.98\.171\.178:8080$/v,
});
test('a client that is on no node', refuses, {
	request: {from: '10.244.0.99', nodes: ['k8s1', 'k8s9']}, because: /^no pod on k8s1 has the address 10\.244\.0\.99; k8s9 could not be looked at$/v, tryThis: /pods there have 10\.244\.0\.19, 10\.244\.0\.18$/v,
});
test('a client that is a node', refuses, {
	request: {from: '10.244.0.1'}, because: /is an address of the node k8s1 itself/v, tryThis: /address of a pod/v,
});
test('a client that two nodes have', refuses, {
	texts: {...recorded, k8s2: recorded.k8s2.replace('10.244.2.31', '10.244.0.18')}, request: {}, because: /a pod on k8s1 and also on k8s2/v, tryThis: /name only its node/v,
});
test('no node reached', refuses, {
	request: {nodes: ['k8s8', 'k8s9']}, because: /^no node could be reached; k8s8: k8s8 does not answer/v, tryThis: /is it up/v,
});
test('a node that prints nothing', refuses, {
	texts: {k8s1: ''}, request: {}, because: /^no node could be reached; k8s1: its rules could not be read: nothing was printed/v, tryThis: /does sh/v,
});

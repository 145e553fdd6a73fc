import test from 'ava';
import {duplicatePodIp} from '../../src/checks/duplicate-pod-ip.ts';
import {checks} from '../../src/catalogue/index.ts';
import {ipvsVipHostConflict} from '../../src/checks/ipvs-vip-host-conflict.ts';
import {networkPolicyDrop} from '../../src/checks/network-policy-drop.ts';
import {podRouteMissing} from '../../src/checks/pod-route-missing.ts';
import {rpFilterStrict} from '../../src/checks/rp-filter-strict.ts';
import {sessionAffinityPin} from '../../src/checks/session-affinity-pin.ts';
import {readNetworkPolicies} from '../../src/cluster/network-policy.ts';
import {diagnose} from '../../src/diagnosis.ts';
import type {Evidence, NodeEvidence} from '../../src/evidence/evidence.ts';
import type {NodeNetwork, NodeRoute} from '../../src/evidence/network.ts';
import {
	type Situation,
	buildEvidence,
	mars2,
	vip,
} from '../helpers/evidence-builder.ts';
import {buildCapture, buildFlow} from '../helpers/flow-builder.ts';
import type {Outcomes} from '../helpers/matrix-builder.ts';
import {buildNetwork} from '../helpers/node-builder.ts';

const read = <T>(value: T) => ({value, origin: {point: 'k8s1', command: 'cat', excerpt: ''}});
const causeOf = (evidence: Evidence): string | undefined => diagnose(checks, evidence).cause?.check.id;
const fromMars2: Situation = {client: mars2, node: {bridgeNetfilter: 1}};
const everywhere: Outcomes = Object.fromEntries(['mars2 vip', 'mars2 10.244.0.19', 'mars3 vip', 'mars3 10.244.0.19', 'k8s2 vip'].map(cell => [cell, 'timeout' as const]));
const remote: Outcomes = {'mars2 vip': 'timeout', 'mars2 10.244.0.19': 'timeout'};

/** The lab with what is different on one node. */
const withNode = (name: string, more: (healthy: NodeNetwork) => Partial<NodeEvidence>, situation: Situation = fromMars2): Evidence => {
	const {target} = buildEvidence(situation);
	return buildEvidence({...situation, nodes: {[name]: {bridgeNetfilter: 1, more: more(buildNetwork(name, target))}}});
};

const withRoutes = (name: string, change: (routes: readonly NodeRoute[]) => readonly NodeRoute[], situation?: Situation): Evidence =>
	withNode(name, network => ({network: read({...network, routes: change(network.routes)})}), situation);

const without = (network: string) => (routes: readonly NodeRoute[]) => routes.filter(route => route.network !== network);
const lostReply = buildCapture([buildFlow({
	client: '10.244.2.31', ending: 'unanswered', reached: ['default/mars2', 'k8s1', 'default/nginx-app'], answerSeenAt: ['default/nginx-app'],
})], ['default/mars2', 'k8s1', 'default/nginx-app']);
const lostRequest = buildCapture([buildFlow({client: '10.244.2.31', ending: 'unanswered', reached: ['default/mars2']})], ['default/mars2', 'k8s1', 'default/nginx-app']);

test('routes: the way back that is missing is certain where the answer was lost, and no cause where the request was', t => {
	const at = (capture?: Situation['capture']) => withRoutes('k8s1', without('10.244.2.0'), {...fromMars2, outcomes: remote, capture});
	const verdict = podRouteMissing.judge(at(lostReply));
	t.like(verdict, {status: 'broken', confidence: 'certain'});
	t.regex(verdict.because, /^k8s1 has only its default route for packets to 10\.244\.2\.31 on k8s2; backend frame 2 left the backend and never reached the client/v);
	t.is(causeOf(at(lostReply)), 'pod-route-missing');
	t.like(podRouteMissing.judge(at()), {status: 'broken', confidence: 'likely'});
	t.is(causeOf(at(lostRequest)), undefined, 'it was lost on the way there');
	t.true(podRouteMissing.repair(at()).some(line => line.startsWith('ip route replace 10.244.2.0/24 via 172.30.0.12')));
});

test('routes: to another node, and none at all; two default routes may be how this network works', t => {
	const astray = withRoutes('k8s2', routes => routes.map(route => (route.network === '10.244.0.0' ? {...route, gateway: '172.30.0.13'} : route)), {...fromMars2, outcomes: remote});
	t.regex(podRouteMissing.judge(astray).because, /^k8s2 sends packets to 10\.244\.0\.19 on k8s1 to k8s3/v);
	const byDefault = withRoutes('k8s2', without('10.244.0.0'), {...fromMars2, outcomes: {...remote, 'k8s2 vip': 'timeout'}});
	t.regex(podRouteMissing.judge(byDefault).because, /^k8s2 has only its default route for packets to 10\.244\.0\.19 on k8s1/v, 'the node itself, which has no address of a pod, does not hide it');
	t.is(causeOf(byDefault), 'pod-route-missing');
	const none = withRoutes('k8s2', routes => routes.filter(({device}) => device === 'cni0'), {...fromMars2, outcomes: remote});
	t.regex(podRouteMissing.judge(none).because, /^k8s2 has no route at all for packets to 10\.244\.0\.19 on k8s1/v);
	const {target} = buildEvidence(fromMars2);
	const cloud = (name: string) => ({bridgeNetfilter: 1 as const, more: {network: read({...buildNetwork(name, target), routes: buildNetwork(name, target).routes.filter(({device, prefix}) => device === 'cni0' || prefix === 0)})}});
	const both = buildEvidence({...fromMars2, outcomes: remote, nodes: {k8s1: cloud('k8s1'), k8s2: cloud('k8s2'), k8s3: cloud('k8s3')}});
	t.is(podRouteMissing.judge(both).status, 'ok');
	t.is(causeOf(both), undefined);
});

test('routes: without harm latent, healthy ok, tables that are chosen by rules unknown where something failed', t => {
	t.is(podRouteMissing.judge(withRoutes('k8s1', without('10.244.2.0'))).status, 'latent');
	t.is(podRouteMissing.judge(buildEvidence(fromMars2)).status, 'ok');
	const ruled = (outcomes: Outcomes) => withNode('k8s1', network => ({network: read({...network, routes: [], rules: [...network.rules ?? [], '100:\tfrom all lookup 100']})}), {...fromMars2, outcomes});
	t.is(podRouteMissing.judge(ruled(remote)).status, 'unknown');
	t.is(podRouteMissing.judge(ruled({})).status, 'ok');
	t.is(podRouteMissing.judge(withNode('k8s1', () => ({network: {unknown: 'not read'}}))).status, 'unknown');
});

/** k8s1 would answer by a tunnel what comes to it by eth0. */
const asymmetric = (reversePathFilter: number, situation: Situation): Evidence => withNode('k8s1', network => ({
	network: read({
		...network,
		routes: network.routes.map(route => (route.network === '10.244.2.0' ? {...route, device: 'flannel.1', gateway: '10.244.2.0'} : route)),
		interfaces: network.interfaces.map(one => (one.name === 'eth0' ? {...one, reversePathFilter} : one)),
		reversePathDrops: 4,
	}),
}), situation);

test('rp_filter: strict where packets come in by another way than answers would leave; loose, or symmetric, is no fault', t => {
	const strict = asymmetric(1, {...fromMars2, outcomes: remote, capture: lostRequest});
	const verdict = rpFilterStrict.judge(strict);
	t.like(verdict, {status: 'broken', confidence: 'certain'});
	t.regex(verdict.because, /^packets from 10\.244\.2\.31 come to k8s1 by eth0, where rp_filter is 1, and k8s1 would answer by flannel\.1 \(4 packets dropped by it since the node was started\)/v);
	t.is(causeOf(strict), 'rp-filter-strict');
	t.is(causeOf(asymmetric(1, {...fromMars2, outcomes: remote, capture: lostReply})), undefined, 'the request arrived');
	t.is(rpFilterStrict.judge(asymmetric(2, {...fromMars2, outcomes: remote})).status, 'latent');
	t.is(rpFilterStrict.judge(asymmetric(1, fromMars2)).status, 'latent', 'nothing failed');
	const symmetric = withNode('k8s1', network => ({network: read({...network, interfaces: network.interfaces.map(one => ({...one, reversePathFilter: 1}))})}));
	t.is(rpFilterStrict.judge(symmetric).status, 'ok', 'strict, and answers leave where packets come in');
});

const pinned = (backend: string, client = '10.244.0.18'): NodeEvidence['pinnedClients'] => read([{client, port: 8080, backend: {ip: backend, port: 80}}]);

test('session affinity: a client that is held to a dead backend, and nobody else', t => {
	const server = (weight: number): NodeEvidence['virtualServers'] => read([{
		protocol: 'TCP', ip: '10.98.171.178', port: 8080, scheduler: 'rr', realServers: [['10.244.0.19', 1] as const, ...(weight < 0 ? [] : [['10.244.0.99', weight] as const])].map(([ip, its]) => ({
			ip, port: 80, weight: its, active: 0, inactive: 0,
		})),
	}]);
	const toDead = (outcome: Outcomes[string], client?: string, weight = 0, forgets = '0') => {
		const evidence = buildEvidence({node: {bridgeNetfilter: 1}, nodes: {k8s1: {bridgeNetfilter: 1, more: {pinnedClients: pinned('10.244.0.99', client), virtualServers: server(weight)}}}, outcomes: {'mars1 vip': outcome}});
		const nodes = new Map(evidence.nodes.entries().map(([name, node]): [string, NodeEvidence] => [name, {...node, sysctls: {...node.sysctls, 'net/ipv4/vs/expire_quiescent_template': read(forgets)}}]));
		return {...evidence, nodes};
	};

	const seen = toDead([{outcome: 'timeout', ms: 3000, backend: '10.244.0.99:80'}]);
	t.like(sessionAffinityPin.judge(seen), {status: 'broken', confidence: 'certain'});
	t.regex(sessionAffinityPin.judge(seen).because, /^session affinity on k8s1 still holds 10\.244\.0\.18 to 10\.244\.0\.99:80/v);
	t.is(causeOf(seen), 'session-affinity-pin');
	t.like(sessionAffinityPin.judge(toDead('timeout')), {status: 'broken', confidence: 'likely'});
	t.is(causeOf(toDead([{outcome: 'timeout', ms: 3000, backend: '10.244.0.19:80'}])), undefined, 'another backend failed');
	t.is(causeOf(toDead('timeout', '10.244.0.20')), undefined, 'somebody else is held');
	t.is(sessionAffinityPin.judge(toDead('open')).status, 'latent');
	t.is(sessionAffinityPin.judge(toDead('timeout', undefined, 0, '1')).status, 'ok', 'the kernel forgets it as soon as the client asks again');
	t.is(sessionAffinityPin.judge(toDead('timeout', undefined, -1)).status, 'ok', 'what is no real server any more is always forgotten');
	t.is(sessionAffinityPin.judge(toDead('timeout', undefined, 1, '1')).status, 'broken', 'kube-proxy has not heard that it is not ready');
	t.is(sessionAffinityPin.judge(buildEvidence({nodes: {k8s1: {more: {pinnedClients: pinned('10.244.0.19')}}}})).status, 'ok');
	t.is(sessionAffinityPin.judge(buildEvidence({node: {mode: 'iptables'}})).status, 'ok');
});

test('the address of a backend: another one on the link is told, with whether it was set by hand', t => {
	const at = (linkAddress: string, isPermanent: boolean, outcomes: Outcomes = {}) => withNode('k8s1', network => ({
		network: read({
			...network, neighbours: [{
				ip: '10.244.0.19', linkAddress, device: 'cni0', isPermanent,
			}],
		}),
	}), {...fromMars2, outcomes, capture: Object.keys(outcomes).length > 0 ? lostRequest : undefined});
	const strange = at('02:00:00:00:00:99', false, everywhere);
	t.like(duplicatePodIp.judge(strange), {status: 'broken', confidence: 'certain'});
	t.regex(duplicatePodIp.judge(strange).because, /^k8s1 has 10\.244\.0\.19 at 02:00:00:00:00:99 on cni0, but default\/nginx-app is at 0a:58:00:00:00:06: somebody else has that address as well, or the entry is an old one; client frame 1 left the client/v);
	t.is(causeOf(strange), 'duplicate-pod-ip');
	t.regex(duplicatePodIp.judge(at('02:00:00:00:00:99', true, remote)).because, /set by hand/v);
	t.is(duplicatePodIp.judge(at('02:00:00:00:00:99', false)).status, 'latent');
	t.is(duplicatePodIp.judge(at('0A:58:00:00:00:06', false)).status, 'ok');
});

test('kube-ipvs0: the address of a node on it keeps that node out, and pods of it in', t => {
	const taken = (outcomes: Outcomes) => withNode('k8s1', network => ({network: read({...network, addresses: [...network.addresses, {device: 'kube-ipvs0', address: '172.30.0.12/32'}, {device: 'kube-ipvs0', address: `${vip}/32`}]})}), {...fromMars2, outcomes});
	// k8s1 answers by way of an address that it has itself.
	const hit = taken({'mars2 vip': 'unreachable', 'mars2 10.244.0.19': 'unreachable', 'k8s2 vip': 'timeout'});
	t.like(ipvsVipHostConflict.judge(hit), {status: 'broken', confidence: 'likely'});
	t.regex(ipvsVipHostConflict.judge(hit).because, /^k8s1 has 172\.30\.0\.12, the address of k8s2, on kube-ipvs0/v);
	t.is(causeOf(hit), 'ipvs-vip-host-conflict');
	t.is(causeOf(taken({'k8s2 vip': 'timeout'})), 'ipvs-vip-host-conflict', 'routes that are older than the address still lead to k8s2');
	t.is(ipvsVipHostConflict.judge(taken({})).status, 'latent');
	t.is(ipvsVipHostConflict.judge(buildEvidence(fromMars2)).status, 'ok');
	t.is(causeOf(taken(remote)), undefined, 'the node itself gets through, which it could not');
});

const policy = (spec: Readonly<Record<string, unknown>>, namespace = 'default') => readNetworkPolicies([{ok: true, value: {items: [{metadata: {name: 'deny', namespace}, spec: {podSelector: {matchLabels: {app: 'nginx'}}, ...spec}}]}}]);
const calico = read([{path: '/etc/cni/net.d/10-calico.conflist', modifiedAt: 0, text: '{"plugins":[{"type":"calico"}]}'}]);

const underPolicy = (policies: ReturnType<typeof policy>, {isEnforced, outcomes = remote, capture}: {readonly isEnforced: boolean; readonly outcomes?: Outcomes; readonly capture?: Situation['capture']}): Evidence => {
	const evidence = buildEvidence({
		...fromMars2, node: {bridgeNetfilter: 1, ...(isEnforced && {more: {cniConfigs: calico}})}, outcomes, capture,
	});
	return {...evidence, target: {...evidence.target, policies}};
};

test('NetworkPolicy: one that lets nobody in is the cause where it is enforced, and told as without effect where it is not', t => {
	const denied = {
		'mars2 vip': 'timeout', 'mars2 10.244.0.19': 'timeout', 'mars3 vip': 'timeout', 'mars3 10.244.0.19': 'timeout',
	} as const;
	const enforced = underPolicy(policy({ingress: []}), {isEnforced: true, outcomes: denied, capture: lostRequest});
	t.like(networkPolicyDrop.judge(enforced), {status: 'broken', confidence: 'certain'});
	t.regex(networkPolicyDrop.judge(enforced).because, /^NetworkPolicy deny selects default\/nginx-app, and no rule lets default\/mars2 and default\/mars3 in; client frame 1 left the client and never reached the backend/v);
	t.is(causeOf(enforced), 'network-policy-drop');
	const idle = underPolicy(policy({ingress: []}), {isEnforced: false, outcomes: {}});
	t.is(networkPolicyDrop.judge(idle).status, 'latent');
	t.regex(networkPolicyDrop.judge(idle).because, /but nothing was found on k8s1 that enforces policies, so that it has no effect$/v);
	t.is(causeOf(underPolicy(policy({ingress: []}), {isEnforced: true, outcomes: remote})), undefined, 'another pod that it denies gets through');
});

test('NetworkPolicy: the rules of FORWARD that were made of it are named after it', t => {
	const chain = 'KUBE-POD-FW-NGINX';
	const forwardRules = [`-A FORWARD -d 10.244.0.0/24 -p tcp -m tcp --dport 80 -j ${chain}`, `-A ${chain} -s 10.244.0.1/32 -j ACCEPT`, `-A ${chain} -j DROP`];
	const outcomes = {
		'mars2 vip': 'timeout', 'mars2 10.244.0.19': 'timeout', 'mars3 vip': 'timeout', 'mars3 10.244.0.19': 'timeout', 'nginx-app vip': 'timeout', 'k8s2 vip': 'timeout',
	} as const;
	const evidence = buildEvidence({...fromMars2, node: {mode: 'iptables', bridgeNetfilter: 1, forwardRules}, outcomes});
	t.is(causeOf(evidence), 'forward-policy-drop', 'somebody else\'s rules');
	const denied = {...evidence, target: {...evidence.target, policies: policy({ingress: []})}};
	t.is(causeOf(denied), 'network-policy-drop', 'although FORWARD explains more');
	t.deepEqual(diagnose(checks, denied).contributing.map(({check}) => check.id), ['forward-policy-drop']);
});

test('NetworkPolicy: a client of another namespace is held by the policies of its own', t => {
	const inShop = (namespace: string, spec: Readonly<Record<string, unknown>>): Evidence => {
		const evidence = underPolicy(policy({podSelector: {}, policyTypes: ['Egress'], ...spec}, namespace), {isEnforced: true, outcomes: {}});
		return {...evidence, target: {...evidence.target, client: {...evidence.target.client, namespace: 'shop'}}, matrix: evidence.matrix.map(cell => (cell.from === 'default/mars2' ? {...cell, from: 'shop/mars2', attempts: [{outcome: 'timeout', ms: 3000}]} : cell))};
	};

	t.regex(networkPolicyDrop.judge(inShop('shop', {})).because, /^NetworkPolicy deny selects shop\/mars2, and no rule lets it out to default\/nginx-app/v);
	t.is(causeOf(inShop('shop', {})), 'network-policy-drop');
	t.is(networkPolicyDrop.judge(inShop('shop', {egress: [{to: [{namespaceSelector: {matchLabels: {'kubernetes.io/metadata.name': 'default'}}}]}]})).status, 'ok');
	t.is(networkPolicyDrop.judge(inShop('shop', {egress: [{to: [{podSelector: {}}]}]})).status, 'broken', 'to pods of its own namespace only');
	t.deepEqual(networkPolicyDrop.repair(inShop('shop', {})).filter(line => line.includes('get networkpolicies')).map(line => line.split(' get ', 1)[0]), ['kubectl -n default', 'kubectl -n shop']);
});

test('NetworkPolicy: rules that let the pair through, that cannot be told, and that are not read', t => {
	const statusOf = (spec: Readonly<Record<string, unknown>>): string => networkPolicyDrop.judge(underPolicy(policy(spec), {isEnforced: true})).status;
	t.is(statusOf({ingress: [{}]}), 'ok');
	t.is(statusOf({ingress: [{from: [{podSelector: {matchExpressions: [{key: 'app', operator: 'In', values: ['mars2', 'mars3']}]}}], ports: [{port: 80}]}]}), 'ok');
	t.is(statusOf({ingress: [{ports: [{port: 'http'}]}]}), 'ok');
	t.is(statusOf({ingress: [{from: [{ipBlock: {cidr: '10.244.0.0/16'}}]}]}), 'ok');
	const shop = {from: [{namespaceSelector: {matchLabels: {team: 'shop'}}}]};
	t.is(statusOf({ingress: [shop]}), 'unknown', 'labels of namespaces are not read');
	t.is(statusOf({ingress: [shop, {}]}), 'ok');
	t.is(statusOf({ingress: [{...shop, ports: [{port: 8080}]}]}), 'broken', 'another port, whatever the namespace');
	t.is(networkPolicyDrop.judge(underPolicy(policy({ingress: [shop]}), {isEnforced: true, outcomes: {}})).status, 'ok', 'nothing failed');
	t.is(networkPolicyDrop.judge(underPolicy(policy({ingress: [shop]}), {isEnforced: false})).status, 'ok', 'nothing enforces it');
	t.is(statusOf({podSelector: {matchExpressions: [{key: 'app', operator: 'Like', values: ['ngin']}]}, ingress: []}), 'unknown', 'an operator of another time');
	t.is(statusOf({podSelector: {matchLabels: {app: 'other'}}, ingress: []}), 'ok', 'of another pod');
	t.is(statusOf({policyTypes: ['Egress']}), 'ok', 'of what goes out');
	t.is(statusOf({ingress: [{ports: [{port: 8080}]}]}), 'broken', 'the port is the pod\'s, not the Service\'s');
	t.is(statusOf({ingress: [{ports: [{port: 80, protocol: 'UDP'}]}]}), 'broken');
	t.is(statusOf({ingress: [{from: [{ipBlock: {cidr: '10.244.0.0/16', except: ['10.244.2.0/24']}}]}]}), 'broken');
	t.is(statusOf({podSelector: {matchLabels: {app: 'mars2'}}, policyTypes: ['Egress'], egress: []}), 'broken');
	t.is(networkPolicyDrop.judge(underPolicy(policy({ingress: []}, 'shop'), {isEnforced: true})).status, 'ok', 'of another namespace\'s pods');
	t.is(networkPolicyDrop.judge(underPolicy({unknown: 'forbidden'}, {isEnforced: true})).status, 'unknown');
	t.is(networkPolicyDrop.judge(buildEvidence({})).status, 'unknown');
});

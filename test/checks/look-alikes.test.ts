import test from 'ava';
import {checks} from '../../src/catalogue/index.ts';
import {cniBridgeIpMismatch} from '../../src/checks/cni-bridge-ip-mismatch.ts';
import {conntrackTableFull} from '../../src/checks/conntrack-table-full.ts';
import {duplicatePodCidr} from '../../src/checks/duplicate-pod-cidr.ts';
import {firewallFlushOrBlock} from '../../src/checks/firewall-flush-or-block.ts';
import {iptablesBackendMix} from '../../src/checks/iptables-backend-mix.ts';
import {kubeProxyDownOrStale} from '../../src/checks/kube-proxy-down-or-stale.ts';
import {kubeProxyNotApplicable} from '../../src/checks/kube-proxy-not-applicable.ts';
import {mtuBlackhole} from '../../src/checks/mtu-blackhole.ts';
import {overlayUnderlayBlocked} from '../../src/checks/overlay-underlay-blocked.ts';
import {rpFilterStrict} from '../../src/checks/rp-filter-strict.ts';
import {diagnose} from '../../src/diagnosis.ts';
import type {Evidence, Iptables, NodeEvidence} from '../../src/evidence/evidence.ts';
import {valueOf} from '../../src/evidence/known.ts';
import type {NodeNetwork} from '../../src/evidence/network.ts';
import type {FullSize} from '../../src/probes/full-size.ts';
import {
	type Situation,
	buildEvidence,
	endpointOf,
	mars1,
	nginx2,
	read,
} from '../helpers/evidence-builder.ts';

const healthy: Situation = {node: {bridgeNetfilter: 1}};

const causeOf = (evidence: Evidence): string | undefined => diagnose(checks, evidence).cause?.check.id;

const change = (evidence: Evidence, name: string, more: (node: NodeEvidence) => Partial<NodeEvidence>): Evidence => ({
	...evidence, nodes: new Map(evidence.nodes.entries().map(([node, own]) => [node, node === name ? {...own, ...more(own)} : own])),
});

const withNetwork = (evidence: Evidence, name: string, more: (network: NodeNetwork) => Partial<NodeNetwork>): Evidence => change(evidence, name, ({network}) => {
	const value = valueOf(network)!;
	return {network: read({...value, ...more(value)})};
});

/** From every node of the lab to pods of the others by a tunnel. */
const tunnelled = (evidence: Evidence, device: string, kind: string, reversePathFilter = 0): Evidence => evidence.nodes.keys().reduce((changed, name) => withNetwork(changed, name, ({routes, interfaces}) => ({
	routes: routes.map(route => (route.gateway === undefined || route.prefix === 0 ? route : {...route, device})),
	interfaces: [...interfaces.map(one => ({...one, reversePathFilter})), {
		name: device, kind, mtu: 1450, isUp: true, reversePathFilter,
	}],
})), evidence);

test('rp_filter: what goes from a pod to a node leaves with its node\'s address on most CNIs, and comes back as it went', t => {
	const host = {...nginx2, ip: '172.30.0.12', isHostNetwork: true};
	const situation = (outcomes: Situation['outcomes'] = {}): Situation => ({
		...healthy, client: mars1, backends: [host], endpoints: [endpointOf(host)], outcomes,
	});
	for (const filter of [1, 2]) {
		t.is(rpFilterStrict.judge(tunnelled(buildEvidence(situation()), 'flannel.1', 'vxlan', filter)).status, 'ok', String(filter));
	}

	const blocked = tunnelled(buildEvidence(situation({'mars1 vip': 'timeout', 'mars1 172.30.0.12': 'timeout'})), 'flannel.1', 'vxlan', 1);
	t.not(causeOf(blocked), 'rp-filter-strict');
});

const firewalld = ({nftTables}: NodeEvidence) => ({nftTables: read([...valueOf(nftTables) ?? [], 'inet firewalld'])});

test('a firewall that cannot be followed is said, and not called open', t => {
	const evidence = change(buildEvidence({...healthy, outcomes: {'mars1 vip': 'timeout'}}), 'k8s1', firewalld);
	for (const check of [firewallFlushOrBlock, overlayUnderlayBlocked]) {
		t.like(check.judge(evidence), {status: 'unknown', because: 'not read: k8s1: table inet firewalld (nftables)'});
	}
});

test('a tunnel that has no port which is read is said where probes through it fail', t => {
	const failing = {
		...healthy, client: mars1, backends: [nginx2], outcomes: {'mars1 vip': 'timeout', 'mars1 10.244.2.32': 'timeout'},
	} as const;
	const verdict = overlayUnderlayBlocked.judge(tunnelled(buildEvidence(failing), 'flannel-wg', 'wireguard'));
	t.is(verdict.status, 'unknown');
	t.regex(verdict.because, /what flannel-wg \(wireguard\) on k8s1 sends to other nodes is not followed through their firewalls/v);
	t.is(overlayUnderlayBlocked.judge(tunnelled(buildEvidence({...failing, outcomes: {}}), 'flannel-wg', 'wireguard')).status, 'ok');
});

const noProxy = (node: string, cni: object): Partial<NodeEvidence> => ({
	kubeProxy: {unknown: `no kube-proxy process runs on ${node}`}, cniConfigs: read([{path: '/etc/cni/net.d/10.conflist', modifiedAt: 1, text: JSON.stringify({plugins: [cni]})}]),
});

test('rules like kube-proxy\'s where something else may have made them are not said to go stale', t => {
	const router = change(buildEvidence(healthy), 'k8s1', () => noProxy('k8s1', {type: 'bridge', bridge: 'kube-bridge'}));
	t.not(kubeProxyDownOrStale.judge(router).status, 'latent');
	t.regex(kubeProxyNotApplicable.judge(router).because, /^no kube-proxy runs on k8s1, and kube-router is there, which can translate Services itself/v);
	t.regex(kubeProxyNotApplicable.repair(router).join(' '), /ds\/kube-router/v);
});

test('rules left over beside Cilium that send elsewhere are likely the cause, never certainly', t => {
	const stale = {
		virtualServers: read([{
			protocol: 'TCP' as const, ip: '10.98.171.178', port: 8080, scheduler: 'rr', realServers: [{
				ip: '10.244.0.99', port: 80, weight: 1, active: 0, inactive: 0,
			}],
		}]),
	};
	const situation: Situation = {...healthy, outcomes: {'mars1 vip': 'timeout', 'nginx-app vip': 'timeout', 'k8s1 vip': 'timeout'}};
	const left = change(buildEvidence(situation), 'k8s1', () => ({...stale, ...noProxy('k8s1', {type: 'cilium-cni'})}));
	t.like(kubeProxyDownOrStale.judge(left), {status: 'broken', confidence: 'likely'});
	t.regex(kubeProxyDownOrStale.judge(left).because, /cilium may translate Services on k8s1 instead, and these rules be left over/v);
	const stopped = change(buildEvidence(situation), 'k8s1', () => ({...stale, kubeProxy: {unknown: 'no kube-proxy process runs on k8s1'}}));
	t.like(kubeProxyDownOrStale.judge(stopped), {status: 'broken', confidence: 'certain'});
});

/** The rules of the Service as another iptables keeps them, sending to another address. */
const mixed = (evidence: Evidence, address: string): Evidence => change(evidence, 'k8s1', ({iptables}) => {
	const own = valueOf(iptables) ?? [];
	const other: Iptables = {...own[0], backend: 'nf_tables', rules: own[0].rules.map(rule => ({...rule, text: rule.text.replaceAll('10.244.0.19', () => address)}))};
	return {iptables: read([...own, other])};
});

test('old rules in the other iptables that send to a pod which is gone are the cause, and not a kube-proxy that keeps its own', t => {
	const situation: Situation = {node: {bridgeNetfilter: 1, mode: 'iptables'}, outcomes: {'mars1 vip': 'timeout', 'nginx-app vip': 'timeout', 'k8s1 vip': 'timeout'}};
	const evidence = mixed(buildEvidence(situation), '10.244.0.99');
	t.is(causeOf(evidence), 'iptables-backend-mix');
	t.regex(iptablesBackendMix.judge(evidence).because, /one of them sends to backends that are gone/v);
	t.is(iptablesBackendMix.judge(mixed(buildEvidence({...situation, outcomes: {}}), '10.244.0.99')).status, 'latent');
	t.is(iptablesBackendMix.judge(mixed(buildEvidence(situation), '10.244.0.19')).status, 'latent', 'both send to the same');
	const stale = change(buildEvidence(situation), 'k8s1', ({iptables}) => ({iptables: read((valueOf(iptables) ?? []).map(one => ({...one, rules: one.rules.map(rule => ({...rule, text: rule.text.replaceAll('10.244.0.19', '10.244.0.99')}))})))}));
	t.is(causeOf(stale), 'kube-proxy-down-or-stale');
});

test('the gateway is looked for in the pod\'s own network where the API tells none, and where nothing is known that is said', t => {
	const outcomes = {'mars1 vip': 'unreachable', 'nginx-app vip': 'unreachable'} as const;
	const moved = change(buildEvidence({...healthy, outcomes}), 'k8s1', ({bridges}) => ({bridges: read((valueOf(bridges) ?? []).map(bridge => ({...bridge, addresses: ['10.244.99.1/24']})))}));
	const nameless: Evidence = {...moved, target: {...moved.target, nodes: new Map(moved.target.nodes.entries().map(([name, node]) => [name, {...node, podCidrs: []}]))}};
	t.is(cniBridgeIpMismatch.judge(nameless).status, 'unknown');
	const own = {...nameless, pods: new Map(nameless.pods.entries().map(([label, pod]) => [label, {...pod, addresses: read([`${valueOf(pod.addresses)?.[0] ?? ''}/24`])}]))};
	t.like(cniBridgeIpMismatch.judge(own), {status: 'broken', confidence: 'certain'});
	const routed = {...nameless, pods: new Map(nameless.pods.entries().map(([label, pod]) => [label, {...pod, addresses: read([`${valueOf(pod.addresses)?.[0] ?? ''}/32`]), gateway: read('169.254.1.1')}]))};
	t.is(cniBridgeIpMismatch.judge(routed).status, 'ok', 'Calico answers for it by other means');
});

test('conntrack: a table with room left is not called full', t => {
	const at = (count: number) => change(buildEvidence({...healthy, outcomes: {'mars1 vip': 'timeout'}}), 'k8s1', () => ({conntrack: read({count, max: 1000})}));
	t.regex(conntrackTableFull.judge(at(1000)).because, /^the conntrack table is full on k8s1 .*, and new connections are dropped/v);
	t.like(conntrackTableFull.judge(at(985)), {confidence: 'likely'});
	t.regex(conntrackTableFull.judge(at(985)).because, /^the conntrack table is as good as full on k8s1 .*, and new connections may be dropped/v);
});

test('packets of full size: each family is clamped by its own program and to its own size', t => {
	const way = (toIp: string, largest: number): FullSize => ({
		from: 'default/nginx-app', fromNode: 'k8s1', to: 'default/mars2', toNode: 'k8s2', toIp, port: 33_434, bytes: 1500, outcome: 'lost', largest, command: 'ping', printed: '',
	});
	const clamps = mtuBlackhole.repair({...buildEvidence(healthy), fullSize: [way('10.244.2.31', 1400), way('fd00::13', 1380)]}).filter(line => line.includes('TCPMSS')).map(line => line.split('   #', 1)[0]);
	t.deepEqual(clamps, [
		'iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1360',
		'ip6tables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1320',
	]);
});

test('a node that gets another pod network has to forget the old one', t => {
	const evidence = buildEvidence(healthy);
	const clash: Evidence = {...evidence, target: {...evidence.target, nodes: new Map(evidence.target.nodes.entries().map(([name, node]) => [name, {...node, podCidrs: ['10.244.0.0/24']}]))}};
	t.true(duplicatePodCidr.repair(clash).some(line => line.includes('ip link del cni0')));
});

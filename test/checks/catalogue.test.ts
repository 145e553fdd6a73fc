import test from 'ava';
import {checks} from '../../src/catalogue/index.ts';
import {clusterCidrWrong} from '../../src/checks/cluster-cidr-wrong.ts';
import {cniBridgeIpMismatch} from '../../src/checks/cni-bridge-ip-mismatch.ts';
import {conntrackTableFull} from '../../src/checks/conntrack-table-full.ts';
import {duplicatePodCidr} from '../../src/checks/duplicate-pod-cidr.ts';
import {firewallFlushOrBlock} from '../../src/checks/firewall-flush-or-block.ts';
import {iptablesBackendMix} from '../../src/checks/iptables-backend-mix.ts';
import {ipvsVsConntrackOff} from '../../src/checks/ipvs-vs-conntrack-off.ts';
import {kubeProxyDownOrStale} from '../../src/checks/kube-proxy-down-or-stale.ts';
import {kubeProxyNotApplicable} from '../../src/checks/kube-proxy-not-applicable.ts';
import {nodeIdentityMismatch} from '../../src/checks/node-identity-mismatch.ts';
import {overlayUnderlayBlocked} from '../../src/checks/overlay-underlay-blocked.ts';
import {trafficPolicyLocalNoEndpoint} from '../../src/checks/traffic-policy-local-no-endpoint.ts';
import {diagnose} from '../../src/diagnosis.ts';
import type {Evidence, Iptables, NodeEvidence} from '../../src/evidence/evidence.ts';
import {
	type Situation,
	buildEvidence,
	endpointOf,
	mars1,
	mars2,
	nginx,
	nginx2,
	vip,
} from '../helpers/evidence-builder.ts';
import {buildNetwork} from '../helpers/node-builder.ts';

const read = <T>(value: T) => ({value, origin: {point: 'k8s1', command: 'cat', excerpt: ''}});

/** IPVS of one node: addresses with their weights. */
const ipvsOf = (...servers: ReadonlyArray<readonly [ip: string, weight: number]>): NodeEvidence['virtualServers'] => read([{
	protocol: 'TCP', ip: vip, port: 8080, scheduler: 'rr', realServers: servers.map(([ip, weight]) => ({
		ip, port: 80, weight, active: 0, inactive: 0,
	})),
}]);

const stoppedProxy = {kubeProxy: {unknown: 'no kube-proxy process runs on k8s1'}} as const;
const healthy: Situation = {node: {bridgeNetfilter: 1}};
const causeOf = (evidence: Evidence): string | undefined => diagnose(checks, evidence).cause?.check.id;

const withRules = (more: Partial<NodeEvidence>, situation: Situation = {}): Situation => ({...healthy, ...situation, nodes: {k8s1: {bridgeNetfilter: 1, more}}});

test('kube-proxy: a backend that is gone is named, and is the cause where the client goes to it', t => {
	const evidence = buildEvidence(withRules({...stoppedProxy, virtualServers: ipvsOf(['10.244.0.99', 1])}, {outcomes: {'mars1 vip': 'timeout', 'nginx-app vip': 'timeout', 'k8s1 vip': 'timeout'}}));
	const verdict = kubeProxyDownOrStale.judge(evidence);
	t.like(verdict, {status: 'broken', confidence: 'certain'});
	t.is(verdict.because, 'k8s1 still sends to 10.244.0.99:80, which the API does not list as ready; k8s1 sends nothing to 10.244.0.19:80, which is ready: no kube-proxy runs on k8s1');
	t.is(causeOf(evidence), 'kube-proxy-down-or-stale');
	t.true(kubeProxyDownOrStale.repair(evidence).includes('systemctl start kube-proxy'));
});

test('kube-proxy: a real server with weight 0 gets no new connections', t => {
	const evidence = buildEvidence(withRules({virtualServers: ipvsOf(['10.244.0.19', 0])}, {outcomes: {'mars1 vip': 'refused', 'nginx-app vip': 'refused', 'k8s1 vip': 'refused'}}));
	t.regex(kubeProxyDownOrStale.judge(evidence).because, /^k8s1 sends nothing to 10\.244\.0\.19:80, which is ready, nor to any other backend: kube-proxy on k8s1 is behind the API/v);
	t.is(causeOf(evidence), 'kube-proxy-down-or-stale');
	t.deepEqual(evidence.matrix.filter(cell => kubeProxyDownOrStale.explains(cell, evidence)).map(({from}) => from), ['default/mars1', 'default/nginx-app', 'k8s1']);
});

test('kube-proxy: one dead backend of two fails now and then, and only attempts that met it are its doing', t => {
	const attempts = (backend: string) => [{outcome: 'open' as const, ms: 1, backend: '10.244.0.19:80'}, {outcome: 'timeout' as const, ms: 3000, backend}];
	const situation = (backend: string) => buildEvidence(withRules({virtualServers: ipvsOf(['10.244.0.19', 1], ['10.244.0.99', 1])}, {outcomes: {'mars1 vip': attempts(backend)}}));
	t.is(causeOf(situation('10.244.0.99:80')), 'kube-proxy-down-or-stale');
	t.is(causeOf(situation('10.244.0.19:80')), undefined, 'the good backend is what failed');
});

test('kube-proxy: stopped or behind without harm is latent; right rules are ok; what was not read is unknown', t => {
	const judge = (situation: Situation) => kubeProxyDownOrStale.judge(buildEvidence(situation));
	t.is(judge(healthy).status, 'ok');
	t.is(judge({...healthy, node: {mode: 'iptables', bridgeNetfilter: 1}}).status, 'ok', 'iptables mode, by the comments of its rules');
	t.regex(judge(withRules(stoppedProxy)).because, /^no kube-proxy runs on k8s1; its rules are still right/v);
	t.is(judge(withRules(stoppedProxy)).status, 'latent');
	t.is(judge(withRules({virtualServers: ipvsOf(['10.244.0.19', 1], ['10.244.0.99', 1])})).status, 'latent');
	t.is(judge(withRules({virtualServers: {unknown: 'the script did not get as far as IPVS'}, proxyMode: {unknown: 'no answer'}})).status, 'unknown');
	t.is(judge({...healthy, unreachable: {k8s1: 'connection timed out'}}).status, 'unknown');
	t.is(judge({...healthy, endpoints: [], backends: []}).status, 'ok', 'no endpoint, no backend: that is another fault');
	t.is(judge({...healthy, endpoints: [endpointOf(nginx)], backends: [nginx, nginx2]}).status, 'ok');
	const inIptables = {...healthy, client: mars1, node: {mode: 'iptables', bridgeNetfilter: 1}} as const;
	const {iptables} = buildEvidence(inIptables).nodes.get('k8s1')!;
	const flushed = read(('value' in iptables ? iptables.value : []).map(ruleset => ({...ruleset, rules: ruleset.rules.filter(({chain}) => chain !== 'PREROUTING')})));
	t.regex(kubeProxyDownOrStale.judge(buildEvidence({...inIptables, nodes: {k8s1: {mode: 'iptables', more: {iptables: flushed}}}, outcomes: {'mars1 vip': 'timeout'}})).because, /^k8s1 sends nothing to 10\.244\.0\.19:80, which is ready/v, 'nothing leads to its chains any more');
	t.is(judge({...healthy, client: mars1, node: {mode: 'iptables', bridgeNetfilter: 1, more: {iptables: {unknown: 'iptables-save is not installed'}}}}).status, 'unknown');
});

test('traffic policy: a client whose node has no endpoint is told so, also where others are served', t => {
	const local = {...healthy, client: mars2, service: {internalTrafficPolicy: 'Local'}} as const;
	const evidence = buildEvidence({...local, nodes: {k8s2: {bridgeNetfilter: 1, more: {virtualServers: ipvsOf()}}, k8s3: {bridgeNetfilter: 1, more: {virtualServers: ipvsOf()}}}, outcomes: {'mars2 vip': 'refused', 'mars3 vip': 'refused', 'k8s2 vip': 'refused'}});
	t.regex(trafficPolicyLocalNoEndpoint.judge(evidence).because, /^internalTrafficPolicy of default\/nginx is Local, and no ready endpoint is on k8s2 and k8s3: default\/mars2 → 10\.98\.171\.178:8080 is refused/v);
	t.is(causeOf(evidence), 'traffic-policy-local-no-endpoint');
	t.is(trafficPolicyLocalNoEndpoint.judge(buildEvidence(local)).status, 'latent', 'nothing failed');
	t.is(causeOf(buildEvidence(local)), undefined);
	t.is(trafficPolicyLocalNoEndpoint.judge(buildEvidence(healthy)).status, 'ok');
	t.is(trafficPolicyLocalNoEndpoint.judge(buildEvidence({...local, client: mars1, other: nginx})).status, 'ok', 'all on the endpoint\'s node');
});

test('conntrack: a full table explains time-outs and no refusals; nearly full is latent', t => {
	const at = (count: number, outcome: 'timeout' | 'refused' | 'open') => buildEvidence(withRules({conntrack: read({count, max: 1000})}, {outcomes: {'mars1 vip': outcome}}));
	t.like(conntrackTableFull.judge(at(1000, 'timeout')), {status: 'broken', confidence: 'certain'});
	t.is(causeOf(at(1000, 'timeout')), 'conntrack-table-full');
	t.is(causeOf(at(1000, 'refused')), undefined);
	t.is(conntrackTableFull.judge(at(1000, 'open')).status, 'latent');
	t.is(conntrackTableFull.judge(at(850, 'timeout')).status, 'latent');
	t.is(conntrackTableFull.judge(at(10, 'timeout')).status, 'ok');
	t.is(conntrackTableFull.judge(buildEvidence({node: {more: {conntrack: {unknown: 'nf_conntrack is not loaded'}}}})).status, 'unknown');
});

test('vs.conntrack 0: who reaches itself times out, pods that reach others do not (access.md 7)', t => {
	const off = {sysctls: {...buildEvidence(healthy).nodes.get('k8s1')?.sysctls, 'net/ipv4/vs/conntrack': read('0')}};
	const self = buildEvidence(withRules(off, {client: nginx, outcomes: {'nginx-app vip': 'timeout'}}));
	t.is(causeOf(self), 'ipvs-vs-conntrack-off');
	t.deepEqual(self.matrix.filter(cell => ipvsVsConntrackOff.explains(cell, self)).map(({from, path}) => `${from} ${path}`), ['default/nginx-app self']);
	t.is(causeOf(buildEvidence(withRules(off, {outcomes: {'mars1 vip': 'timeout'}}))), undefined);
	t.is(ipvsVsConntrackOff.judge(buildEvidence(healthy)).status, 'ok');
	t.regex(ipvsVsConntrackOff.judge(buildEvidence({node: {mode: 'iptables'}})).because, /no node is in ipvs mode/v);
	t.is(ipvsVsConntrackOff.judge(buildEvidence({node: {more: {sysctls: {}}}})).status, 'unknown');
});

const iptablesWith = (rules: readonly string[], policies: Readonly<Record<string, string>> = {}, packets = 4): NodeEvidence['iptables'] => {
	const [ruleset] = (buildEvidence(healthy).nodes.get('k8s1')?.iptables as {readonly value: readonly Iptables[]}).value;
	return read([{
		...ruleset,
		chains: ruleset.chains.map(chain => ({...chain, policy: policies[chain.chain] ?? chain.policy})),
		rules: [...rules.map(text => ({
			table: 'filter', chain: text.split(' ', 2)[1], text, packets,
		})), ...ruleset.rules],
	}]);
};

test('INPUT: a rule that drops the ClusterIP is named with its counter; ipvs mode does not meet one for the backend\'s port (access.md 9)', t => {
	const drop = `-A INPUT -d ${vip}/32 -p tcp -m tcp --dport 8080 -j DROP`;
	const situation = (rules: readonly string[], outcome: 'timeout' | 'open' = 'timeout') => buildEvidence(withRules({iptables: iptablesWith(rules)}, {outcomes: {'mars1 vip': outcome, 'nginx-app vip': outcome}}));
	const verdict = firewallFlushOrBlock.judge(situation([drop]));
	t.like(verdict, {status: 'broken', confidence: 'certain'});
	t.regex(verdict.because, /^the rule "-A INPUT -d 10\.98\.171\.178\/32 -p tcp -m tcp --dport 8080 -j DROP" on k8s1 \(4 packets so far\) drops what goes to 10\.98\.171\.178:8080: default\/mars1/v);
	t.is(causeOf(situation([drop])), 'firewall-flush-or-block');
	t.is(firewallFlushOrBlock.judge(situation([drop], 'open')).status, 'latent');
	t.is(causeOf(situation(['-A INPUT -p tcp -m tcp --dport 80 -j DROP'])), undefined);
	t.is(firewallFlushOrBlock.judge(situation(['-A INPUT -j KUBE-IPVS-FILTER', '-A KUBE-IPVS-FILTER -m set --match-set KUBE-IPVS-IPS dst -j REJECT'])).status, 'ok', 'kube-proxy\'s own chains');
	t.is(firewallFlushOrBlock.judge(situation(['-A INPUT -m set --match-set denied src -j DROP'])).status, 'unknown');
	t.regex(firewallFlushOrBlock.repair(situation([drop])).join('\n'), /iptables -I INPUT -d 10\.98\.171\.178 -p tcp --dport 8080 -j ACCEPT/v);
});

test('INPUT: the policy DROP stops pods in ipvs mode, and answers to the node in every mode', t => {
	const every = {'mars1 vip': 'timeout', 'nginx-app vip': 'timeout', 'k8s1 vip': 'timeout'} as const;
	const explained = (mode: 'ipvs' | 'iptables') => {
		const evidence = buildEvidence({...healthy, outcomes: every, nodes: {k8s1: {bridgeNetfilter: 1, mode, more: {iptables: iptablesWith([], {INPUT: 'DROP'})}}}});
		return evidence.matrix.filter(cell => cell.attempts[0].outcome !== 'open' && firewallFlushOrBlock.explains(cell, evidence)).map(({from}) => from);
	};

	t.deepEqual(explained('ipvs'), ['default/mars1', 'default/nginx-app', 'k8s1']);
	t.true(explained('iptables').includes('k8s1'));
});

test('a host-network backend is reached by INPUT of its node', t => {
	const backend = {...nginx, ip: '172.30.0.11', isHostNetwork: true};
	const evidence = buildEvidence({
		...healthy, client: mars2, backends: [backend], endpoints: [endpointOf(backend)], outcomes: {
			'mars2 vip': 'timeout', 'mars2 172.30.0.11': 'timeout', 'mars3 vip': 'timeout', 'mars3 172.30.0.11': 'timeout', 'k8s2 vip': 'timeout',
		},
		nodes: {k8s1: {bridgeNetfilter: 1, more: {iptables: iptablesWith(['-A INPUT -p tcp -m tcp --dport 80 -j DROP'])}}},
	});
	t.is(causeOf(evidence), 'firewall-flush-or-block');
});

test('overlay: UDP 8472 dropped on one node cuts pods of other nodes off, and nothing else', t => {
	const outcomes = {
		'mars2 vip': 'timeout', 'mars2 10.244.0.19': 'timeout', 'mars3 vip': 'timeout', 'mars3 10.244.0.19': 'timeout', 'k8s2 vip': 'timeout',
	} as const;
	const {target} = buildEvidence({...healthy, client: mars2});
	const tunnelled = (name: string, port: number): NodeEvidence['network'] => {
		const network = buildNetwork(name, target);
		return read({...network, routes: network.routes.map(route => (route.gateway === undefined || route.prefix === 0 ? route : {...route, device: 'tunnel'})), tunnels: [{device: 'tunnel', port}]});
	};

	const over = (networkOf: (name: string) => NodeEvidence['network'], more: Situation['outcomes'] = {}) => buildEvidence({
		...healthy,
		client: mars2,
		outcomes: {...outcomes, ...more},
		nodes: {
			k8s1: {bridgeNetfilter: 1, more: {network: networkOf('k8s1'), iptables: iptablesWith(['-A INPUT -p udp -m udp --dport 8472 -j DROP'])}},
			...Object.fromEntries(['k8s2', 'k8s3'].map(name => [name, {bridgeNetfilter: 1 as const, more: {network: networkOf(name)}}])),
		},
	});
	const evidence = over(name => tunnelled(name, 8472));
	t.is(causeOf(evidence), 'overlay-underlay-blocked');
	t.is(evidence.matrix.filter(cell => overlayUnderlayBlocked.explains(cell, evidence)).length, 5);
	t.is(causeOf(over(name => tunnelled(name, 8472), {'mars2 vip': 'unreachable'})), 'overlay-underlay-blocked', 'nobody answers ARP in the tunnel');
	t.is(causeOf(over(() => ({unknown: 'ip is not installed'}))), 'overlay-underlay-blocked', 'flannel, where routes were not read');
	t.is(causeOf(over(name => tunnelled(name, 4789))), undefined, 'the tunnel uses another port');
	t.is(causeOf(over(name => read(buildNetwork(name, target)))), undefined, 'no tunnel is in use');
	t.is(overlayUnderlayBlocked.judge(buildEvidence(healthy)).status, 'ok');
});

test('node identity: a name that is not the node\'s is latent, or the cause where a pod cannot reach itself', t => {
	const named = {kubeProxy: read({pid: 2, argv: ['/usr/bin/kube-proxy', '--hostname-override=wrong'], startedAt: 1_700_000_000})};
	t.is(nodeIdentityMismatch.judge(buildEvidence(withRules(named))).status, 'latent');
	t.is(causeOf(buildEvidence(withRules(named, {client: nginx, outcomes: {'nginx-app vip': 'timeout'}}))), 'node-identity-mismatch');
	t.is(causeOf(buildEvidence(withRules(named, {outcomes: {'mars1 vip': 'timeout'}}))), undefined);
	t.is(nodeIdentityMismatch.judge(buildEvidence(healthy)).status, 'ok', 'by the host\'s name');
	t.is(nodeIdentityMismatch.judge(buildEvidence(withRules({kubeProxy: read({pid: 2, argv: ['k3s'], startedAt: 1})}))).status, 'unknown');
});

test('clusterCIDR: too narrow and too wide are latent, with what they do', t => {
	const judge = (cidr: string) => clusterCidrWrong.judge(buildEvidence({...healthy, node: {more: {kubeProxyConfigz: read({'kubeproxy.config.k8s.io': {DetectLocal: {ClusterCIDRs: cidr === '' ? [] : [cidr]}}})}}}));
	t.is(judge('10.244.0.0/16').status, 'ok');
	t.regex(judge('10.200.0.0/16').because, /does not contain the pods' 10\.244\.0\.0\/24 and 10\.244\.2\.0\/24/v);
	t.is(judge('10.200.0.0/16').status, 'latent');
	t.regex(judge('0.0.0.0/0').because, /contains the nodes' own 172\.30\.0\.11/v);
	t.is(judge('').status, 'ok');
	t.is(clusterCidrWrong.judge(buildEvidence({node: {more: {kubeProxyConfigz: {unknown: 'no answer'}, kubeProxyConfig: {unknown: 'unreadable'}}}})).status, 'unknown');
});

test('two variants of iptables: only rules of kube-proxy in both are told', t => {
	const mix = (text: string) => {
		const current = (iptablesWith([]) as {readonly value: readonly Iptables[]}).value;
		return iptablesBackendMix.judge(buildEvidence(withRules({
			iptables: read([...current, {
				backend: 'nf_tables', chains: [], kubeLines: 3, rules: [{
					table: 'nat', chain: text.split(' ', 2)[1], text, packets: 0,
				}],
			}]),
		})));
	};

	t.is(mix('-A KUBE-SEP-1 -j DNAT --to-destination 10.244.0.99:80').status, 'latent');
	t.is(mix('-A KUBE-FIREWALL -j DROP').status, 'ok', 'kubelet\'s own');
	t.is(iptablesBackendMix.judge(buildEvidence(healthy)).status, 'ok');
});

test('pod networks that overlap break what goes between their nodes', t => {
	const situation = {...healthy, client: mars2, outcomes: {'mars2 vip': 'timeout', 'mars2 10.244.0.19': 'timeout'}} as const;
	const evidence = buildEvidence(situation);
	const [one, two] = evidence.target.nodes.values().toArray();
	const clash: Evidence = {...evidence, target: {...evidence.target, nodes: new Map([[one.name, {...one, podCidrs: ['10.244.0.0/24']}], [two.name, {...two, podCidrs: ['10.244.0.0/25']}]])}};
	t.like(duplicatePodCidr.judge(clash), {status: 'broken', confidence: 'certain'});
	t.is(duplicatePodCidr.judge(evidence).status, 'ok');
	t.is(duplicatePodCidr.judge({...evidence, target: {...evidence.target, nodes: new Map()}}).status, 'unknown');
});

test('kube-proxy is stopped, and of this Service nothing is left in the kernel: others tell that it was in ipvs mode', t => {
	const emptied = {
		...stoppedProxy, proxyMode: {unknown: 'nobody answers on 127.0.0.1:10249'}, kubeProxyConfigz: {unknown: 'nobody answers'}, virtualServers: read([]), virtualServerCount: read(3),
	};
	const evidence = buildEvidence(withRules(emptied, {outcomes: {'mars1 vip': 'timeout', 'nginx-app vip': 'timeout', 'k8s1 vip': 'timeout'}}));
	t.regex(kubeProxyDownOrStale.judge(evidence).because, /^k8s1 sends nothing to 10\.244\.0\.19:80, which is ready, nor to any other backend: no kube-proxy runs on k8s1$/v);
	t.is(causeOf(evidence), 'kube-proxy-down-or-stale');
});

test('without kube-proxy and its rules it is said who translates', t => {
	const none = {
		kubeProxy: {unknown: 'no kube-proxy process runs on k8s1'}, virtualServers: read([]), virtualServerCount: read(0), iptables: read([]), cniConfigs: read([{path: '/etc/cni/net.d/05-cilium.conflist', modifiedAt: 1, text: '{"plugins":[{"type":"cilium-cni"}]}'}]),
	};
	const evidence = buildEvidence(withRules(none));
	t.regex(kubeProxyNotApplicable.judge(evidence).because, /on k8s1: cilium translates Services there/v);
	t.regex(kubeProxyNotApplicable.repair(evidence).join(' '), /cilium-dbg service list/v);
	t.is(kubeProxyNotApplicable.judge(buildEvidence(healthy)).status, 'ok');
});

test('a bridge without the pods\' gateway stops what leaves it, and not what stays on it', t => {
	const bridgesOf = (addresses: readonly string[]): Partial<NodeEvidence> => {
		const {bridges} = buildEvidence(healthy).nodes.get('k8s1')!;
		return 'value' in bridges ? {bridges: {...bridges, value: bridges.value.map(bridge => ({...bridge, addresses}))}} : {};
	};

	const moved = (outcomes: Situation['outcomes']) => buildEvidence(withRules(bridgesOf(['10.244.99.1/24']), {outcomes}));
	const evidence = moved({
		'mars1 vip': 'unreachable', 'nginx-app vip': 'unreachable', 'mars2 vip': 'timeout', 'mars2 10.244.0.19': 'timeout', 'k8s1 vip': 'timeout',
	});
	t.like(cniBridgeIpMismatch.judge(evidence), {status: 'broken', confidence: 'certain'});
	t.regex(cniBridgeIpMismatch.judge(evidence).because, /^cni0 on k8s1 has 10\.244\.99\.1\/24, and default\/mars1 and default\/nginx-app send to the gateway 10\.244\.0\.1, which nobody has: /v);
	t.is(causeOf(evidence), 'cni-bridge-ip-mismatch');
	t.true(cniBridgeIpMismatch.repair(evidence).some(line => line.startsWith('ip addr add 10.244.0.1/24 dev cni0')));
	t.is(causeOf(moved({'mars1 vip': 'refused'})), undefined);
	const unready = buildEvidence(withRules({...bridgesOf(['10.244.99.1/24']), virtualServers: ipvsOf()}, {
		backends: [{...nginx, isReady: false}],
		endpoints: [{...endpointOf(nginx), isReady: false}],
		outcomes: {
			'mars1 vip': 'timeout', 'mars2 vip': 'refused', 'mars2 10.244.0.19': 'timeout', 'k8s1 vip': 'refused', 'nginx-app vip': 'timeout',
		},
	}));
	t.is(causeOf(unready), 'cni-bridge-ip-mismatch');
	t.is(diagnose(checks, unready).contributing.at(-1)?.check.id, 'no-ready-endpoints');
	t.is(cniBridgeIpMismatch.judge(moved({})).status, 'latent');
	t.is(cniBridgeIpMismatch.judge(buildEvidence(healthy)).status, 'ok');
	t.is(cniBridgeIpMismatch.judge(buildEvidence({node: {more: {bridges: {unknown: 'the script did not get as far as bridges'}}}})).status, 'unknown');
});

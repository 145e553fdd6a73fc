import test from 'ava';
import {checks} from '../../src/catalogue/index.ts';
import {changesFor} from '../../src/check.ts';
import {brNetfilterModuleMissing} from '../../src/checks/br-netfilter-module-missing.ts';
import {clusterCidrWrong} from '../../src/checks/cluster-cidr-wrong.ts';
import {forwardPolicyDrop} from '../../src/checks/forward-policy-drop.ts';
import {hairpinNoMasquerade} from '../../src/checks/hairpin-no-masquerade.ts';
import {ipForwardOff} from '../../src/checks/ip-forward-off.ts';
import {kubeProxyDownOrStale} from '../../src/checks/kube-proxy-down-or-stale.ts';
import {masqueradeAllMasking} from '../../src/checks/masquerade-all-masking.ts';
import {networkPolicyDrop} from '../../src/checks/network-policy-drop.ts';
import {targetPortMismatch} from '../../src/checks/target-port-mismatch.ts';
import {readNetworkPolicies} from '../../src/cluster/network-policy.ts';
import {readService} from '../../src/cluster/read-service.ts';
import {diagnose} from '../../src/diagnosis.ts';
import type {Evidence, IptablesRule, NodeEvidence} from '../../src/evidence/evidence.ts';
import {valueOf} from '../../src/evidence/known.ts';
import {kernelProxyMode, liveProxy} from '../../src/evidence/readings.ts';
import {
	type Situation,
	buildEvidence,
	buildPod,
	endpointOf,
	mars2,
	nginx,
	nginx2,
	read,
	vip,
} from '../helpers/evidence-builder.ts';
import {prepareChange} from '../helpers/prepare-change.ts';

const causeOf = (evidence: Evidence): string | undefined => diagnose(checks, evidence).cause?.check.id;

const change = (evidence: Evidence, name: string, more: (node: NodeEvidence) => Partial<NodeEvidence>): Evidence => ({
	...evidence, nodes: new Map(evidence.nodes.entries().map(([node, own]) => [node, node === name ? {...own, ...more(own)} : own])),
});

const listening = (evidence: Evidence, pod: typeof nginx, ...ports: readonly number[]): Evidence => ({
	...evidence,
	pods: new Map([...evidence.pods, [`default/${pod.name}`, buildPod(pod, 6, read(ports.map(port => ({protocol: 'tcp' as const, ip: '0.0.0.0', port}))))]]),
});

test('another targetPort is offered where all backends listen there and none answers as it is, and of several that which they declare', t => {
	const two: Situation = {
		node: {bridgeNetfilter: 1}, backends: [nginx, nginx2], endpoints: [endpointOf(nginx, 81), endpointOf(nginx2, 81)], targetPort: 81,
	};
	const refused = {...two, outcomes: {'mars1 vip': 'refused', 'mars1 10.244.0.19': 'refused', 'mars1 10.244.2.32': 'refused'}} as const;
	const offered = (evidence: Evidence): readonly string[] => changesFor(targetPortMismatch, evidence);
	t.deepEqual(offered(listening(listening(buildEvidence(refused), nginx, 80, 15_020), nginx2, 80, 15_020)), ['target-port=80'], 'declared');
	t.deepEqual(offered(listening(listening(buildEvidence(refused), nginx, 8888), nginx2, 8888)), ['target-port=8888'], 'the only one');
	t.deepEqual(offered(listening(listening(buildEvidence(refused), nginx, 8888, 15_020), nginx2, 8888, 15_020)), [], 'which of two is not known');
	t.deepEqual(offered(listening(listening(buildEvidence(refused), nginx, 15_020), nginx2, 80)), [], 'none in common');
	const one = {...two, outcomes: {'mars1 10.244.0.19': 'refused', 'mars1 vip': [{outcome: 'open', ms: 1}, {outcome: 'refused', ms: 1}]}} as const;
	t.deepEqual(offered(listening(listening(buildEvidence(one), nginx, 15_020), nginx2, 81, 15_020)), [], 'one backend answers as it is: the other lacks its application');
});

/** What kube-proxy writes beside the chain of a ClusterIP whose traffic stays local, for those who come from outside. */
const withClusterChain = ({iptables}: NodeEvidence): Partial<NodeEvidence> => ({
	iptables: read((valueOf(iptables) ?? []).map(ruleset => ({
		...ruleset,
		rules: [
			...ruleset.rules.map(rule => ({...rule, chain: rule.chain.replace('KUBE-SVC-NGINX', 'KUBE-SVL-NGINX'), text: rule.text.replaceAll('KUBE-SVC-NGINX', 'KUBE-SVL-NGINX')})),
			{
				table: 'nat', chain: 'KUBE-SVC-NGINX', text: '-A KUBE-SVC-NGINX -m comment --comment "default/nginx -> 10.244.2.32:80" -j KUBE-SEP-9', packets: 0,
			},
		],
	}))),
});

test('internalTrafficPolicy Local: the chain that serves those from outside is not that of the ClusterIP', t => {
	const local = change(buildEvidence({node: {bridgeNetfilter: 1, mode: 'iptables'}, service: {internalTrafficPolicy: 'Local'}}), 'k8s1', withClusterChain);
	t.not(kubeProxyDownOrStale.judge(local).status, 'latent');
	const off = change(buildEvidence({node: {bridgeNetfilter: 0, mode: 'iptables'}, service: {internalTrafficPolicy: 'Local'}, outcomes: {'mars1 vip': 'timeout'}}), 'k8s1', withClusterChain);
	t.is(causeOf(off), 'br-nf-call-iptables-off');
});

test('endpoints that are left out for their distance, or that end and still serve, make no stale kube-proxy', t => {
	const near: Situation = {node: {bridgeNetfilter: 1}, backends: [nginx, nginx2]};
	const farLeftOut = (isTopologyAware: boolean) => kubeProxyDownOrStale.judge(change(buildEvidence({...near, service: {isTopologyAware}}), 'k8s1', ({virtualServers}) => ({
		virtualServers: read((valueOf(virtualServers) ?? []).map(server => ({...server, realServers: server.realServers.filter(({ip}) => ip === nginx.ip)}))),
	}))).status;
	t.is(farLeftOut(true), 'ok');
	t.is(farLeftOut(false), 'latent');
	t.is(kubeProxyDownOrStale.judge(buildEvidence({node: {bridgeNetfilter: 1}, endpoints: [{...endpointOf(nginx), isReady: false}]})).status, 'ok');
	t.true(readService({metadata: {name: 'nginx', namespace: 'default'}, spec: {trafficDistribution: 'PreferClose'}})?.isTopologyAware);
	t.true(readService({metadata: {name: 'nginx', annotations: {'service.kubernetes.io/topology-mode': 'Auto'}}, spec: {}})?.isTopologyAware);
	t.is(readService({metadata: {name: 'nginx'}, spec: {}})?.isTopologyAware, undefined);
});

const hanging: readonly IptablesRule[] = [
	`-A KUBE-SVC-X -d ${vip}/32 -p tcp -m comment --comment "default/nginx cluster IP" -m tcp --dport 8080 -j KUBE-MARK-MASQ`,
	'-A KUBE-SEP-0 -s 10.244.0.19/32 -m comment --comment "default/nginx" -j KUBE-MARK-MASQ',
].map(text => ({
	table: 'nat', chain: text.split(' ', 2)[1], text, packets: 0,
}));

test('chains of iptables mode that nothing leads to are not what acts', t => {
	const left = change(buildEvidence({node: {bridgeNetfilter: 1}, outcomes: {'nginx-app vip': 'timeout'}}), 'k8s1', ({iptables, sysctls}) => ({
		iptables: read((valueOf(iptables) ?? []).map(ruleset => ({...ruleset, rules: [...ruleset.rules, ...hanging]}))), sysctls: {...sysctls, 'net/ipv4/vs/conntrack': read('0')},
	}));
	t.is(valueOf(kernelProxyMode(left.nodes.get('k8s1')!)), 'ipvs');
	const {cause, contributing} = diagnose(checks, left);
	t.deepEqual([...contributing, ...(cause ? [cause] : [])].map(({check}) => check.id), ['ipvs-vs-conntrack-off']);
});

test('a policy that lets in by labels is not ruled out where masqueradeAll hides whose packet it is', t => {
	const evidence = buildEvidence({client: mars2, node: {bridgeNetfilter: 1, masqueradeAll: true, more: {cniConfigs: read([{path: '/etc/cni/net.d/10-calico.conflist', modifiedAt: 1, text: '{"plugins":[{"type":"calico"}]}'}])}}, outcomes: {'mars2 vip': 'timeout'}});
	const policies = readNetworkPolicies([{ok: true, value: {items: [{metadata: {name: 'pods-only', namespace: 'default'}, spec: {podSelector: {}, policyTypes: ['Ingress'], ingress: [{from: [{podSelector: {}}]}]}}]}}] as never);
	const verdict = networkPolicyDrop.judge({...evidence, target: {...evidence.target, policies}});
	t.is(verdict.status, 'unknown');
	t.regex(verdict.because, /masqueradeAll shows the backend the node's address instead of the client's/v);
});

test('what is typed is for the family and the proxy mode at hand', t => {
	const six: Situation = {service: {clusterIp: 'fd00:10:96::b2'}, node: {bridgeNetfilter: 1, ipForward: 0, forwardPolicy: 'DROP'}};
	t.deepEqual(changesFor(ipForwardOff, buildEvidence(six)), []);
	t.true(ipForwardOff.repair(buildEvidence(six)).some(line => line.includes('accept_ra=2')));
	t.deepEqual(changesFor(forwardPolicyDrop, buildEvidence(six)), []);
	const evidence = buildEvidence(six);
	const dual = {...evidence, target: {...evidence.target, nodes: new Map(evidence.target.nodes.entries().map(([name, node]) => [name, {...node, podCidrs: ['fd00:10:244::/64']}]))}};
	t.true(forwardPolicyDrop.repair(dual).some(line => line.startsWith('ip6tables -I FORWARD -s fd00:10:244::/64 ')));
	const inNftables = change(buildEvidence({node: {masqueradeAll: true}}), 'k8s1', () => ({kubeProxyConfig: read({path: '/var/lib/kube-proxy/config.yaml', modifiedAt: 1, text: 'mode: nftables\nnftables:\n  masqueradeAll: true\n'})}));
	t.true(masqueradeAllMasking.repair(inNftables).some(line => line.includes('nftables.masqueradeAll')));
});

test('IPv6: the set of those who come back to themselves has a name of its own', t => {
	const ip = 'fd00:10:244::19';
	const rule: IptablesRule = {
		table: 'nat', chain: 'KUBE-POSTROUTING', text: '-A KUBE-POSTROUTING -m set --match-set KUBE-6-LOOP-BACK dst,dst,src -j MASQUERADE', packets: 0,
	};
	const evidence = buildEvidence({service: {clusterIp: 'fd00:10:96::b2'}, backends: [{...nginx, ip}], node: {bridgeNetfilter: 1, ip6: 1}});
	const masqueraded = change(evidence, 'k8s1', ({iptables}) => ({
		iptables: read((valueOf(iptables) ?? []).map(ruleset => ({...ruleset, rules: [rule]}))), ipsets: read({'KUBE-6-LOOP-BACK': [`${ip},tcp:80,${ip}`]}),
	}));
	t.is(hairpinNoMasquerade.judge(masqueraded).status, 'ok');
});

test('a bridge that does not forward by its own switch is found, and not repaired by that of the node', t => {
	const closed = change(buildEvidence({client: mars2, node: {bridgeNetfilter: 1}, outcomes: {'mars2 vip': 'timeout', 'mars2 10.244.0.19': 'timeout'}}), 'k8s1', ({sysctls}) => ({sysctls: {...sysctls, 'net/ipv4/conf/cni0/forwarding': read('0')}}));
	t.regex(ipForwardOff.judge(closed).because, /^net\.ipv4\.conf\.cni0\.forwarding is 0 on k8s1/v);
	t.deepEqual(changesFor(ipForwardOff, closed), []);
	t.true(ipForwardOff.repair(closed).includes('sysctl -w net.ipv4.conf.cni0.forwarding=1'));
	const alone = closed.nodes.get('k8s1')!;
	t.regex(ipForwardOff.ofNode?.judge(alone).because ?? '', /^net\.ipv4\.conf\.cni0\.forwarding is 0:/v, 'hairpin nodes names the same switch');
	t.true(ipForwardOff.ofNode?.repair(alone).includes('sysctl -w net.ipv4.conf.cni0.forwarding=1'));
});

test('clusterCIDR is read as older versions of kube-proxy show it, and asked for only where it decides', t => {
	const shown = (settings: object) => change(buildEvidence({node: {bridgeNetfilter: 1}}), 'k8s1', () => ({kubeProxyConfigz: read({'kubeproxy.config.k8s.io': {Mode: 'ipvs', ...settings}})}));
	t.deepEqual(valueOf(liveProxy(shown({ClusterCIDR: '10.100.0.0/16'}).nodes.get('k8s1')!))?.clusterCidrs, ['10.100.0.0/16']);
	t.is(clusterCidrWrong.judge(shown({ClusterCIDR: '10.100.0.0/16'})).status, 'latent');
	t.is(clusterCidrWrong.judge(shown({DetectLocalMode: 'BridgeInterface', DetectLocal: {ClusterCIDRs: ['172.16.0.0/12']}})).status, 'ok');
});

test('hairpin_mode is not written beside promiscMode, which the bridge plugin refuses', t => {
	const conflist = (isPromiscuous: boolean) => read([{path: '/etc/cni/net.d/10-bridge.conflist', modifiedAt: 1, text: JSON.stringify({plugins: [{type: 'bridge', bridge: 'cni0', promiscMode: isPromiscuous}]})}]);
	const planned = (isPromiscuous: boolean) => prepareChange('hairpin-port=on', buildEvidence({node: {hairpinMode: 0, bridgeNetfilter: 1, more: {cniConfigs: conflist(isPromiscuous)}}})).plan;
	const kinds = (isPromiscuous: boolean) => planned(isPromiscuous).nodes.flatMap(({edits}) => edits.map(({kind}) => kind));
	t.true(kinds(false).includes('json'));
	t.false(kinds(true).includes('json'));
	t.true(kinds(true).includes('bridge-port'));
	t.regex(planned(true).notes.join(' '), /says promiscMode, and the bridge plugin makes no pod where it says hairpinMode as well/v);
});

test('a module that does not exist is one fault, and not tied with that it is not loaded', t => {
	const missing = buildEvidence({node: {hasModuleFile: false}, outcomes: {'mars1 vip': 'timeout'}});
	const {cause, tied} = diagnose(checks, missing);
	t.is(cause?.check, brNetfilterModuleMissing);
	t.deepEqual(tied, []);
});

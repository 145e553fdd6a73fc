import test from 'ava';
import {isInCidr} from '../../src/datapath/cidr.ts';
import {type HookPacket, parseRule} from '../../src/datapath/rule.ts';
import {walkHook, walkRulesets} from '../../src/datapath/filter.ts';
import {forwardPolicyDrop} from '../../src/checks/forward-policy-drop.ts';
import {ipForwardOff} from '../../src/checks/ip-forward-off.ts';
import type {Check} from '../../src/check.ts';
import type {Iptables} from '../../src/evidence/evidence.ts';
import {
	type Situation,
	buildEvidence,
	mars2,
	nginx,
} from '../helpers/evidence-builder.ts';
import {buildCapture, buildFlow} from '../helpers/flow-builder.ts';
import type {Outcomes} from '../helpers/matrix-builder.ts';
import type {NodeSettings} from '../helpers/node-builder.ts';

const packet: HookPacket = {
	source: '10.244.2.31', destination: '10.244.0.19', protocol: 'tcp', destinationPort: 80, state: 'NEW', mark: 0, inInterface: undefined, outInterface: 'cni0', bridges: ['cni0', 'docker0'],
};

test('networks hold their addresses, in both IP versions', t => {
	t.true(isInCidr('10.244.0.19', '10.244.0.0/16'));
	t.false(isInCidr('10.245.0.19', '10.244.0.0/16'));
	t.true(isInCidr('10.244.0.19', '0.0.0.0/0'));
	t.true(isInCidr('10.244.0.19', '10.244.0.19'));
	t.true(isInCidr('fd00:10::19', 'fd00:10::/64'));
	t.false(isInCidr('fd00:10:0:1::19', 'fd00:10::/64'));
	t.true(isInCidr('fd00:10:0:1::19', 'fd00:10::/63'));
	t.false(isInCidr('10.244.0.19', 'fd00::/8'));
	t.is(isInCidr('10.244.0.19', '10.244.0.0/33'), undefined);
	t.is(isInCidr('10.244.0.19', 'kubernetes'), undefined);
});

const matches = test.macro({
	exec(t, text: string, expected: 'yes' | 'no' | 'maybe') {
		t.is(parseRule(`-A FORWARD ${text} -j ACCEPT`).match(packet), expected);
	},
	title: (_given, text: string, expected: string) => `a rule with "${text}" matches: ${expected}`,
});

test(matches, '-s 10.244.0.0/16', 'yes');
test(matches, '! -s 10.244.0.0/16', 'no');
test(matches, '-d 192.168.0.0/16', 'no');
test(matches, '-o cni0', 'yes');
test(matches, '-o cni+', 'yes');
test(matches, '! -i cni0', 'yes');
test(matches, '-i docker0', 'no');
test(matches, '-i flannel.1', 'maybe');
test(matches, '-p tcp -m tcp --dport 79:81', 'yes');
test(matches, '-p udp', 'no');
test(matches, '-p tcp -m multiport --dports 443,80', 'yes');
test(matches, '-p tcp -m multiport ! --dports 443,80', 'no');
test(matches, '-m conntrack --ctstate RELATED,ESTABLISHED', 'no');
test(matches, '-m conntrack --ctstate NEW', 'yes');
test(matches, '-m conntrack --ctstate DNAT', 'maybe');
test(matches, '-m mark --mark 0x4000/0x4000', 'no');
test(matches, String.raw`-m comment --comment "a -s 1.2.3.4 in a \" comment" -d 10.244.0.19/32`, 'yes');
test(matches, '-m set --match-set allowed src -d 10.0.0.0/8', 'maybe');
test(matches, '-m set --match-set allowed src -d 192.168.0.0/16', 'no');
test(matches, '-m physdev ! --physdev-is-bridged -d 192.168.0.0/16', 'no');
test(matches, '-p tcp -m tcp --tcp-flags SYN,RST SYN', 'maybe');

const ruleset = (policy: string, ...texts: readonly string[]): Iptables => ({
	backend: 'legacy',
	chains: [{
		table: 'filter', chain: 'FORWARD', policy, packets: 3,
	}],
	rules: texts.map(text => ({
		table: 'filter', chain: text.split(' ', 2)[1], text, packets: 0,
	})),
	kubeLines: 0,
});

test('a walk ends at the first rule that surely matches, else at the policy', t => {
	t.deepEqual(walkHook(ruleset('DROP'), packet, 'FORWARD'), {does: 'drop', by: 'the policy DROP of FORWARD', packets: 3});
	t.deepEqual(walkHook(ruleset('DROP', '-A FORWARD -d 10.244.0.0/16 -j ACCEPT'), packet, 'FORWARD'), {does: 'accept'});
	t.like(walkHook(ruleset('ACCEPT', '-A FORWARD -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable'), packet, 'FORWARD'), {does: 'reject'});
	t.deepEqual(walkHook({...ruleset('DROP'), chains: []}, packet, 'FORWARD'), {does: 'accept'}, 'no filter table');
});

test('a walk follows chains and comes back from them', t => {
	t.like(walkHook(ruleset('DROP', '-A FORWARD -j USER', '-A USER -s 10.0.0.0/8 -j ACCEPT'), packet, 'FORWARD'), {does: 'accept'});
	t.like(walkHook(ruleset('ACCEPT', '-A FORWARD -j USER', '-A USER -s 10.0.0.0/8 -j RETURN', '-A USER -j DROP', '-A FORWARD -o cni0 -j ACCEPT'), packet, 'FORWARD'), {does: 'accept'});
	t.like(walkHook(ruleset('DROP', '-A FORWARD -j EMPTY', '-A FORWARD -j LOG', '-A FORWARD'), packet, 'FORWARD'), {does: 'drop'});
	t.like(walkHook(ruleset('DROP', '-A FORWARD -j LOOP', '-A LOOP -j LOOP'), packet, 'FORWARD'), {does: 'unknown'});
});

test('a walk says unknown where a rule that cannot be told would change the end, and only there', t => {
	t.like(walkHook(ruleset('DROP', '-A FORWARD -i flannel.1 -j ACCEPT'), packet, 'FORWARD'), {does: 'unknown'});
	t.like(walkHook(ruleset('ACCEPT', '-A FORWARD -i flannel.1 -j ACCEPT'), packet, 'FORWARD'), {does: 'accept'});
	t.like(walkHook(ruleset('DROP', '-A FORWARD -i flannel.1 -j DROP'), packet, 'FORWARD'), {does: 'drop'});
	t.like(walkHook(ruleset('ACCEPT', '-A FORWARD -j NFQUEUE --queue-num 1'), packet, 'FORWARD'), {does: 'unknown'});
	t.like(walkHook(ruleset('ACCEPT', '-A FORWARD -g OTHER'), packet, 'FORWARD'), {does: 'unknown'});
	t.like(walkRulesets([ruleset('ACCEPT', '-A FORWARD -g OTHER'), ruleset('DROP')], packet), {does: 'drop'});
});

const explained = (check: Check, situation: Situation): readonly string[] => {
	const evidence = buildEvidence(situation);
	return evidence.matrix.filter(cell => check.explains(cell, evidence)).map(cell => `${cell.from.replace('default/', '')} ${cell.path}`);
};

/** Which cells a setting must break, whatever the probes say: all of them time out. */
const broken = (check: Check, node: NodeSettings, client = 'mars1'): readonly string[] => {
	const every: Outcomes = Object.fromEntries(['mars1 vip', 'mars1 10.244.0.19', 'mars2 vip', 'mars2 10.244.0.19', 'nginx-app vip', 'k8s1 vip', 'k8s2 vip'].map(key => [key, 'timeout' as const]));
	return explained(check, {node, outcomes: every, ...(client === 'mars2' && {client: mars2})});
};

test('FORWARD DROP breaks what was measured on the cluster (access.md 4 and 5)', t => {
	const drop = {forwardPolicy: 'DROP'} as const;
	const remote = ['mars2 vip', 'mars2 endpoint'];
	t.deepEqual(broken(forwardPolicyDrop, {...drop, bridgeNetfilter: 1}), ['mars1 endpoint', ...remote]);
	t.deepEqual(broken(forwardPolicyDrop, drop), remote);
	t.deepEqual(broken(forwardPolicyDrop, {...drop, mode: 'iptables', bridgeNetfilter: 1}), ['mars1 vip', 'mars1 endpoint', ...remote]);
	t.deepEqual(broken(forwardPolicyDrop, {...drop, mode: 'iptables'}), ['mars1 vip', ...remote]);
});

test('ip_forward 0 breaks what was measured on the cluster (access.md 6)', t => {
	const off = {ipForward: 0} as const;
	const remote = ['mars2 vip', 'mars2 endpoint', 'nginx-app self'];
	t.deepEqual(broken(ipForwardOff, {...off, bridgeNetfilter: 1}), remote);
	t.deepEqual(broken(ipForwardOff, off), remote);
	t.deepEqual(broken(ipForwardOff, {...off, mode: 'iptables', bridgeNetfilter: 1}), ['mars1 vip', ...remote]);
	t.deepEqual(broken(ipForwardOff, {...off, masqueradeAll: true}), ['mars1 vip', ...remote], 'a masqueraded reply is routed');
});

test('FORWARD on one node hits the traffic that crosses that node', t => {
	const drop = (node: string): Situation => ({client: mars2, nodes: {[node]: {forwardPolicy: 'DROP'}}, outcomes: {'mars2 vip': 'timeout', 'mars2 10.244.0.19': 'timeout'}});
	t.true(explained(forwardPolicyDrop, drop('k8s1')).includes('mars2 vip'));
	t.deepEqual(explained(forwardPolicyDrop, drop('k8s2')), ['mars2 endpoint'], 'in ipvs mode the request leaves the client\'s node by OUTPUT');
});

const lost = buildCapture([buildFlow({client: mars2.ip, ending: 'unanswered', reached: ['default/mars2']})], ['default/mars2', 'k8s2', 'default/nginx-app']);
const fromMars2: Situation = {
	client: mars2, outcomes: {
		'mars2 vip': 'timeout', 'mars2 10.244.0.19': 'timeout', 'mars3 vip': 'timeout', 'mars3 10.244.0.19': 'timeout',
	},
};

test('FORWARD: the verdict names policy, nodes and pair, and is certain with a lost packet or a counter', t => {
	const judge = (node: NodeSettings, capture?: Situation['capture']) => forwardPolicyDrop.judge(buildEvidence({...fromMars2, node: {forwardPolicy: 'DROP', ...node}, capture}));
	const verdict = judge({}, lost);
	t.like(verdict, {status: 'broken', confidence: 'certain'});
	t.regex(verdict.because, /^the policy DROP of FORWARD on k8s1, k8s2 and k8s3 drops 10\.244\.2\.31 → 10\.244\.0\.19:80 and 10\.244\.1\.43 → 10\.244\.0\.19:80, which no rule accepts/v);
	t.regex(verdict.because, /client frame 1 left the client and never reached the backend$/v);
	t.like(judge({forwardCounter: 12}), {status: 'broken', confidence: 'certain'});
	t.like(judge({}), {status: 'broken', confidence: 'likely'});
});

test('FORWARD: ok where rules accept the pods\' network, explicit drops are found, doubts stay unknown', t => {
	const judge = (node: NodeSettings, situation: Situation = fromMars2) => forwardPolicyDrop.judge(buildEvidence({...situation, node}));
	t.is(judge({forwardPolicy: 'DROP', forwardRules: ['-A FORWARD -s 10.244.0.0/16 -j ACCEPT']}).status, 'ok');
	const rule = judge({forwardRules: ['-A FORWARD -d 10.244.0.19/32 -p tcp -m tcp --dport 80 -j DROP']});
	t.is(rule.status, 'broken');
	t.regex(rule.because, /the rule "-A FORWARD -d 10\.244\.0\.19\/32 -p tcp -m tcp --dport 80 -j DROP" on /v);
	t.is(judge({forwardRules: ['-A FORWARD -m set --match-set denied src -j DROP']}).status, 'unknown');
	t.is(judge({more: {iptables: {unknown: 'iptables-save is not installed'}}}).status, 'unknown');
	t.is(judge({more: {nftTables: {value: ['inet firewalld'], origin: {point: 'k8s1', command: 'nft list tables', excerpt: ''}}}}).status, 'unknown');
	t.is(judge({forwardPolicy: 'DROP'}, {}).status, 'latent', 'what br_netfilter would bring to light');
});

test('FORWARD: the repair lets the pods\' networks through', t => {
	const lines = forwardPolicyDrop.repair(buildEvidence({...fromMars2, node: {forwardPolicy: 'DROP'}}));
	t.is(lines[0], '# on k8s1, k8s2 and k8s3, as root: let the pods\' networks through, rather than everything');
	t.true(lines.includes('iptables -I FORWARD -s 10.244.0.0/24 -j ACCEPT'));
});

test('ip_forward: the verdict names nodes and failing pairs, latent where nothing failed, unknown where it was not read', t => {
	const judge = (situation: Situation) => ipForwardOff.judge(buildEvidence(situation));
	const verdict = judge({...fromMars2, nodes: {k8s1: {ipForward: 0}}, capture: lost});
	t.like(verdict, {status: 'broken', confidence: 'certain'});
	t.regex(verdict.because, /^net\.ipv4\.ip_forward is 0 on k8s1, which drops every packet that it should route: default\/mars2 → 10\.98\.171\.178:8080/v);
	t.is(judge({}).because, 'net.ipv4.ip_forward is 1 on k8s1 and k8s2');
	t.is(judge({node: {ipForward: 0}}).status, 'latent');
	t.is(judge({node: {more: {sysctls: {}}}}).status, 'unknown');
	t.is(judge({unreachable: {k8s1: 'connection timed out'}}).status, 'unknown');
	const unread = {unknown: 'no answer'};
	const noMode = {
		ipForward: 0, more: {
			proxyMode: unread, virtualServerCount: unread, virtualServers: unread, nftTables: unread,
		},
	} as const;
	t.is(judge({node: noMode, outcomes: {'mars1 vip': 'timeout'}}).status, 'unknown', 'without the proxy mode the way is not known');
	t.true(ipForwardOff.repair(buildEvidence({client: nginx, node: {ipForward: 0}})).includes('sysctl -w net.ipv4.ip_forward=1'));
});

test('a reply that gets lost is told from an opening that gets lost', t => {
	const flow = buildFlow({
		client: mars2.ip, ending: 'unanswered', reached: ['default/mars2', 'k8s2', 'default/nginx-app'], answerSeenAt: ['default/nginx-app'],
	});
	const capture = buildCapture([flow], ['default/mars2', 'k8s2', 'default/nginx-app']);
	const verdict = ipForwardOff.judge(buildEvidence({...fromMars2, nodes: {k8s2: {ipForward: 0}}, capture}));
	t.regex(verdict.because, /backend frame 2 left the backend and never reached the client$/v);
});

import test from 'ava';
import {hairpinNoMasquerade} from '../../src/checks/hairpin-no-masquerade.ts';
import {hairpinPortOff} from '../../src/checks/hairpin-port-off.ts';
import {kubeletHairpinModeCheck} from '../../src/checks/kubelet-hairpin-mode.ts';
import {valueOf} from '../../src/evidence/known.ts';
import {
	type Situation,
	buildEvidence,
	nginx,
	nginx2,
} from '../helpers/evidence-builder.ts';
import {buildCapture, buildFlow} from '../helpers/flow-builder.ts';

const portOff = {bridgeNetfilter: 1, hairpinMode: 0} as const;
const itself: Situation = {client: nginx, outcomes: {'nginx-app vip': 'timeout'}};
const judgePort = (situation: Situation) => hairpinPortOff.judge(buildEvidence(situation));

/** What the pod's own capture shows when nothing comes back to it. */
const unansweredSelf = buildCapture([buildFlow({client: nginx.ip, ending: 'unanswered', reached: ['default/mars1']})], ['default/mars1']);

test('hairpin port: broken when br_netfilter is on, the port is 0 and the pod cannot reach itself', t => {
	const verdict = judgePort({...itself, node: portOff});
	t.like(verdict, {status: 'broken', confidence: 'likely'});
	t.is(verdict.because, 'hairpin_mode is 0 on veth6 (cni0, k8s1), the port of default/nginx-app: with br_netfilter on, the frame that nginx-app sends to itself through 10.98.171.178:8080 may not leave by the port it came in on');
	const proven = judgePort({...itself, node: portOff, capture: unansweredSelf});
	t.like(proven, {status: 'broken', confidence: 'certain'});
	t.regex(proven.because, /; client frame 1 was never answered$/v);
});

test('hairpin port: latent while br_netfilter is off, never accused then', t => {
	const verdict = judgePort({client: nginx, node: {hairpinMode: 0}});
	t.is(verdict.status, 'latent');
	t.regex(verdict.because, /no effect now, because br_netfilter is off there/v);
	t.is(judgePort({...itself, node: {hairpinMode: 0}}).status, 'latent', 'a time-out does not change that');
});

test('hairpin port: without effect where the pod reaches itself all the same, ok at 1, unknown without the port', t => {
	const harmless = judgePort({node: portOff});
	t.is(harmless.status, 'ok');
	t.regex(harmless.because, /has no effect here/v);
	t.deepEqual(judgePort({}), {status: 'ok', because: 'hairpin_mode is 1 on veth6 (nginx-app)'});
	t.is(judgePort({unreachable: {'default/nginx-app': 'no process has its address'}}).because, 'the bridge port of default/nginx-app is not known: no process has its address');
	t.is(judgePort({node: portOff, outcomes: {'nginx-app vip': 'none'}}).status, 'latent');
});

test('hairpin port: explains the pod\'s access to itself, and nothing between two pods', t => {
	const evidence = buildEvidence({node: portOff, outcomes: {'mars1 vip': 'timeout', 'nginx-app vip': 'timeout'}});
	t.deepEqual(evidence.matrix.filter(cell => hairpinPortOff.explains(cell, evidence)).map(({from}) => from), ['default/nginx-app']);
});

test('hairpin port: one of several backends explains an intermittent probe of that pod', t => {
	const attempts = [{outcome: 'timeout', ms: 3000}, {outcome: 'open', ms: 1}] as const;
	const evidence = buildEvidence({
		client: nginx, backends: [nginx, nginx2], nodes: {k8s1: portOff, k8s2: {bridgeNetfilter: 1}}, outcomes: {'nginx-app vip': attempts},
	});
	t.true(hairpinPortOff.explains(evidence.matrix[0], evidence));
	t.is(hairpinPortOff.judge(evidence).status, 'broken');
});

test('hairpin port: the repair sets the port now and the CNI configuration for later', t => {
	const lines = hairpinPortOff.repair(buildEvidence({...itself, node: portOff}));
	t.is(lines[0], 'ip link set dev veth6 type bridge_slave hairpin on   # on k8s1, as root');
	t.regex(lines[1], /"hairpinMode": true/v);
});

test('kubelet hairpinMode: never broken, told as without effect, claimed against what acts', t => {
	for (const mode of ['none', 'hairpin-veth', 'promiscuous-bridge']) {
		const verdict = kubeletHairpinModeCheck.judge(buildEvidence({...itself, node: {...portOff, kubeletHairpinMode: mode}}));
		t.is(verdict.status, 'ok');
		t.is(verdict.because, `no effect: on k8s1 and k8s2 /var/lib/kubelet/config.yaml says hairpinMode ${mode}, but the CNI configuration decides, with hairpinMode true; the bridge ports have hairpin_mode 0`);
	}

	const evidence = buildEvidence(itself);
	t.false(evidence.matrix.some(cell => kubeletHairpinModeCheck.explains(cell, evidence)));
});

test('kubelet hairpinMode: unknown where its file was not read, or an old kubelet may act without a CNI plugin', t => {
	const unread = {more: {kubeletConfig: {unknown: 'kubelet has no --config'}}};
	t.is(kubeletHairpinModeCheck.judge(buildEvidence({node: unread})).status, 'unknown');
	const evidence = buildEvidence({node: {more: {cniConfigs: {unknown: 'no /etc/cni/net.d'}}}});
	t.is(kubeletHairpinModeCheck.judge(evidence).status, 'ok');
	const old = new Map(evidence.target.nodes.entries().map(([name, node]) => [name, {...node, kubeletVersion: 'v1.18.8'}]));
	t.is(kubeletHairpinModeCheck.judge({...evidence, target: {...evidence.target, nodes: old}}).status, 'unknown');
});

const noMasquerade = {bridgeNetfilter: 1, selfMasquerade: false} as const;

test('self-masquerade: broken when the entry is missing and the pod cannot reach itself, in ipvs and in iptables mode', t => {
	for (const mode of ['ipvs', 'iptables'] as const) {
		const verdict = hairpinNoMasquerade.judge(buildEvidence({...itself, node: {...noMasquerade, mode}}));
		t.like(verdict, {status: 'broken', confidence: 'likely'});
		t.regex(verdict.because, /^no rule on k8s1 masquerades 10\.244\.0\.19:80 when it reaches itself/v);
		t.is(hairpinNoMasquerade.judge(buildEvidence({...itself, node: {bridgeNetfilter: 1, mode}})).status, 'ok');
	}
});

test('self-masquerade: a flush took the rule and left the set', t => {
	const evidence = buildEvidence({...itself, node: {bridgeNetfilter: 1}});
	const rulesets = valueOf(evidence.nodes.get('k8s1')?.iptables) ?? [];
	const flushed = rulesets.map(ruleset => ({...ruleset, rules: ruleset.rules.filter(({table}) => table !== 'nat')}));
	const verdict = hairpinNoMasquerade.judge(buildEvidence({...itself, node: {bridgeNetfilter: 1, more: {iptables: {value: flushed, origin: {point: 'k8s1', command: 'iptables-save', excerpt: ''}}}}}));
	t.like(verdict, {status: 'broken', confidence: 'likely'});
	t.regex(verdict.because, /^no rule on k8s1 masquerades 10\.244\.0\.19:80 when it reaches itself/v);
});

test('self-masquerade: certain when the packet came back from the pod\'s own address', t => {
	const flow = buildFlow({
		client: nginx.ip, ending: 'unanswered', reached: ['default/mars1', 'default/nginx-app'], sourceAtBackend: {ip: nginx.ip, port: 41_622},
	});
	const verdict = hairpinNoMasquerade.judge(buildEvidence({...itself, node: noMasquerade, capture: buildCapture([flow])}));
	t.like(verdict, {status: 'broken', confidence: 'certain'});
	t.regex(verdict.because, /client frame 1 came back with its source unchanged/v);
});

test('self-masquerade: no effect where nothing failed, unknown where the sets were not read or nobody asked', t => {
	const harmless = hairpinNoMasquerade.judge(buildEvidence({node: noMasquerade}));
	t.is(harmless.status, 'ok');
	t.regex(harmless.because, /no effect here/v);
	t.is(hairpinNoMasquerade.judge(buildEvidence({node: {more: {ipsets: {unknown: 'ipset is not installed'}}}})).because, 'k8s1: ipset is not installed');
	t.is(hairpinNoMasquerade.judge(buildEvidence({node: noMasquerade, outcomes: {'nginx-app vip': 'none'}})).status, 'unknown');
	t.is(hairpinNoMasquerade.judge(buildEvidence({node: {...noMasquerade, masqueradeAll: true}})).status, 'ok');
});

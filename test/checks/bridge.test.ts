import test from 'ava';
import {brNetfilterModuleMissing} from '../../src/checks/br-netfilter-module-missing.ts';
import {brNetfilterNotLoaded} from '../../src/checks/br-netfilter-not-loaded.ts';
import {brNfCallIp6tablesOff} from '../../src/checks/br-nf-call-ip6tables-off.ts';
import {brNfCallIptablesOff} from '../../src/checks/br-nf-call-iptables-off.ts';
import {brNfResetAtBootOrRuntime} from '../../src/checks/br-nf-reset-at-boot-or-runtime.ts';
import type {Cell} from '../../src/probes/matrix.ts';
import {
	type Situation,
	buildEvidence,
	mars2,
	nginx,
} from '../helpers/evidence-builder.ts';
import {buildCapture, buildFlow, foundingCapture} from '../helpers/flow-builder.ts';

const timedOut: Situation = {outcomes: {'mars1 vip': 'timeout'}};
const founding: Situation = {...timedOut, capture: foundingCapture};
const on = {bridgeNetfilter: 1} as const;

const cellOf = (situation: Situation, from: string): {readonly cell: Cell; readonly evidence: ReturnType<typeof buildEvidence>} => {
	const evidence = buildEvidence(situation);
	const cell = evidence.matrix.find(candidate => candidate.from.endsWith(from) && candidate.path !== 'endpoint');
	if (!cell) {
		throw new Error(`no cell from ${from}`);
	}

	return {cell, evidence};
};

test('br_netfilter: broken for certain when the reply reaches the client with the endpoint\'s address, and the frames are named', t => {
	const verdict = brNetfilterNotLoaded.judge(buildEvidence(founding));
	t.like(verdict, {status: 'broken', confidence: 'certain'});
	t.is(verdict.because, 'client frame 2: SYN-ACK from 10.244.0.19:80, expected 10.98.171.178:8080; the reply was bridged past NAT on cni0 because br_netfilter is not loaded on k8s1; the client reset it (frame 3)');
	t.deepEqual(verdict.status === 'broken' && verdict.evidence.slice(0, 2).map(ref => ref.kind === 'packet' && ref.frame), [2, 3]);
});

test('br_netfilter: only likely while no packet shows it', t => {
	t.like(brNetfilterNotLoaded.judge(buildEvidence(timedOut)), {status: 'broken', confidence: 'likely'});
});

test('br_netfilter: ok where it is loaded, and where it is built in', t => {
	const verdict = brNetfilterNotLoaded.judge(buildEvidence({...timedOut, node: on}));
	t.deepEqual(verdict, {status: 'ok', because: 'loaded on k8s1 and k8s2'});
});

test('br_netfilter: latent when no probe stays on one bridge, when masqueradeAll hides it, and when something else stops the request', t => {
	const remote = brNetfilterNotLoaded.judge(buildEvidence({client: mars2}));
	t.is(remote.status, 'latent');
	t.is(remote.because, 'br_netfilter is not loaded on k8s1, k8s2 and k8s3; no probe through the Service stayed on one bridge, but a pod on the same node as its backend will wait in vain for the Service');
	const masked = brNetfilterNotLoaded.judge(buildEvidence({node: {masqueradeAll: true}}));
	t.is(masked.status, 'latent');
	t.regex(masked.because, /masqueradeAll hides it/v);
	const lost = buildCapture([buildFlow({ending: 'unanswered', reached: ['default/mars1', 'k8s1']})]);
	const silent = brNetfilterNotLoaded.judge(buildEvidence({...timedOut, capture: lost}));
	t.is(silent.status, 'latent');
	t.regex(silent.because, /shows no reply at all/v);
});

test('br_netfilter: a captured impossible reply outweighs a rule that should masquerade', t => {
	t.like(brNetfilterNotLoaded.judge(buildEvidence({...founding, node: {masqueradeAll: true}})), {status: 'broken', confidence: 'certain'});
});

test('br_netfilter: latent, with the source that the backend saw, when a same-bridge probe passes all the same', t => {
	const capture = buildCapture([buildFlow({ending: 'established', sourceAtBackend: {ip: '10.244.0.1', port: 60_405}})]);
	const verdict = brNetfilterNotLoaded.judge(buildEvidence({capture}));
	t.is(verdict.status, 'latent');
	t.regex(verdict.because, /default\/mars1 reaches the Service over one bridge: at the backend the source is 10\.244\.0\.1/v);
});

test('br_netfilter: unknown when the node or the pods\' ports could not be read', t => {
	const noNode = brNetfilterNotLoaded.judge(buildEvidence({
		...timedOut, unreachable: {k8s1: 'connection refused'}, nodes: {k8s2: on},
	}));
	t.deepEqual(noNode, {status: 'unknown', because: 'k8s1 could not be read: connection refused'});
	const noPod = brNetfilterNotLoaded.judge(buildEvidence({...timedOut, unreachable: {'default/nginx-app': 'no such process'}}));
	t.is(noPod.status, 'unknown');
	t.regex(noPod.because, /whether default\/mars1 shares a bridge with a backend could not be read/v);
});

test('br_netfilter: explains the same-bridge time-out only', t => {
	const isExplained = (situation: Situation, from: string): boolean => {
		const {cell, evidence} = cellOf(situation, from);
		return brNetfilterNotLoaded.explains(cell, evidence);
	};

	t.true(isExplained(founding, 'mars1'));
	t.false(isExplained({outcomes: {'mars1 vip': 'refused'}}, 'mars1'));
	t.false(isExplained({outcomes: {'mars2 vip': 'timeout'}}, 'mars2'));
	t.false(isExplained({outcomes: {'nginx-app vip': 'timeout'}}, 'nginx-app'));
	t.false(isExplained({outcomes: {'k8s1 vip': 'timeout'}}, 'k8s1'));
	t.false(isExplained({...timedOut, node: {masqueradeAll: true}}, 'mars1'));
	t.true(isExplained({}, 'mars1'), 'a passing same-bridge probe contradicts it');
});

test('br_netfilter: the repair loads it, keeps it, and never unloads the bridge', t => {
	const lines = brNetfilterNotLoaded.repair(buildEvidence({...founding, node: {hairpinMode: 0}}));
	t.is(lines[0], '# on k8s1 and k8s2, as root, and so on every other node that runs pods');
	t.true(lines.includes('modprobe br_netfilter'));
	t.true(lines.includes('echo br_netfilter > /etc/modules-load.d/90-hairpin-br-netfilter.conf'));
	t.true(lines.some(line => line.includes('ip link set dev veth6 type bridge_slave hairpin on')), 'what it would expose is told first');
	t.false(lines.some(line => line.startsWith('modprobe -r')));
});

test('module missing: broken when the kernel has none, ok when a file exists, unknown when that was not read', t => {
	const verdict = brNetfilterModuleMissing.judge(buildEvidence({...founding, node: {hasModuleFile: false}}));
	t.like(verdict, {status: 'broken', confidence: 'certain'});
	t.regex(verdict.because, /because no br_netfilter module exists for the running kernel on k8s1/v);
	t.is(brNetfilterModuleMissing.judge(buildEvidence(founding)).status, 'ok');
	const unread = brNetfilterModuleMissing.judge(buildEvidence({...founding, node: {more: {bridgeNetfilter: {unknown: 'no modules.dep'}}}}));
	t.is(unread.status, 'unknown');
});

test('bridge-nf-call-iptables: broken at 0, ok when the bridge\'s own switch is 1, no effect while br_netfilter is absent', t => {
	const off = {...founding, node: {bridgeNetfilter: 0}} as const;
	const verdict = brNfCallIptablesOff.judge(buildEvidence(off));
	t.like(verdict, {status: 'broken', confidence: 'certain'});
	t.regex(verdict.because, /because net\.bridge\.bridge-nf-call-iptables and the bridge's own nf_call_iptables are 0 on k8s1; the client reset it \(frame 3\)/v);
	t.is(brNfCallIptablesOff.judge(buildEvidence({...off, node: {bridgeNetfilter: 0, bridgeSwitch: 1}})).status, 'ok');
	t.regex(brNfCallIptablesOff.judge(buildEvidence(founding)).because, /^no effect on k8s1 and k8s2/v);
	t.is(brNfCallIptablesOff.judge(buildEvidence({client: mars2, node: {bridgeNetfilter: 0}})).status, 'latent');
	t.is(brNetfilterNotLoaded.judge(buildEvidence(off)).status, 'ok');
});

test('bridge-nf-call-ip6tables: decides for an IPv6 Service alone', t => {
	const six = {service: {clusterIp: 'fd00:96::10'}, node: {bridgeNetfilter: 1, ip6: 0}, ...timedOut} as const;
	t.like(brNfCallIp6tablesOff.judge(buildEvidence(six)), {status: 'broken', confidence: 'likely'});
	t.is(brNfCallIptablesOff.judge(buildEvidence({...six, node: {bridgeNetfilter: 0, ip6: 1}})).because, 'no effect here, because the Service\'s address is IPv6');
	t.is(brNfCallIp6tablesOff.judge(buildEvidence({...six, node: {bridgeNetfilter: 0, ip6: 1}})).status, 'ok');
	t.is(brNfCallIp6tablesOff.judge(buildEvidence({...founding, node: {bridgeNetfilter: 1, ip6: 0}})).status, 'ok');
});

test('after a reboot: latent without a file, or with a 0 that comes last; ok with both', t => {
	const loads = {bootModules: [{file: '/etc/modules-load.d/k8s.conf', line: 'br_netfilter'}]};
	const sets = (value: 0 | 1) => ({bootSysctls: [{file: '/etc/sysctl.d/99-x.conf', line: `net.bridge.bridge-nf-call-iptables = ${value}`}]});
	const judge = (node: Situation['node']) => brNfResetAtBootOrRuntime.judge(buildEvidence({node}));
	t.is(judge({...on, ...loads, ...sets(1)}).status, 'ok');
	t.is(judge({...on, ...loads}).status, 'ok');
	t.like(judge(on), {status: 'latent', because: 'k8s1 and k8s2: no file loads br_netfilter at boot (unless another program, such as k3s or Docker, does it)'});
	t.regex(judge({...on, ...sets(1)}).because, /so that \/etc\/sysctl\.d\/99-x\.conf sets a key that does not exist then/v);
	t.regex(judge({...on, ...loads, ...sets(0)}).because, /\/etc\/sysctl\.d\/99-x\.conf sets net\.bridge\.bridge-nf-call-iptables to 0 at boot/v);
	t.regex(judge({bridgeNetfilter: 0, ...loads, ...sets(1)}).because, /it is off now/v);
	t.is(judge({...on, more: {bootModules: {unknown: 'timed out'}}}).status, 'unknown');
});

test('a pod on no bridge is never accused', t => {
	const routed = {more: {bridges: {value: [], origin: {point: 'k8s1', command: 'ls', excerpt: ''}}}};
	const verdict = brNetfilterNotLoaded.judge(buildEvidence({...timedOut, node: routed}));
	t.is(verdict.status, 'ok');
	t.regex(verdict.because, /^no bridge carries pods/v);
	t.is(brNetfilterNotLoaded.judge(buildEvidence({client: nginx})).status, 'latent');
});

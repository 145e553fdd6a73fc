import test from 'ava';
import {masqueradeAllMasking} from '../../src/checks/masquerade-all-masking.ts';
import {proxyModeNotAsConfigured} from '../../src/checks/proxy-mode-not-as-configured.ts';
import {type Situation, buildEvidence} from '../helpers/evidence-builder.ts';
import {buildCapture, buildFlow} from '../helpers/flow-builder.ts';

const read = <T>(value: T) => ({value, origin: {point: 'k8s1', command: 'cat', excerpt: ''}});
const judgeMode = (situation: Situation) => proxyModeNotAsConfigured.judge(buildEvidence(situation));
const judgeMasquerade = (situation: Situation) => masqueradeAllMasking.judge(buildEvidence(situation));

test('proxy mode: ok when file, process and tables agree', t => {
	t.deepEqual(judgeMode({}), {status: 'ok', because: 'ipvs on k8s1 and k8s2'});
	t.deepEqual(judgeMode({nodes: {k8s2: {mode: 'iptables'}}}), {status: 'ok', because: 'ipvs on k8s1, iptables on k8s2'});
});

test('proxy mode: latent when the process was not restarted after an edit', t => {
	const verdict = judgeMode({nodes: {k8s1: {configuredMode: 'iptables', configAgeSeconds: -120}}});
	t.is(verdict.status, 'latent');
	t.is(verdict.because, '/var/lib/kube-proxy/config.yaml on k8s1 says mode iptables, kube-proxy runs with ipvs (/var/lib/kube-proxy/config.yaml was written 120 s after kube-proxy started); it harms nothing by itself');
	t.regex(judgeMode({node: {configuredMasqueradeAll: true}}).because, /says masqueradeAll true, kube-proxy runs with false/v);
});

test('proxy mode: a newer file that says the same is told, not accused', t => {
	const verdict = judgeMode({node: {configAgeSeconds: -120}});
	t.is(verdict.status, 'ok');
	t.regex(verdict.because, /but what it says is what runs$/v);
});

test('proxy mode: latent when another mode\'s rules stayed behind', t => {
	const verdict = judgeMode({nodes: {k8s1: {mode: 'iptables', more: {virtualServerCount: read(7)}}}});
	t.is(verdict.status, 'latent');
	t.regex(verdict.because, /left behind: 7 virtual servers of ipvs mode on k8s1, where kube-proxy runs in iptables mode/v);
	t.regex(proxyModeNotAsConfigured.repair(buildEvidence({nodes: {k8s1: {mode: 'iptables', more: {virtualServerCount: read(7)}}}})).join('\n'), /kube-proxy --cleanup/v);
	t.regex(judgeMode({node: {more: {nftTables: read(['ip kube-proxy'])}}}).because, /the table kube-proxy of nftables mode/v);
});

test('proxy mode: unknown where neither kube-proxy nor the tables answer, and it never explains a cell', t => {
	const silent = {
		more: {
			proxyMode: {unknown: 'nobody answers on 127.0.0.1:10249'}, kubeProxyConfigz: {unknown: 'nobody answers'}, virtualServers: read([]), virtualServerCount: read(0),
		},
	};
	t.is(judgeMode({node: silent}).because, 'k8s1: nobody answers on 127.0.0.1:10249; k8s2: nobody answers on 127.0.0.1:10249');
	const evidence = buildEvidence({node: {configuredMode: 'iptables'}, outcomes: {'mars1 vip': 'timeout'}});
	t.false(evidence.matrix.some(cell => proxyModeNotAsConfigured.explains(cell, evidence)));
});

test('masqueradeAll: not in effect, with the three places where it was looked for', t => {
	t.deepEqual(judgeMasquerade({}), {status: 'ok', because: 'not in effect (k8s1 and k8s2: file false, /configz false, rules false)'});
	t.regex(judgeMasquerade({nodes: {k8s1: {configuredMasqueradeAll: true}}}).because, /k8s1: file true, \/configz false, rules false/v);
});

test('masqueradeAll: latent while it hides that br_netfilter is off, in both modes, with the packet that shows it', t => {
	const capture = buildCapture([buildFlow({ending: 'established', sourceAtBackend: {ip: '10.244.0.1', port: 60_405}})]);
	for (const mode of ['ipvs', 'iptables'] as const) {
		const verdict = judgeMasquerade({node: {masqueradeAll: true, mode}, capture});
		t.is(verdict.status, 'latent');
		t.regex(verdict.because, /^masqueradeAll acts on k8s1 and k8s2 and hides that bridged replies pass NAT by there/v);
		t.regex(verdict.because, /client frame 1 reached the backend from 10\.244\.0\.1 instead of 10\.244\.0\.18$/v);
	}
});

test('masqueradeAll: hides nothing once br_netfilter is on, unknown where the rules were not read', t => {
	const verdict = judgeMasquerade({node: {masqueradeAll: true, bridgeNetfilter: 1}});
	t.is(verdict.status, 'ok');
	t.regex(verdict.because, /hides nothing; it costs backends their clients' addresses/v);
	t.is(judgeMasquerade({node: {more: {iptables: {unknown: 'iptables-save is not installed'}}}}).status, 'unknown');
});

test('masqueradeAll: the repair turns br_netfilter on first, and edits the file or the ConfigMap', t => {
	const lines = masqueradeAllMasking.repair(buildEvidence({node: {masqueradeAll: true}}));
	t.true(lines.indexOf('modprobe br_netfilter') < lines.findIndex(line => line.startsWith('sed')));
	t.true(lines.includes(String.raw`sed -i 's/^\( *masqueradeAll:\).*/\1 false/' /var/lib/kube-proxy/config.yaml   # iptables.masqueradeAll: false`));
	const inPod = read({path: '/var/lib/kube-proxy/config.conf', modifiedAt: 0, text: ''});
	const daemonSet = masqueradeAllMasking.repair(buildEvidence({node: {masqueradeAll: true, bridgeNetfilter: 1, more: {kubeProxyConfig: inPod}}}));
	t.regex(daemonSet[0], /^kubectl -n kube-system edit configmap kube-proxy/v);
	t.regex(daemonSet[1], /rollout restart daemonset\/kube-proxy/v);
});

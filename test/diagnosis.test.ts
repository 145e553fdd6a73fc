import test from 'ava';
import type {Check} from '../src/check.ts';
import {checks} from '../src/catalogue/index.ts';
import {type Diagnosis, diagnose} from '../src/diagnosis.ts';
import {
	accuser,
	certain,
	onClient,
	onTimeout,
	twoTimeouts,
} from './helpers/accuser.ts';
import {
	type Situation,
	buildEvidence,
	endpointOf,
	mars2,
	nginx,
	nginx2,
} from './helpers/evidence-builder.ts';
import {buildCapture, buildFlow, foundingCapture} from './helpers/flow-builder.ts';
import type {Outcomes} from './helpers/matrix-builder.ts';

const on = {bridgeNetfilter: 1} as const;
const run = (situation: Situation): Diagnosis => diagnose(checks, buildEvidence(situation));
const names = (findings: Diagnosis['findings']): readonly string[] => findings.map(({check}) => check.id);

/** The parts of a diagnosis that a script would look at. */
const told = (diagnosis: Diagnosis) => ({
	conclusion: diagnosis.conclusion, cause: diagnosis.cause?.check.id, contributing: names(diagnosis.contributing), latent: names(diagnosis.latent),
});

const reboot = 'br-nf-reset-at-boot-or-runtime';
const founding: Situation = {outcomes: {'mars1 vip': 'timeout'}, capture: foundingCapture};
const refused: Outcomes = {
	'mars1 vip': 'refused', 'mars1 10.244.0.19': 'refused', 'mars2 vip': 'refused', 'mars2 10.244.0.19': 'refused', 'nginx-app vip': 'refused', 'k8s1 vip': 'refused',
};

test('the founding incident: br_netfilter, for certain, named by its packets', t => {
	const diagnosis = run(founding);
	t.deepEqual(told(diagnosis), {
		conclusion: 'fault', cause: 'br-netfilter-not-loaded', contributing: [], latent: [reboot],
	});
	t.like(diagnosis.cause?.verdict, {status: 'broken', confidence: 'certain'});
	t.deepEqual(diagnosis.unexplained, []);
	t.is(diagnosis.sentence, 'default/mars1 cannot reach default/nginx (10.98.171.178:8080): the connection times out. client frame 2: SYN-ACK from 10.244.0.19:80, expected 10.98.171.178:8080; the reply was bridged past NAT on cni0 because br_netfilter is not loaded on k8s1; the client reset it (frame 3). latent: br-nf-reset-at-boot-or-runtime');
	t.deepEqual(names(diagnosis.findings), checks.map(({id}) => id));
});

test('the founding incident in iptables mode is the same', t => {
	t.is(run({...founding, node: {mode: 'iptables'}}).cause?.check.id, 'br-netfilter-not-loaded');
});

test('from another node: healthy, with the latent fault named', t => {
	const diagnosis = run({client: mars2});
	t.deepEqual(told(diagnosis), {
		conclusion: 'healthy', cause: undefined, contributing: [], latent: ['br-netfilter-not-loaded', reboot],
	});
	t.is(diagnosis.sentence, 'default/mars2 reaches default/nginx (10.98.171.178:8080). latent: br-netfilter-not-loaded, br-nf-reset-at-boot-or-runtime');
});

test('after modprobe: healthy, and only the next boot is still latent', t => {
	t.deepEqual(told(run({node: on})), {
		conclusion: 'healthy', cause: undefined, contributing: [], latent: [reboot],
	});
});

test('after sysctl 0: the switch, not the module', t => {
	const diagnosis = run({...founding, node: {bridgeNetfilter: 0}});
	t.deepEqual(told(diagnosis), {
		conclusion: 'fault', cause: 'br-nf-call-iptables-off', contributing: [], latent: [reboot],
	});
});

test('masqueradeAll while br_netfilter is off: healthy, and what it hides is latent', t => {
	const capture = buildCapture([buildFlow({ending: 'established', sourceAtBackend: {ip: '10.244.0.1', port: 60_405}})]);
	t.deepEqual(told(run({node: {masqueradeAll: true}, capture})), {
		conclusion: 'healthy', cause: undefined, contributing: [], latent: ['br-netfilter-not-loaded', reboot, 'masquerade-all-masking'],
	});
});

test('hairpin_mode 0: the cause of a backend that cannot reach itself, and not accused while br_netfilter is off', t => {
	const itself = {client: nginx, node: {bridgeNetfilter: 1, hairpinMode: 0}, outcomes: {'nginx-app vip': 'timeout'}} as const;
	t.is(run(itself).cause?.check.id, 'hairpin-port-off');
	const harmless = run({client: nginx, node: {hairpinMode: 0}});
	t.is(harmless.conclusion, 'healthy');
	t.true(names(harmless.latent).includes('hairpin-port-off'));
	t.is(run({...founding, node: {hairpinMode: 0}}).cause?.check.id, 'br-netfilter-not-loaded');
});

test('a backend that cannot reach itself is told beside a healthy answer to another client', t => {
	const diagnosis = run({node: {bridgeNetfilter: 1, hairpinMode: 0}, outcomes: {'nginx-app vip': 'timeout'}});
	t.deepEqual(told(diagnosis), {
		conclusion: 'healthy', cause: undefined, contributing: ['hairpin-port-off'], latent: [reboot],
	});
	t.regex(diagnosis.sentence, /default\/nginx-app → 10\.98\.171\.178:8080 times out\. hairpin-port-off: hairpin_mode is 0 on veth6/v);
});

test('kubelet hairpinMode none, and hairpin_mode 0 without effect: healthy, and nobody is accused', t => {
	const diagnosis = run({node: {bridgeNetfilter: 1, hairpinMode: 0, kubeletHairpinMode: 'none'}});
	t.deepEqual(told(diagnosis), {
		conclusion: 'healthy', cause: undefined, contributing: [], latent: [reboot],
	});
	t.true(names(diagnosis.ruledOut).includes('kubelet-hairpin-mode'));
});

test('each fault of the Service is its own cause', t => {
	const refusedVip: Outcomes = {'mars1 vip': 'refused', 'mars2 vip': 'refused', 'k8s1 vip': 'refused'};
	const nobody = run({
		node: on, backends: [], endpoints: [], outcomes: refusedVip,
	});
	t.is(nobody.cause?.check.id, 'no-ready-endpoints');
	t.regex(nobody.sentence, /its selector app=nginx matches no pod in default/v);
	t.is(run({
		node: on, backends: [{...nginx, isReady: false}], endpoints: [{...endpointOf(nginx), isReady: false}], outcomes: {...refusedVip, 'nginx-app vip': 'refused'},
	}).cause?.check.id, 'no-ready-endpoints');
	t.is(run({node: on, targetPort: 81, outcomes: refused}).cause?.check.id, 'target-port-mismatch');
	t.is(run({node: on, listenAddress: '127.0.0.1', outcomes: refused}).cause?.check.id, 'backend-loopback-bind');
});

test('a wrong targetPort while br_netfilter is off: both are named', t => {
	const capture = buildCapture([buildFlow({ending: 'impossible-reply', impossible: 'RST', backend: {ip: '10.244.0.19', port: 81}})]);
	const diagnosis = run({targetPort: 81, outcomes: {...refused, 'mars1 vip': 'timeout'}, capture});
	t.deepEqual(told(diagnosis), {
		conclusion: 'fault', cause: 'target-port-mismatch', contributing: ['br-netfilter-not-loaded'], latent: [reboot],
	});
	t.regex(diagnosis.sentence, /also br-netfilter-not-loaded: client frame 2: RST from 10\.244\.0\.19:81, expected 10\.98\.171\.178:8080/v);
	t.deepEqual(diagnosis.unexplained, []);
});

const forwardLoss: Outcomes = {'mars2 vip': 'timeout', 'mars2 10.244.0.19': 'timeout'};

test('FORWARD DROP: the cause for a client on another node, also when the examined client is spared', t => {
	const drop = {bridgeNetfilter: 1, forwardPolicy: 'DROP'} as const;
	t.is(run({
		client: mars2, node: drop, outcomes: {
			...forwardLoss, 'mars3 vip': 'timeout', 'mars3 10.244.0.19': 'timeout', 'k8s2 vip': 'timeout',
		},
	}).cause?.check.id, 'forward-policy-drop');
	const spared = run({node: drop, outcomes: {'mars1 10.244.0.19': 'timeout', ...forwardLoss}});
	t.is(spared.conclusion, 'fault');
	t.is(spared.cause?.check.id, 'forward-policy-drop');
	t.regex(spared.sentence, /^default\/mars1 reaches default\/nginx \(10\.98\.171\.178:8080\)\. default\/mars1 → 10\.244\.0\.19:80 times out, default\/mars2/v);
});

test('FORWARD DROP while br_netfilter is off: each explains its own clients', t => {
	const diagnosis = run({...founding, node: {forwardPolicy: 'DROP'}, outcomes: {'mars1 vip': 'timeout', ...forwardLoss}});
	t.is(diagnosis.cause?.check.id, 'br-netfilter-not-loaded');
	t.deepEqual(names(diagnosis.contributing), ['forward-policy-drop']);
	t.deepEqual(diagnosis.unexplained, []);
});

test('ip_forward 0: the cause, also in iptables mode where the packets show that br_netfilter is not it', t => {
	t.is(run({
		client: mars2, node: {...on, ipForward: 0}, outcomes: {
			...forwardLoss, 'mars3 vip': 'timeout', 'mars3 10.244.0.19': 'timeout', 'nginx-app vip': 'timeout', 'k8s2 vip': 'timeout',
		},
	}).cause?.check.id, 'ip-forward-off');
	const capture = buildCapture([buildFlow({ending: 'unanswered', reached: ['default/mars1', 'k8s1']})]);
	const diagnosis = run({node: {mode: 'iptables', ipForward: 0}, outcomes: {'mars1 vip': 'timeout', ...forwardLoss, 'nginx-app vip': 'timeout'}, capture});
	t.is(diagnosis.cause?.check.id, 'ip-forward-off');
	t.like(diagnosis.cause?.verdict, {confidence: 'certain'});
	t.true(names(diagnosis.latent).includes('br-netfilter-not-loaded'));
});

test('two backends of which one is local: intermittent, with which one and how often', t => {
	const attempts = ['10.244.0.19:80', '10.244.2.32:80'].flatMap(backend => [1, 2, 3].map(ms => ({outcome: backend.startsWith('10.244.0') ? 'timeout' as const : 'open' as const, ms, backend})));
	const diagnosis = run({backends: [nginx, nginx2], outcomes: {'mars1 vip': attempts}, capture: foundingCapture});
	t.is(diagnosis.cause?.check.id, 'br-netfilter-not-loaded');
	t.regex(diagnosis.sentence, /^default\/mars1 reaches default\/nginx \(10\.98\.171\.178:8080\) only now and then: 3 of 6 attempts time out; all 3 went to 10\.244\.0\.19:80 on this node, k8s1\. client frame 2/v);
});

test('an attempt that failed at the other node\'s backend is not laid on this bridge', t => {
	const attempts = [{outcome: 'timeout', ms: 1, backend: '10.244.2.32:80'}, {outcome: 'open', ms: 1, backend: '10.244.0.19:80'}] as const;
	const diagnosis = run({backends: [nginx, nginx2], outcomes: {'mars1 vip': attempts}});
	t.is(diagnosis.conclusion, 'undecided');
	t.regex(diagnosis.sentence, /1 of 2 attempts times out; it went to 10\.244\.2\.32:80 on k8s2/v);
});

test('a kernel without the module: that is the cause, and not its consequence', t => {
	const diagnosis = run({...founding, node: {hasModuleFile: false}});
	t.is(diagnosis.cause?.check.id, 'br-netfilter-module-missing');
	t.deepEqual(names(diagnosis.contributing), ['br-netfilter-not-loaded']);
});

test('undecided when nothing explains the failure, with what was ruled out', t => {
	const diagnosis = run({node: on, outcomes: {'mars1 vip': 'timeout'}});
	t.is(diagnosis.conclusion, 'undecided');
	t.is(diagnosis.cause, undefined);
	t.is(diagnosis.unexplained.length, 1);
	t.regex(diagnosis.sentence, /nothing that was found explains it\. ruled out: no-ready-endpoints, target-port-mismatch/v);
});

test('undecided names an impossible reply that no setting explains', t => {
	t.regex(run({...founding, node: on}).sentence, /nothing that was found explains it\. client frame 2: SYN-ACK from 10\.244\.0\.19:80/v);
});

test('undecided, with the reason, when the client could not be asked or a node not be read', t => {
	const unasked = run({node: on, outcomes: {'mars1 vip': 'none'}});
	t.is(unasked.conclusion, 'undecided');
	t.regex(unasked.sentence, /^whether default\/mars1 reaches default\/nginx \(10\.98\.171\.178:8080\) could not be probed \(neither bash, nc nor curl can make a connection\)/v);
	const unread = run({nodes: {k8s2: on}, outcomes: {'mars1 vip': 'timeout'}, unreachable: {k8s1: 'connection refused'}});
	t.is(unread.conclusion, 'undecided');
	t.true(names(unread.undetermined).includes('br-netfilter-not-loaded'));
	t.regex(unread.sentence, /br-netfilter-not-loaded[^\(]*\(k8s1 could not be read: connection refused\)/v);
});

test('a failure elsewhere that nothing explains is told, and leaves a healthy answer healthy', t => {
	const diagnosis = run({node: on, outcomes: {'mars2 vip': 'timeout'}});
	t.is(diagnosis.conclusion, 'healthy');
	t.regex(diagnosis.sentence, /nothing explains that default\/mars2 → 10\.98\.171\.178:8080 times out/v);
});

test('a finding that a passing probe contradicts is not the cause', t => {
	const evidence = buildEvidence({outcomes: {'mars1 vip': 'timeout'}});
	const diagnosis = diagnose([accuser('everything', {explains: () => true}), accuser('client', {explains: ({role, path}) => role === 'client' && path === 'vip'})], evidence);
	t.is(diagnosis.cause?.check.id, 'client');
	const alone = diagnose([accuser('everything', {explains: () => true})], evidence);
	t.is(alone.conclusion, 'undecided');
	t.regex(alone.sentence, /found, but it does not fit what the probes met: everything/v);
});

test('most explained cells first, then the certain one, then the order on screen', t => {
	const evidence = twoTimeouts;
	t.is(diagnose([accuser('one', {explains: onClient, judge: certain}), accuser('both', {explains: onTimeout})], evidence).cause?.check.id, 'both');
	t.is(diagnose([accuser('first', {explains: onClient}), accuser('sure', {explains: onClient, judge: certain})], evidence).cause?.check.id, 'sure');
	t.is(diagnose([accuser('first', {explains: onClient}), accuser('second', {explains: onClient})], evidence).cause?.check.id, 'first');
});

test('every check has a name of its own, a title, an explanation and a repair that is text', t => {
	t.is(new Set(checks.map(({id}) => id)).size, checks.length);
	const evidence = buildEvidence(founding);
	for (const {title, explain, repair} of checks) {
		t.true(title.length > 10 && explain.length > 40);
		t.true(repair(evidence).every(line => line.length > 0 && !line.includes('undefined')));
	}
});

import test, {type ExecutionContext} from 'ava';
import {
	type Checked,
	type Way,
	checkVia,
	kubectl,
	onEveryNode,
	onNode,
	until,
} from '../helpers/real-cluster.ts';
import {isThorough} from '../helpers/is-thorough.ts';
import {
	onCluster,
	onClusterThoroughly,
	prepareCluster,
	restoreCluster,
} from '../helpers/on-cluster.ts';
import {findMistakes} from '../helpers/report-schema.ts';

test.before(prepareCluster);
test.afterEach.always(restoreCluster);

const everyWay: readonly Way[] = ['ssh', 'kubernetes', 'mixed'];
// A way onto a node adds half a minute to each state.
const usualWays: readonly Way[] = isThorough ? everyWay : ['ssh'];

const wayOf = (way: Way, node: string): string => (way === 'mixed' ? {k8s1: 'ssh'}[node] ?? 'kubernetes' : way);

/** Checks in the same state by several ways: each must come to the same. */
const checkBy = async (ways: readonly Way[], argv: readonly string[], assert: (checked: Checked) => void): Promise<void> => {
	for (const way of ways) {
		// eslint-disable-next-line no-await-in-loop
		const checked = await checkVia(way, ...argv);
		const strays = checked.report.reached.filter(reached => reached.way !== wayOf(way, reached.node));
		if (strays.length > 0 || checked.report.unreachable.length > 0) {
			throw new Error(`by ${way}: ${JSON.stringify([strays, checked.report.unreachable])}`);
		}

		assert(checked);
	}
};

const loadBridgeNetfilter = async () => onEveryNode('modprobe br_netfilter');

const statusOf = ({report}: Checked, id: string): string => report.findings.find(finding => finding.id === id)?.status ?? 'absent';

const becauseOf = ({report}: Checked, id: string): string => report.findings.find(finding => finding.id === id)?.because ?? '';

const assertVerdict = (t: ExecutionContext, checked: Checked, expected: {readonly exitCode: number; readonly cause: string | null}): void => {
	t.deepEqual(findMistakes(checked.report), []);
	t.deepEqual({exitCode: checked.exitCode, cause: checked.report.cause}, expected, checked.report.verdict);
};

const patchService = async (patch: string): Promise<string> => kubectl('patch', 'service', 'nginx', '--type=json', '-p', patch);

const patchBackend = async (patch: string): Promise<void> => {
	await kubectl('patch', 'deployment', 'nginx-app', '--type=json', '-p', patch);
	await kubectl('rollout', 'status', 'deployment/nginx-app', '--timeout=90s');
};

/** kube-proxy is a few seconds behind the API: the kernel's table is what decides. */
const untilProgrammed = async (pattern: RegExp): Promise<void> => until(`IPVS to show ${pattern.source}`, async () => {
	const tables = await Promise.all([1, 2, 3].map(async node => onNode(node, 'ipvsadm -Ln -t 10.98.171.178:8080 2>/dev/null || true')));
	return tables.every(table => pattern.test(table));
});

onCluster('the founding incident: the packet is named, and the cause is br_netfilter', async t => {
	await checkBy(everyWay, ['svc/nginx', '--from', 'pod/mars1'], checked => {
		assertVerdict(t, checked, {exitCode: 1, cause: 'br-netfilter-not-loaded'});
		const cause = checked.report.findings.find(finding => finding.id === 'br-netfilter-not-loaded');
		t.like(cause, {status: 'broken', confidence: 'certain'});
		t.regex(cause?.because ?? '', /client frame \d+: SYN-ACK from 10\.244\.0\.\d+:80, expected 10\.98\.171\.178:8080.*reset/v);
		t.true(checked.report.flows.some(({impossibleReply}) => impossibleReply?.resetFrame !== undefined));
		t.is(checked.report.matrix.find(({role, to}) => role === 'client' && to.startsWith('10.98'))?.outcome, 'timeout');
		t.is(checked.report.matrix.find(({role, to}) => role === 'other' && to.startsWith('10.98'))?.outcome, 'open');
	});
});

onClusterThoroughly('the founding incident from a pod of another namespace', async t => {
	await kubectl('apply', '-f', new URL('workload/shop.yaml', import.meta.url).pathname);
	await kubectl('wait', '--for=condition=Ready', 'pod/web', '--namespace', 'shop', '--timeout=90s');
	await checkBy(everyWay, ['svc/nginx.default.svc.cluster.local:8080', '--from', 'shop/pod/web'], checked => {
		assertVerdict(t, checked, {exitCode: 1, cause: 'br-netfilter-not-loaded'});
		t.regex(checked.report.verdict, /^shop\/web cannot reach default\/nginx/v);
	});
});

onCluster('from another node the Service works, and the latent fault is named', async t => {
	await checkBy(usualWays, ['svc/nginx', '--from', 'pod/mars2'], checked => {
		assertVerdict(t, checked, {exitCode: 0, cause: null});
		t.true(checked.report.latent.includes('br-netfilter-not-loaded'), checked.report.latent.join(' '));
	});
});

onCluster('healthy once br_netfilter is loaded; only that it does not survive a reboot is left', async t => {
	await loadBridgeNetfilter();
	await checkBy(usualWays, ['svc/nginx', '--from', 'pod/mars1'], checked => {
		assertVerdict(t, checked, {exitCode: 0, cause: null});
		t.is(statusOf(checked, 'br-netfilter-not-loaded'), 'ok');
		t.is(statusOf(checked, 'br-nf-reset-at-boot-or-runtime'), 'latent');
	});
});

onCluster('the sysctl at 0 is told apart from the module that is not loaded', async t => {
	await onEveryNode('modprobe br_netfilter && sysctl -qw net.bridge.bridge-nf-call-iptables=0');
	await checkBy(usualWays, ['svc/nginx', '--from', 'pod/mars1'], checked => {
		assertVerdict(t, checked, {exitCode: 1, cause: 'br-nf-call-iptables-off'});
		t.is(statusOf(checked, 'br-netfilter-not-loaded'), 'ok');
	});
});

onCluster('masqueradeAll hides the fault: exit 0, and both are named as latent', async t => {
	await onEveryNode('sed -i "s/masqueradeAll: false/masqueradeAll: true/" /var/lib/kube-proxy/config.yaml && systemctl restart kube-proxy');
	await until('the masquerade rule', async () => {
		const rules = await Promise.all([1, 2, 3].map(async node => onNode(node, 'iptables-save -t nat | grep "KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ" | grep -v -- "! -s" || true')));
		return rules.every(rule => rule !== '');
	});
	await checkBy(usualWays, ['svc/nginx', '--from', 'pod/mars1'], checked => {
		assertVerdict(t, checked, {exitCode: 0, cause: null});
		t.true(checked.report.latent.includes('masquerade-all-masking'), checked.report.latent.join(' '));
		t.is(statusOf(checked, 'br-netfilter-not-loaded'), 'latent');
		const flow = checked.report.flows[0];
		t.is(flow.sourceAtBackend?.ip, '10.244.0.1');
	});
});

const turnHairpinOff = async () => onNode(1, 'for port in /sys/class/net/cni0/brif/*; do echo 0 > $port/hairpin_mode; done');

const backendPod = async (): Promise<string> => `pod/${(await kubectl('get', 'pods', '-l', 'app=nginx', '-o', 'jsonpath={.items[0].metadata.name}')).trim()}`;

onCluster('hairpin_mode 0 is harmless while br_netfilter is off, and is not accused', async t => {
	await turnHairpinOff();
	await checkBy(usualWays, ['svc/nginx', '--from', await backendPod()], checked => {
		assertVerdict(t, checked, {exitCode: 0, cause: null});
		t.not(statusOf(checked, 'hairpin-port-off'), 'broken');
	});
});

onCluster('hairpin_mode 0 breaks self access once br_netfilter is on', async t => {
	await loadBridgeNetfilter();
	await turnHairpinOff();
	await checkBy(usualWays, ['svc/nginx', '--from', await backendPod()], checked => {
		assertVerdict(t, checked, {exitCode: 1, cause: 'hairpin-port-off'});
	});
});

const leaseOfNode = async () => kubectl('get', 'lease', 'k8s1', '--namespace', 'kube-node-lease', '-o', 'jsonpath={.spec.renewTime}');

/** The node stays Ready in the API while its kubelet is away: only a renewed lease is the new kubelet's word. */
const untilKubeletIsBack = async (): Promise<void> => {
	const before = await leaseOfNode();
	await until('the restarted kubelet to renew its lease', async () => await leaseOfNode() !== before);
	await kubectl('wait', '--for=condition=Ready', 'node/k8s1', '--timeout=90s');
	await kubectl('wait', '--for=condition=Ready', 'pod', '-l', 'app=nginx', '--timeout=90s');
	await untilProgrammed(/Masq +[1-9]/v);
};

onClusterThoroughly('kubelet hairpinMode none has no effect and is not accused', async t => {
	await loadBridgeNetfilter();
	await onNode(1, 'sed -i "s/hairpinMode: promiscuous-bridge/hairpinMode: none/" /var/lib/kubelet/config.yaml && systemctl restart kubelet');
	await untilKubeletIsBack();
	await checkBy(usualWays, ['svc/nginx', '--from', 'pod/mars1'], checked => {
		assertVerdict(t, checked, {exitCode: 0, cause: null});
		t.is(statusOf(checked, 'kubelet-hairpin-mode'), 'ok');
	});
});

// A real server that is gone stays in the table with weight 0 until its last connections are over.
const noServer = /^(?!.*Masq +[1-9])/sv;

onCluster('a selector that matches nothing', async t => {
	await loadBridgeNetfilter();
	await patchService('[{"op":"replace","path":"/spec/selector","value":{"app":"ngnix"}}]');
	await untilProgrammed(noServer);
	await checkBy(usualWays, ['svc/nginx', '--from', 'pod/mars1'], checked => {
		assertVerdict(t, checked, {exitCode: 1, cause: 'no-ready-endpoints'});
		t.regex(becauseOf(checked, 'no-ready-endpoints'), /app=ngnix matches no pod in default; near it: default\/nginx-app-\S+ has app=nginx$/v);
	});
});

onClusterThoroughly('a backend that is not ready', async t => {
	await loadBridgeNetfilter();
	await kubectl('patch', 'deployment', 'nginx-app', '--type=json', '-p', '[{"op":"replace","path":"/spec/template/spec/containers/0/readinessProbe/httpGet/path","value":"/nowhere"},{"op":"replace","path":"/spec/strategy","value":{"type":"Recreate"}}]');
	await untilProgrammed(noServer);
	await until('the new pod to run', async () => (await kubectl('get', 'pods', '-l', 'app=nginx', '-o', 'jsonpath={.items[*].status.phase}')).trim() === 'Running');
	await checkBy(usualWays, ['svc/nginx', '--from', 'pod/mars1'], checked => {
		assertVerdict(t, checked, {exitCode: 1, cause: 'no-ready-endpoints'});
		t.regex(becauseOf(checked, 'no-ready-endpoints'), /[Rr]eady/v);
	});
});

onCluster('a wrong targetPort', async t => {
	await loadBridgeNetfilter();
	await patchService('[{"op":"replace","path":"/spec/ports/0/targetPort","value":81}]');
	await untilProgrammed(/-> 10\.244\.0\.\d+:81 /v);
	await checkBy(usualWays, ['svc/nginx', '--from', 'pod/mars1'], checked => {
		assertVerdict(t, checked, {exitCode: 1, cause: 'target-port-mismatch'});
		t.regex(becauseOf(checked, 'target-port-mismatch'), /:81 refuses.*80\/tcp/v);
	});
});

onClusterThoroughly('a wrong targetPort while br_netfilter is off: both are named', async t => {
	await patchService('[{"op":"replace","path":"/spec/ports/0/targetPort","value":81}]');
	await untilProgrammed(/-> 10\.244\.0\.\d+:81 /v);
	await checkBy(usualWays, ['svc/nginx', '--from', 'pod/mars1'], checked => {
		t.is(checked.exitCode, 1);
		t.is(statusOf(checked, 'target-port-mismatch'), 'broken');
		t.is(statusOf(checked, 'br-netfilter-not-loaded'), 'broken');
		t.deepEqual([checked.report.cause, ...checked.report.contributing].toSorted((a, b) => String(a).localeCompare(String(b))), ['br-netfilter-not-loaded', 'target-port-mismatch']);
	});
});

onClusterThoroughly('a backend that listens on 127.0.0.1 only', async t => {
	await loadBridgeNetfilter();
	await patchBackend('[{"op":"replace","path":"/spec/template/spec/containers/0/command","value":["httpd","-f","-p","127.0.0.1:80","-h","/var/www"]},{"op":"remove","path":"/spec/template/spec/containers/0/readinessProbe"},{"op":"replace","path":"/spec/strategy","value":{"type":"Recreate"}}]');
	await untilProgrammed(/-> 10\.244\.0\.\d+:80 +Masq +1/v);
	await checkBy(usualWays, ['svc/nginx', '--from', 'pod/mars1'], checked => {
		assertVerdict(t, checked, {exitCode: 1, cause: 'backend-loopback-bind'});
		t.regex(becauseOf(checked, 'backend-loopback-bind'), /127\.0\.0\.1/v);
	});
});

onCluster('FORWARD drops', async t => {
	await loadBridgeNetfilter();
	await onEveryNode('iptables -P FORWARD DROP');
	await checkBy(usualWays, ['svc/nginx', '--from', 'pod/mars2'], checked => {
		assertVerdict(t, checked, {exitCode: 1, cause: 'forward-policy-drop'});
	});
});

onCluster('the node does not forward', async t => {
	await loadBridgeNetfilter();
	await onEveryNode('sysctl -qw net.ipv4.ip_forward=0');
	await checkBy(usualWays, ['svc/nginx', '--from', 'pod/mars2'], checked => {
		assertVerdict(t, checked, {exitCode: 1, cause: 'ip-forward-off'});
	});
});

onCluster('two backends of which one is local: intermittent, with which one and how often', async t => {
	await kubectl('apply', '-f', new URL('workload/second-backend.yaml', import.meta.url).pathname);
	await kubectl('wait', '--for=condition=Ready', 'pod', '-l', 'app=nginx', '--timeout=90s');
	await untilProgrammed(/-> 10\.244\.1\.\d+:80 /v);
	await checkBy(usualWays, ['svc/nginx', '--from', 'pod/mars1'], checked => {
		assertVerdict(t, checked, {exitCode: 1, cause: 'br-netfilter-not-loaded'});
		const cell = checked.report.matrix.find(({role, to}) => role === 'client' && to.startsWith('10.98'));
		t.is(cell?.outcome, 'intermittent');
		const local = cell?.attempts.filter(({backend}) => backend?.startsWith('10.244.0.')) ?? [];
		const remote = cell?.attempts.filter(({backend}) => backend?.startsWith('10.244.1.')) ?? [];
		t.true(local.length > 0 && local.every(({outcome}) => outcome === 'timeout'), JSON.stringify(cell));
		t.true(remote.length > 0 && remote.every(({outcome}) => outcome === 'open'), JSON.stringify(cell));
		t.regex(checked.report.verdict, /\d of \d/v);
	});
});

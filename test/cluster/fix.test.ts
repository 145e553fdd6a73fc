import {readdir} from 'node:fs/promises';
import path from 'node:path';
import type {CommandResult} from '../../src/access/run.ts';
import {stateOf} from '../helpers/node-state.ts';
import {isThorough} from '../helpers/is-thorough.ts';
import {
	onCluster,
	onClusterThoroughly,
	useClusterAndState,
} from '../helpers/on-cluster.ts';
import {
	type Way,
	check,
	clusterEnv,
	flagsOf,
	hairpin,
	kubectl,
	onNode,
	until,
} from '../helpers/real-cluster.ts';

const founding = ['svc/nginx', '--from', 'pod/mars1'] as const;
const state = useClusterAndState();

const run = async (...argv: readonly string[]): Promise<CommandResult> => hairpin(argv, {env: {XDG_STATE_HOME: state()}});

const fix = async (way: Way, ...argv: readonly string[]): Promise<CommandResult> => run('fix', ...argv, '--yes', ...await flagsOf(way));

const undoLast = async (): Promise<CommandResult> => run('undo', '--last', '--yes');

const allStates = async (): Promise<readonly string[]> => Promise.all([1, 2, 3].map(async node => stateOf(node)));

const hasReached = async (pod: string): Promise<boolean> => {
	const answer = await kubectl('exec', pod, '--', 'sh', '-c', String.raw`printf 'GET / HTTP/1.0\r\n\r\n' | nc -w 3 10.98.171.178 8080; true`);
	return answer.startsWith('HTTP/1.1 200 OK');
};

onCluster('the founding incident is fixed on all nodes with one command, verified, and undone to the byte', async t => {
	const before = await allStates();
	t.false(await hasReached('mars1'), 'the incident is there');
	const result = await fix('ssh', 'br-netfilter-not-loaded', ...founding, '--all-nodes', '--json');
	t.is(result.exitCode, 0, result.stderr);
	const report = JSON.parse(result.stdout) as {readonly before: ReadonlyArray<{readonly outcome: string}>; readonly after: ReadonlyArray<{readonly outcome: string}>; readonly predictions: ReadonlyArray<{readonly expected: string}>; readonly journal: string};
	t.deepEqual(report.predictions.map(({expected}) => expected), ['fixed', 'works', 'works', 'works', 'works', 'works']);
	t.deepEqual(report.after.map(({outcome}) => outcome), Array.from({length: 6}, () => 'open'));
	t.true((await readdir(path.join(state(), 'hairpin/journal'))).includes(`${report.journal}.json`));
	for (const pod of ['mars1', 'mars2', 'mars3', 'deploy/nginx-app']) {
		// eslint-disable-next-line no-await-in-loop
		t.true(await hasReached(pod), pod);
	}

	t.regex(await onNode(3, 'cat /etc/modules-load.d/90-hairpin-br-netfilter.conf /etc/sysctl.d/99-zz-hairpin-bridge.conf'), /^br_netfilter$[\s\S]+iptables = 1$/mv);
	const undone = await undoLast();
	t.is(undone.exitCode, 0, undone.stderr);
	t.deepEqual(await allStates(), before);
	t.false(await hasReached('mars1'), 'the incident is back');
	t.regex(undone.stdout, /undone: Load br_netfilter/v);
	t.is((await undoLast()).exitCode, 3, 'nothing is left to undo');
});

type Look = {regex(text: string, pattern: RegExp): unknown; is(a: unknown, b: unknown): unknown};

/** A change that the person of the founding incident made; `look` sees on a node that it is there. */
type Turn = {readonly change: string; readonly isReaching: boolean; readonly look: (t: Look, node: number) => Promise<void>};

const turns: readonly Turn[] = [
	{
		change: 'hairpin-port=off', isReaching: false, async look(t, node) {
			t.regex(await onNode(node, 'cat /sys/class/net/cni0/brif/*/hairpin_mode'), node === 1 ? /0/v : /1/v);
		},
	},
	{
		change: 'kubelet-hairpin-mode=hairpin-veth', isReaching: false, async look(t, node) {
			t.regex(await onNode(node, 'cat /var/lib/kubelet/config.yaml'), /^hairpinMode: hairpin-veth$/mv);
		},
	},
	{
		change: 'proxy-mode=iptables', isReaching: false, async look(t, node) {
			t.is(await onNode(node, 'ls -d /sys/class/net/kube-ipvs0 2>/dev/null; ipvsadm -Sn; ipset list -n | grep "^KUBE-[^6]"; iptables-save | grep -cE "KUBE-(IPVS|NODE-PORT|LOAD-BALANCER)"; true'), '0\n');
		},
	},
	{
		change: 'masquerade-all=true', isReaching: true, async look(t) {
			const {report} = await check(...founding);
			t.is(report.flows[0].sourceAtBackend?.ip, '10.244.0.1');
		},
	},
];

type Place = {readonly way: Way; readonly flags: readonly string[]; readonly nodes: readonly number[]};

const everywhere = (way: Way): Place => ({way, flags: ['--all-nodes'], nodes: [1, 2, 3]});
const onOne = (node: number): Place => ({way: 'ssh', flags: ['--node', `k8s${node}`], nodes: [node]});

const places: readonly Place[] = isThorough ? [everywhere('ssh'), everywhere('kubernetes')] : [];
// The mode is changed in every run where kube-proxy is a DaemonSet.
const oneOf = new Map([['hairpin-port=off', 1]]);

const placesOf = (change: string): readonly Place[] => {
	const node = oneOf.get(change);
	return isThorough || node === undefined ? places : [onOne(node)];
};

for (const {change, isReaching, look} of turns) {
	for (const {way, flags, nodes} of placesOf(change)) {
		onCluster(`${change} over ${way} ${flags.join(' ')}: made, seen, told whether it helps, and undone to the byte`, async t => {
			const before = await allStates();
			const result = await fix(way, change, ...founding, ...flags);
			t.is(result.exitCode, isReaching ? 0 : 1, result.stderr);
			t.regex(result.stdout, isReaching ? /verified: all \d+ probes are open/v : /it acts, but 1 of \d+ probes fail/v);
			t.regex(result.stdout, isReaching ? /✗ → ✓ will be open/v : /✗ stays as it is {2}\(br-netfilter-not-loaded\)/v);
			for (const node of nodes) {
				// eslint-disable-next-line no-await-in-loop
				await look(t, node);
			}

			const undone = await undoLast();
			t.is(undone.exitCode, 0, undone.stderr);
			t.deepEqual(await allStates(), before);
		});
	}
}

onClusterThoroughly('kubelet-hairpin-mode over kubernetes: kubelet\'s restart cuts the way that leads through it, and all comes to its end', async t => {
	const before = await stateOf(2);
	const result = await fix('kubernetes', 'kubelet-hairpin-mode=hairpin-veth', '--node', 'k8s2', '--ssh-config', '/dev/null');
	t.is(result.exitCode, 0, result.stderr);
	t.regex(result.stdout, /nothing reads the value under a CNI plugin/v);
	t.regex(await onNode(2, 'cat /var/lib/kubelet/config.yaml'), /^hairpinMode: hairpin-veth$/mv);
	const undone = await undoLast();
	t.is(undone.exitCode, 0, undone.stderr);
	t.is(await stateOf(2), before);
});

onCluster('a fault that br_netfilter would bring to light is announced and repaired in the same change', async t => {
	await onNode(1, 'for port in /sys/class/net/cni0/brif/*; do echo 0 >"$port/hairpin_mode"; done');
	const result = await fix('ssh', 'br-netfilter-not-loaded', ...founding, '--node', 'k8s1');
	t.is(result.exitCode, 0, result.stderr);
	const text = result.stdout.replaceAll(/\s+/gv, ' ');
	t.regex(text, /once br_netfilter is on, default\/nginx-app-\S+ cannot reach itself through the Service, because veth\S+ on k8s1 has hairpin_mode 0/v);
	t.regex(text, /ip link set dev veth\S+ type bridge_slave hairpin on/v);
	t.true(await hasReached('deploy/nginx-app'));
});

onCluster('--dry-run, --read-only and nobody who agrees: shown, and nothing is changed', async t => {
	const before = await allStates();
	const flags = await flagsOf('ssh');
	const shown = await run('fix', 'masquerade-all=true', '--all-nodes', '--dry-run', ...flags);
	t.is(shown.exitCode, 0, shown.stderr);
	t.regex(shown.stdout, /- {2}masqueradeAll: false\n.*\+ {2}masqueradeAll: true/v);
	const refused = await run('fix', 'masquerade-all=true', '--all-nodes', '--yes', '--read-only', ...flags);
	t.is(refused.exitCode, 3);
	t.regex(refused.stderr, /nothing may be changed with --read-only/v);
	const silent = await run('fix', 'masquerade-all=true', '--node', 'k8s1', ...flags);
	t.is(silent.exitCode, 3);
	t.regex(silent.stderr, /nobody agreed/v);
	t.deepEqual(await allStates(), before);
});

type Hindrance = {readonly name: string; readonly prepare: string; readonly heal: string; readonly change: string; readonly says: RegExp};

const hindrances: readonly Hindrance[] = [
	{
		name: 'a full disk', change: 'masquerade-all=true', says: /No space left on device/v,
		prepare: 'mkdir -p /var/lib/hairpin && mount -t tmpfs -o size=4k tmpfs /var/lib/hairpin && (cat /dev/zero >/var/lib/hairpin/full 2>/dev/null; true)', heal: 'umount /var/lib/hairpin && rmdir /var/lib/hairpin',
	},
	{
		name: 'a file system that is read-only', change: 'br-netfilter', says: /Read-only file system/v,
		prepare: 'mount -t tmpfs -o ro tmpfs /etc/sysctl.d', heal: 'umount /etc/sysctl.d',
	},
	{
		name: 'a file that is not YAML', change: 'masquerade-all=true', says: /config\.yaml: line \d+, column \d+ is not YAML/v,
		// Renamed over the old one, or kube-proxy would notice and be gone, sooner or later.
		prepare: String.raw`cd /var/lib/kube-proxy && cp -a config.yaml /root/kept && cp -a config.yaml new && printf "mode: [\n" >>new && mv new config.yaml`, heal: 'mv /root/kept /var/lib/kube-proxy/config.yaml; systemctl reset-failed kube-proxy; systemctl restart kube-proxy',
	},
	{
		name: 'a unit that does not come back', change: 'masquerade-all=true', says: /k8s2: restart: kube-proxy\.service/v,
		prepare: String.raw`mkdir -p /etc/systemd/system/kube-proxy.service.d && printf "[Service]\nExecStartPre=/bin/false\n" >/etc/systemd/system/kube-proxy.service.d/broken.conf && systemctl daemon-reload`, heal: 'rm -r /etc/systemd/system/kube-proxy.service.d; systemctl daemon-reload; systemctl restart kube-proxy',
	},
];

for (const {name, prepare, heal, change, says} of hindrances) {
	onCluster(`${name}: one sentence, and the files are as they were`, async t => {
		const before = await stateOf(2);
		await onNode(2, prepare);
		const result = await fix('ssh', change, '--node', 'k8s2');
		await onNode(2, heal);
		t.is(result.exitCode, 3, result.stdout);
		t.regex(result.stderr, says);
		await run('undo', '--last', '--yes');
		await until('kube-proxy to be as it was', async () => (await stateOf(2)) === before);
		t.pass();
	});
}

onClusterThoroughly('what somebody else changed since is left alone, and shown', async t => {
	const changed = await fix('ssh', 'masquerade-all=true', '--node', 'k8s2');
	t.is(changed.exitCode, 0, changed.stderr);
	await onNode(2, 'echo "# by hand" >>/var/lib/kube-proxy/config.yaml');
	const refused = await undoLast();
	t.is(refused.exitCode, 3);
	t.regex(refused.stderr, /file \/var\/lib\/kube-proxy\/config\.yaml was changed by somebody else since/v);
	t.regex(refused.stderr, /k8s2: \+# by hand/v);
	t.regex(await onNode(2, 'cat /var/lib/kube-proxy/config.yaml'), /masqueradeAll: true[\s\S]+# by hand/v);
	await onNode(2, 'sed -i "/# by hand/d" /var/lib/kube-proxy/config.yaml');
	t.is((await undoLast()).exitCode, 0);
});

onClusterThoroughly('--for: the node undoes it by itself; keep stops that', async t => {
	const before = await stateOf(2);
	const changed = await fix('ssh', 'br-netfilter', '--node', 'k8s2', '--for', '10s');
	t.is(changed.exitCode, 0, changed.stderr);
	t.regex(changed.stdout, /the nodes undo it by themselves at \S+, unless: hairpin keep/v);
	await until('the node to undo it', async () => (await stateOf(2)) === before, 90);
	t.is((await undoLast()).exitCode, 0, 'to undo it again does no harm');
	t.is((await fix('ssh', 'br-netfilter', '--node', 'k8s2', '--for', '24h')).exitCode, 0);
	t.regex(await onNode(2, 'systemctl list-timers --all --no-legend "hairpin-undo-*"'), /hairpin-undo-/v);
	t.is((await run('keep', '--last')).exitCode, 0);
	t.is(await onNode(2, 'systemctl list-timers --all --no-legend "hairpin-undo-*"'), '');
	t.regex(await onNode(2, 'lsmod'), /^br_netfilter/mv);
	t.is((await undoLast()).exitCode, 0);
	t.is(await stateOf(2), before);
});


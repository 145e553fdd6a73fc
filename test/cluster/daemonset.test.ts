import {
	mkdtemp,
	readFile,
	rm,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import type {CommandResult} from '../../src/access/run.ts';
import {
	isPossible,
	onCluster,
	onClusterThoroughly,
	prepareCluster,
	restoreCluster,
} from '../helpers/on-cluster.ts';
import {
	check,
	cluster,
	clusterEnv,
	flagsOf,
	hairpin,
	kubectl,
	onNode,
} from '../helpers/real-cluster.ts';

const founding = ['svc/nginx', '--from', 'pod/mars1'] as const;
let state = '';

const setProfile = async (name: string): Promise<void> => {
	const result = isPossible ? await cluster('profile', name) : undefined;
	if (result !== undefined && result.exitCode !== 0) {
		throw new Error(result.stderr);
	}
};

test.before(async () => {
	state = await mkdtemp(path.join(tmpdir(), 'hairpin-state-'));
	await prepareCluster();
	await setProfile('daemonset');
	if (!isPossible) {
		return;
	}

	await kubectl('apply', '--filename', new URL('workload/fixer.yaml', import.meta.url).pathname);
	await writeKubeconfig();
});
test.after.always(async () => {
	await restoreCluster();
	await rm(state, {recursive: true, force: true});
});

/** As a user who has the rights that the README names for fixing, and no others. */
const run = async (...argv: readonly string[]): Promise<CommandResult> => hairpin(argv, {env: {XDG_STATE_HOME: state, KUBECONFIG: path.join(state, 'fixer.kubeconfig')}});

const writeKubeconfig = async (): Promise<void> => {
	const {kubeconfig} = await clusterEnv();
	const text = await readFile(kubeconfig, 'utf8');
	await writeFile(path.join(state, 'fixer.kubeconfig'), text.replace(/\{token: [^\}]+/v, '$&, as: fixer'));
};

const fix = async (change: string, ...words: readonly string[]): Promise<CommandResult> => run('fix', change, ...words, '--all-nodes', '--yes', ...await flagsOf('ssh'));

const configMap = async (): Promise<string> => kubectl('--namespace', 'kube-system', 'get', 'configmap', 'kube-proxy', '--output', String.raw`jsonpath={.data.config\.conf}`);

const edit = async (from: string, to: string): Promise<void> => {
	const text = await configMap();
	await kubectl('--namespace', 'kube-system', 'patch', 'configmap', 'kube-proxy', '--type', 'merge', '--patch', JSON.stringify({data: {'config.conf': text.replace(from, () => to)}}));
};

onClusterThoroughly('as a DaemonSet: the same incident is found, and masqueradeAll is changed by ConfigMap and rollout, seen in packets, and undone to the byte', async t => {
	const found = await check(...founding);
	t.is(found.report.cause, 'br-netfilter-not-loaded', found.report.verdict);
	const before = await configMap();
	const fixed = await fix('masquerade-all=true', ...founding);
	t.is(fixed.exitCode, 0, fixed.stderr);
	t.regex(fixed.stdout, /kubectl -n kube-system patch configmaps kube-proxy/v);
	t.regex(fixed.stdout, /- {2}masqueradeAll: false\n.*\+ {2}masqueradeAll: true/v);
	t.is(await configMap(), before.replace('masqueradeAll: false', 'masqueradeAll: true'));
	const {report} = await check(...founding);
	t.is(report.flows[0].sourceAtBackend?.ip, '10.244.0.1');
	const undone = await run('undo', '--last', '--yes');
	t.is(undone.exitCode, 0, undone.stderr);
	t.is(await configMap(), before);
	t.is((await check(...founding)).report.cause, 'br-netfilter-not-loaded');
});

onCluster('as a DaemonSet: the mode changes without a rest of the old one, and back', async t => {
	const before = await configMap();
	const fixed = await fix('proxy-mode=iptables');
	t.is(fixed.exitCode, 0, fixed.stderr);
	t.regex(fixed.stdout, /it acts on every node/v);
	t.is(await onNode(2, 'ls -d /sys/class/net/kube-ipvs0 2>/dev/null; ipvsadm -Sn; ipset list -n | grep "^KUBE-[^6]"; iptables-save | grep -cE "KUBE-(IPVS|NODE-PORT|LOAD-BALANCER)"; true'), '0\n');
	const undone = await run('undo', '--last', '--yes');
	t.is(undone.exitCode, 0, undone.stderr);
	t.is(await configMap(), before);
	t.is(await onNode(2, 'iptables-save | grep -c KUBE-SEP; curl -s 127.0.0.1:10249/proxyMode'), '0\nipvs', undone.stdout);
});

onClusterThoroughly('as a DaemonSet: what somebody else changed since is left alone, with a sentence', async t => {
	t.is((await fix('masquerade-all=true')).exitCode, 0);
	await edit('scheduler: rr', 'scheduler: wrr');
	const refused = await run('undo', '--last', '--yes');
	t.is(refused.exitCode, 3);
	t.regex(refused.stderr, /configmaps kube-system\/kube-proxy was changed by somebody else since, so it is left as it is/v);
	t.regex(await configMap(), /scheduler: wrr[\s\S]+masqueradeAll: true/v);
	await edit('scheduler: wrr', 'scheduler: rr');
	t.is((await run('undo', '--last', '--yes')).exitCode, 0);
	const timer = await fix('masquerade-all=true', '--for', '10m');
	t.is(timer.exitCode, 3);
	t.regex(timer.stderr, /objects of the cluster cannot be put back by a timer/v);
});

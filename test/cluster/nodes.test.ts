import test from 'ava';
import type {CommandResult} from '../../src/access/run.ts';
import {clusterEnv, hairpin, onNode} from '../helpers/real-cluster.ts';
import {onCluster, prepareCluster, restoreCluster} from '../helpers/on-cluster.ts';
import {findMistakes} from '../helpers/report-schema.ts';

test.before(prepareCluster);
test.afterEach.always(restoreCluster);

type NodesReport = {
	readonly conclusion: string;
	readonly nodes: ReadonlyArray<{readonly node: string; readonly settings: Readonly<Record<string, unknown>>; readonly unknown: readonly unknown[]}>;
	readonly unreachable: ReadonlyArray<{readonly node: string; readonly because: string; readonly tryThis: string}>;
	readonly differences: {readonly odd: ReadonlyArray<{readonly nodes: readonly string[]; readonly deviations: readonly unknown[]}>; readonly splits: readonly unknown[]};
	readonly findings: ReadonlyArray<{readonly id: string; readonly status: string; readonly nodes: readonly string[]}>;
};

const run = async (...argv: readonly string[]): Promise<CommandResult> => {
	const {sshConfig} = await clusterEnv();
	return hairpin(['nodes', ...argv, '--ssh-config', sshConfig]);
};

const report = async (...argv: readonly string[]): Promise<CommandResult & {readonly report: NodesReport}> => {
	const result = await run(...argv, '--json');
	return {...result, report: JSON.parse(result.stdout) as NodesReport};
};

const findingsOf = ({findings}: NodesReport): readonly string[] => findings.map(({id, status, nodes}) => `${status} ${id} ${nodes.join(' ')}`);

const all = 'k8s1 k8s2 k8s3';

onCluster('the founding state: no node has br_netfilter, and no node is odd', async t => {
	const {exitCode, report: document} = await report();
	t.is(exitCode, 1);
	t.deepEqual(findMistakes(document, 'nodes'), []);
	t.deepEqual(findingsOf(document), [`broken br-netfilter-not-loaded ${all}`, `latent br-nf-reset-at-boot-or-runtime ${all}`]);
	t.deepEqual(document.differences, {odd: [], splits: []});
	t.deepEqual(document.nodes.flatMap(({unknown}) => unknown), []);
	t.like(document.nodes[0], {
		node: 'k8s1', settings: {
			bridgeNetfilter: 'not loaded', ipForward: true, forwardPolicy: 'ACCEPT', proxyMode: 'ipvs', masqueradeAll: false, hairpinPorts: {on: 2, total: 2},
		},
	});
});

onCluster('as text it fits 80 columns, and every node is told while it runs', async t => {
	const {exitCode, stdout, stderr} = await run();
	t.is(exitCode, 1);
	const [told] = stdout.split('\nwhat would fix it', 1);
	t.deepEqual(told.split('\n').filter(line => line.length > 80), []);
	t.regex(told, /\nk8s3 +ssh +no +no +1 +ACCEPT +ipvs +off +1\/1 /v);
	t.is(stderr.split('\n').filter(line => line.includes(' read over ssh: ')).length, 3);
});

onCluster('an unreachable node has its reason and next step; the others are judged', async t => {
	const {exitCode, report: document} = await report('--ssh', 'k8s2=root@nowhere.invalid', '--no-pods');
	t.is(exitCode, 1);
	t.deepEqual(document.nodes.map(({node}) => node), ['k8s1', 'k8s3']);
	t.deepEqual(document.unreachable.map(({node}) => node), ['k8s2']);
	t.regex(document.unreachable[0].because, /does not resolve/v);
	t.regex(document.unreachable[0].tryThis, /--ssh NODE=/v);
});

onCluster('a node that differs is pointed out; where br_netfilter is loaded it is no fault any more', async t => {
	await onNode(3, 'modprobe br_netfilter');
	const {exitCode, report: document} = await report();
	t.is(exitCode, 1);
	t.deepEqual(document.differences.odd, [{nodes: ['k8s3'], deviations: [{setting: 'br_netfilter', value: 'loaded', usual: 'not loaded'}]}]);
	t.deepEqual(document.findings[0].nodes, ['k8s1', 'k8s2']);
	const healthy = await report('k8s3');
	t.deepEqual([healthy.exitCode, healthy.report.conclusion], [0, 'healthy']);
	t.deepEqual(findingsOf(healthy.report), ['latent br-nf-reset-at-boot-or-runtime k8s3']);
	const undecided = await report('k8s2', 'k8s3', '--ssh', 'k8s2=root@nowhere.invalid', '--no-pods');
	t.deepEqual([undecided.exitCode, undecided.report.conclusion], [2, 'undecided']);
});

onCluster('what would stop pods is found: FORWARD that drops, ip_forward 0, a port without hairpin_mode', async t => {
	await onNode(3, 'modprobe br_netfilter && iptables -P FORWARD DROP && sysctl -qw net.ipv4.ip_forward=0 && for port in /sys/class/net/cni0/brif/*; do echo 0 >$port/hairpin_mode; done');
	const {exitCode, report: document} = await report('k8s3');
	t.is(exitCode, 1);
	t.deepEqual(findingsOf(document), [
		'broken forward-policy-drop k8s3', 'broken ip-forward-off k8s3', 'latent br-nf-reset-at-boot-or-runtime k8s3', 'latent hairpin-port-off k8s3',
	]);
});

onCluster('a selector picks nodes by label, also in the plain text', async t => {
	const {exitCode, stdout} = await run('-l', 'kubernetes.io/hostname=k8s1');
	t.is(exitCode, 1);
	t.regex(stdout, /^NODE .*\nk8s1 .*\n\n/v);
});

const refuses = test.macro({
	async exec(t, argv: readonly string[], because: RegExp, tryThis: RegExp) {
		const {exitCode, stdout, stderr} = await run(...argv);
		t.is(exitCode, 3);
		t.is(stdout, '');
		t.regex(stderr, because);
		t.regex(stderr, tryThis);
	},
	title: (_, argv: readonly string[]) => `one sentence and the next step: nodes ${argv.join(' ')}`,
});

onCluster(refuses, ['k8s11'], /there is no node k8s11/v, /did you mean k8s1 or/v);
onCluster(refuses, ['-l', 'pool=none'], /no node has the labels pool=none/v, /--show-labels/v);
onCluster(refuses, ['-l', 'pool==='], /does not understand the selector pool===/v, /selectors look like/v);

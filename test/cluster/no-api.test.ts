import {mkdtempSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {type CommandResult, runCommand} from '../../src/access/run.ts';
import {
	type Report,
	cluster,
	clusterEnv,
	hairpin,
	kubectl,
} from '../helpers/real-cluster.ts';
import {isPossible, onCluster, prepareCluster} from '../helpers/on-cluster.ts';
import {findMistakes} from '../helpers/report-schema.ts';

const controlApi = async (action: 'start' | 'stop'): Promise<void> => {
	const {exitCode, stderr} = await cluster('api', action);
	if (exitCode !== 0) {
		throw new Error(`the API server does not ${action}: ${stderr}`);
	}
};

// All that a laptop has: ssh, and ip to get into the cluster's network. No kubectl.
const programs = mkdtempSync(path.join(tmpdir(), 'hairpin-path-'));

// Addresses of pods, which a node that boots gives out anew.
let mars1 = '';
let mars2 = '';

test.before(async () => {
	const {stdout} = await runCommand(['sh', '-c', 'command -v ip ssh; command -v ssh']);
	for (const file of new Set(stdout.trim().split('\n'))) {
		symlinkSync(file, path.join(programs, path.basename(file)));
	}

	await prepareCluster();
	if (!isPossible) {
		return;
	}

	[mars1, mars2] = await Promise.all(['mars1', 'mars2'].map(async pod => kubectl('get', 'pod', pod, '--output', 'jsonpath={.status.podIP}')));
	await controlApi('stop');
});

test.after.always(async () => {
	rmSync(programs, {recursive: true, force: true});
	if (isPossible) {
		await controlApi('start');
	}
});

const checkVip = async (vip: string, from: string, ...more: readonly string[]): Promise<CommandResult> => {
	const {sshConfig} = await clusterEnv();
	const nodes = ['k8s1', 'k8s2', 'k8s3'].flatMap(node => ['--ssh', node]);
	return hairpin(['check', '--vip', vip, '--from', from, ...nodes, '--ssh-config', sshConfig, ...more], {env: {PATH: programs, KUBECONFIG: '/nowhere'}});
};

type RulesReport = Report & {readonly target: {readonly source: string; readonly notes: readonly string[]; readonly client: {readonly node: string}}};

const reportOf = (t: ExecutionContext, {stdout, stderr}: CommandResult): RulesReport => {
	t.not(stdout, '', stderr);
	const report = JSON.parse(stdout) as RulesReport;
	t.deepEqual(findMistakes(report), []);
	t.deepEqual(report.unreachable, []);
	t.is(report.target.source, 'rules');
	t.regex(report.target.notes[0], /readiness, selector and the name of targetPort are not known/v);
	return report;
};

onCluster('the founding incident without an API server and without kubectl: the same cause, certain, and the same packet', async t => {
	const result = await checkVip('10.98.171.178:8080', mars1, '--json');
	const report = reportOf(t, result);
	t.deepEqual([result.exitCode, report.cause], [1, 'br-netfilter-not-loaded'], report.verdict);
	const cause = report.findings.find(({id}) => id === report.cause);
	t.like(cause, {status: 'broken', confidence: 'certain'});
	t.regex(cause?.because ?? '', /client frame \d+: SYN-ACK from 10\.244\.0\.\d+:80, expected 10\.98\.171\.178:8080.*reset/v);
	t.true(report.flows.some(({impossibleReply}) => impossibleReply?.resetFrame !== undefined));
	t.deepEqual(report.matrix.filter(({to}) => to.startsWith('10.98')).map(({role, from, outcome}) => [role, role === 'backend' ? '' : from, outcome]), [
		['client', `pod/${mars1}`, 'timeout'], ['other', `pod/${mars2}`, 'open'], ['backend', '', 'open'], ['node', 'k8s1', 'open'],
	]);
});

onCluster('from another node the Service works, and the latent fault is named', async t => {
	const result = await checkVip('10.98.171.178:8080', mars2, '--json');
	const report = reportOf(t, result);
	t.deepEqual([result.exitCode, report.cause], [0, null], report.verdict);
	t.true(report.latent.includes('br-netfilter-not-loaded'), report.latent.join(' '));
	t.is(report.target.client.node, 'k8s2');
});

onCluster('the text tells what is not known, and no pod is said to be Ready', async t => {
	const {exitCode, stdout} = await checkVip('10.98.171.178:8080', mars2);
	t.is(exitCode, 0);
	t.regex(stdout, /^10\.98\.171\.178:8080\/TCP → 80 {3}from pod\/10\.244\.2\.\d+ on k8s2\nnote: read from the nodes' own rules, without an API server/v);
	t.regex(stdout, /^backend +pod\/10\.244\.0\.\d+ .* k8s1 +Unknown /mv);
});

const refuses = test.macro(async (t, vip: string, from: string | undefined, because: RegExp, tryThis: RegExp) => {
	const {exitCode, stdout, stderr} = await checkVip(vip, from ?? mars1);
	t.deepEqual([exitCode, stdout], [3, '']);
	t.regex(stderr, because);
	t.regex(stderr, tryThis);
});

onCluster('an address that is in nobody\'s rules', refuses, '10.98.171.177:8080', undefined, /^hairpin: no rule of 10\.98\.171\.177:8080 on k8s1 \(ipvs with \d+ rules of Services, kube-proxy runs\)/mv, /^try: is it the ClusterIP/mv);
onCluster('a port that the Service does not have', refuses, '10.98.171.178:80', undefined, /know 10\.98\.171\.178 with 8080\/TCP, but not with 80\/TCP/v, /^try: name a port of the Service: --vip 10\.98\.171\.178:8080$/mv);
onCluster('a client that no node has', refuses, '10.98.171.178:8080', '10.244.0.250', /no pod on k8s1, k8s2 and k8s3 has the address 10\.244\.0\.250$/mv, /^try: name its node as well .* pods there have 10\.244\./mv);
onCluster('a client that is a node', refuses, '10.98.171.178:8080', '192.168.26.12', /192\.168\.26\.12 is an address of the node k8s2 itself/v, /^try: name the address of a pod/mv);

onCluster('check of a Service names the way that needs no API server', async t => {
	const {exitCode, stderr} = await hairpin(['check', 'svc/nginx:8080', '--from', 'pod/mars1']);
	t.is(exitCode, 3);
	t.regex(stderr, /^try: .*without an API server: hairpin check --vip CLUSTER_IP:8080 --from POD_IP --ssh NODE/mv);
});

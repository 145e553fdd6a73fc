import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {startCommand} from '../../src/access/run.ts';
import {
	type Report,
	cluster,
	clusterEnv,
	flagsOf,
	hairpin,
	hairpinArgv,
	kubectl,
	onNode,
	until,
} from '../helpers/real-cluster.ts';
import {
	isPossible,
	onCluster,
	onClusterThoroughly,
	prepareCluster,
	restoreCluster,
} from '../helpers/on-cluster.ts';

// Programs that kube-proxy does not need: an empty file lies over each, which nobody can execute.
const hide = 'for tool in tcpdump nc.openbsd conntrack nsenter; do file=$(readlink -f "$(command -v $tool)") && : >/run/nothing && mount --bind /run/nothing "$file"; done; sh -c "command -v tcpdump nc conntrack nsenter" || true';
const show = String.raw`sed -n "s,^tmpfs \(/usr/s*bin/[^ ]*\) .*,\1,p" /proc/mounts | sort -u | while read -r file; do umount "$file"; done`;
const leftovers = 'ls -d /var/tmp/hairpin-* /tmp/hairpin-* /run/hairpin-* 2>/dev/null; grep -lzE "^(tcpdump|.*/ld-linu[x].*)$" /proc/[0-9]*/cmdline 2>/dev/null || true';
const founding = ['svc/nginx', '--from', 'pod/mars1'];
const nodes = [1, 2];

let archive = '';

test.before(async () => {
	await prepareCluster();
	if (!isPossible) {
		return;
	}

	const built = await cluster('image');
	archive = built.stdout.trim().split('\n').at(-1) ?? '';
});

test.after.always(async () => {
	if (!isPossible) {
		return;
	}

	await Promise.all(nodes.map(async node => onNode(node, show)));
	await restoreCluster();
});

const selftestAsNodePod = async (t: ExecutionContext, image: string): Promise<string> => {
	const spec = {
		nodeName: 'k8s3', hostNetwork: true, hostPID: true, restartPolicy: 'Never',
	};
	await kubectl('run', 'selftest', `--image=${image}`, '--image-pull-policy=Never', `--overrides=${JSON.stringify({spec})}`, '--command', '--', 'selftest');
	t.teardown(async () => kubectl('delete', 'pod', 'selftest', '--grace-period=1'));
	await until('the pod to end', async () => /Succeeded|Failed/v.test(await kubectl('get', 'pod', 'selftest', '-o', 'jsonpath={.status.phase}')));
	return kubectl('logs', 'selftest');
};

/** In mars3, which is on k8s3. */
const selftestInPod = async (image: string): Promise<string> => {
	const container = `selftest-${Date.now()}`;
	await kubectl('debug', 'pod/mars3', `--image=${image}`, '--image-pull-policy=Never', `--container=${container}`, '--', 'selftest');
	const state = `{.status.ephemeralContainerStatuses[?(@.name=="${container}")].state.terminated.reason}`;
	await until('the container to end', async () => (await kubectl('get', 'pod', 'mars3', '-o', `jsonpath=${state}`)).trim() !== '');
	return kubectl('logs', 'mars3', `--container=${container}`);
};

onClusterThoroughly('the image goes onto a node without a registry, and the node says that it has it', async t => {
	const where = ['--node', 'k8s3', ...await flagsOf('ssh'), '--archive', archive];
	const loaded = await hairpin(['image', 'load', ...where]);
	t.is(loaded.exitCode, 0, loaded.stderr);
	t.regex(loaded.stderr, /k8s3 {2}100 % of \d+\.\d MB/v);
	const listed = await hairpin(['image', 'list', ...where]);
	t.regex(listed.stdout, /^k8s3 {2}has it \(sha256:[0-9a-f]+\), asked by ctr/v);
	t.is(await onNode(3, leftovers), '');
	const [name = ''] = /hairpin\.local\/debug:[\d.]+/v.exec(await onNode(3, 'ctr -n k8s.io images list -q')) ?? [];
	t.regex(await onNode(3, `ctr -n k8s.io run --rm --net-host ${name} selftest-$$ selftest`), /selftest: 0 failed/v, 'as a container');
	t.regex(await selftestAsNodePod(t, name), /selftest: 0 failed/v, 'as a pod on the node\'s network');
	t.regex(await selftestInPod(name), /selftest: 0 failed/v, 'as a container inside a pod');
});

onCluster('a node that cannot be reached gets one sentence, and the others their image', async t => {
	const {exitCode, stdout} = await hairpin(['image', 'list', '--node', 'k8s3', '--node', 'nowhere', ...await flagsOf('ssh'), '--archive', archive]);
	t.is(exitCode, 2);
	t.regex(stdout, /^nowhere {2}failed: .*\n {2}try: /mv);
	t.regex(stdout, /^k8s3 {2}has it/mv);
});

onCluster('nodes without tcpdump, nc, conntrack and nsenter: the founding incident is found by ssh, and nothing is left', async t => {
	const still = await Promise.all(nodes.map(async node => onNode(node, hide)));
	t.deepEqual(still, ['', ''], 'the tools are hidden');
	const result = await hairpin(['check', ...founding, ...await flagsOf('ssh'), '--json'], {env: {HAIRPIN_IMAGE_ARCHIVE: archive}});
	const report = JSON.parse(result.stdout) as Report;
	t.deepEqual([result.exitCode, report.cause, report.findings.find(({id}) => id === report.cause)?.confidence], [1, 'br-netfilter-not-loaded', 'certain']);
	t.true(report.captures.every(({problem, packets}) => problem === null && packets > 0));
	t.regex(result.stderr, /k8s1 has no tcpdump, nsenter: ours are used from \S+, removed at the end/v);
	t.is(await onNode(1, leftovers) + await onNode(2, leftovers), '');
});

onClusterThoroughly('nothing is left on the nodes when hairpin is killed in the middle', async t => {
	const {kubeconfig, kubectl: program} = await clusterEnv();
	const argv = await hairpinArgv(['check', ...founding, ...await flagsOf('ssh')]);
	const stream = startCommand(['env', `HAIRPIN_IMAGE_ARCHIVE=${archive}`, `KUBECONFIG=${kubeconfig}`, `PATH=${program.replace(/\/kubectl$/v, '')}:${process.env.PATH ?? ''}`, ...argv], '');
	let told = '';
	for await (const chunk of stream.stderr) {
		told += new TextDecoder().decode(chunk);
		if (told.includes('capture armed')) {
			stream.kill('SIGKILL');
		}
	}

	t.regex(told, /ours are used from/v);
	await until('our tools to go', async () => await onNode(1, leftovers) + await onNode(2, leftovers) === '', 30);
	t.pass();
});

onClusterThoroughly('with --no-tools nothing is unpacked, and what is missing is said', async t => {
	const {exitCode, stdout, stderr} = await hairpin(['check', ...founding, ...await flagsOf('ssh'), '--no-tools']);
	t.not(exitCode, 0);
	t.notRegex(stderr, /ours are used/v);
	t.regex(stdout + stderr, /nsenter|tcpdump is not installed/v);
});

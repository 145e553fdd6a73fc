import {readFileSync, readdirSync} from 'node:fs';
import {tmpdir} from 'node:os';
import process from 'node:process';
import test from 'ava';
import {runCommand, startCommand} from '../../src/access/run.ts';
import {
	apiRequests,
	checkVia,
	clusterEnv,
	debugImage,
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

const apply = async (file: string): Promise<void> => {
	await kubectl('apply', '--filename', new URL(`workload/${file}`, import.meta.url).pathname);
};

test.before(async () => {
	await prepareCluster();
	if (!isPossible) {
		return;
	}

	await apply('limited-users.yaml');
	await apply('restricted.yaml');
	await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--namespace', 'restricted', '--timeout=90s');
});
test.after.always(restoreCluster);

const ours = ['--selector', 'app.kubernetes.io/managed-by=hairpin', '--output', 'name'];

/** What of ours is in the cluster; a namespace goes a few seconds after its pods. */
const podsOfOurs = async (): Promise<string> => kubectl('get', 'pods', '--all-namespaces', ...ours);
const namespacesOfOurs = async (): Promise<string> => kubectl('get', 'namespaces', ...ours);
const untilNothingIsLeft = async (): Promise<void> => until('nothing of ours to be in the cluster', async () => await podsOfOurs() === '' && await namespacesOfOurs() === '');

const processesOfOurs = async (node: number): Promise<string> => onNode(node, 'grep -lzE "^(tcpdump|hairpin-keeper)$" /proc/[0-9]*/cmdline 2>/dev/null || true');
const socketsHere = (): readonly string[] => readdirSync(tmpdir()).filter(name => /^hairpin-[\dA-Za-z]{6}$/v.test(name));

const founding = ['svc/nginx', '--from', 'pod/mars1'];
const foundingVerdict = {exitCode: 1, cause: 'br-netfilter-not-loaded'};

onCluster('a normal run leaves nothing: no pod, no namespace, no process on a node, no file here', async t => {
	const before = socketsHere();
	const {exitCode, report, stderr} = await checkVia('kubernetes', ...founding);
	t.deepEqual({exitCode, cause: report.cause}, foundingVerdict);
	t.is(await podsOfOurs(), '');
	await untilNothingIsLeft();
	await until('our processes to end', async () => await processesOfOurs(1) + await processesOfOurs(2) === '');
	t.deepEqual(socketsHere(), before);
	t.regex(stderr, /making a pod of ours on each node, in a new namespace hairpin-system.*\n(?:.*\n)*.*k8s1 reached over kubernetes/v, 'it tells what it makes before it does');
});

onCluster('what --dry-run prints is what the API server takes, and nothing is made', async t => {
	const result = await hairpin(['check', ...founding, ...await flagsOf('kubernetes'), '--dry-run']);
	t.is(result.exitCode, 0);
	const {kubeconfig, kubectl: program, netns} = await clusterEnv();
	const [, ...pods] = result.stdout.split('---\n').filter(text => text !== '');
	t.is(pods.length, 2);
	const accepted = await runCommand(['ip', 'netns', 'exec', netns, program, '--kubeconfig', kubeconfig, 'create', '--dry-run=server', '-f', '-'], {input: pods.join('---\n').replaceAll('namespace: hairpin-system', 'namespace: default')});
	t.is(accepted.exitCode, 0, accepted.stderr);
	t.regex(result.stdout, /kind: Namespace[\s\S]*privileged: false[\s\S]*- ALL/v);
	t.is(await podsOfOurs() + await namespacesOfOurs(), '');
});

onClusterThoroughly('two at once do not disturb each other', async t => {
	const [one, other] = await Promise.all([checkVia('kubernetes', ...founding), checkVia('kubernetes', 'svc/nginx', '--from', 'pod/mars2')]);
	t.deepEqual([one.exitCode, one.report.cause, other.exitCode], [1, 'br-netfilter-not-loaded', 0]);
	await untilNothingIsLeft();
});

/** Starts a check through pods and waits until it tells something. */
const startCheck = async (word: string, ...more: readonly string[]) => {
	const {kubeconfig, kubectl: program} = await clusterEnv();
	const argv = await hairpinArgv(['check', ...founding, '--via', 'kubernetes', '--image', debugImage, ...more]);
	const stream = startCommand(['env', `KUBECONFIG=${kubeconfig}`, `PATH=${program.replace(/\/kubectl$/v, '')}:${process.env.PATH ?? ''}`, ...argv], '');
	const output = (async () => {
		let text = '';
		for await (const chunk of stream.stdout) {
			text += new TextDecoder().decode(chunk);
		}

		return text;
	})();
	let told = '';
	const {promise: isTold, resolve} = Promise.withResolvers<void>();
	const errors = (async () => {
		for await (const chunk of stream.stderr) {
			told += new TextDecoder().decode(chunk);
			if (told.includes(word)) {
				resolve();
			}
		}

		resolve();
	})();
	await isTold;
	return {
		stream, output, errors, told: () => told,
	};
};

for (const [moment, word] of [['while the pods start', 'ContainerCreating'], ['in the middle of the captures', 'capture armed']]) {
	onCluster(`SIGINT ${moment}: one sentence, and nothing is left`, async t => {
		const {stream, errors, told} = await startCheck(word);
		stream.kill('SIGINT');
		const {exitCode} = await stream.ended;
		await errors;
		t.is(exitCode, 3);
		t.regex(told(), /hairpin: stopped by SIGINT/v);
		t.is(await podsOfOurs(), '');
		await untilNothingIsLeft();
	});
}

onCluster('kill -9: what hairpin made is removed all the same', async t => {
	const {stream} = await startCheck('capture armed');
	t.not(await podsOfOurs(), '');
	stream.kill('SIGKILL');
	await untilNothingIsLeft();
	await until('our processes to end', async () => await processesOfOurs(1) + await processesOfOurs(2) === '');
});

/** The pid of the process of ours that removes what is made; its parent is told by an annotation of the pods. */
const findGuardian = async (): Promise<number> => {
	const described = await kubectl('get', 'pods', '--all-namespaces', '--selector', 'app.kubernetes.io/managed-by=hairpin', '--output', 'jsonpath={.items[0].metadata.annotations.hairpin/process}');
	const pid = described.split(' ', 2)[1];
	const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
	return Number(children.find(child => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('hairpin-guardian')));
};

onClusterThoroughly('kill -9 of all of it: the pods end by themselves, a check meanwhile is not disturbed, and sweep removes the rest', async t => {
	const {stream} = await startCheck('capture armed', '--pod-deadline', '60');
	const guardian = await findGuardian();
	const other = checkVia('kubernetes', 'svc/nginx', '--from', 'pod/mars2');
	process.kill(guardian, 'SIGKILL');
	stream.kill('SIGKILL');
	await until('a pod of the other session', async () => (await podsOfOurs()).trim().split('\n').length > 2);
	const swept = await hairpin(['sweep']);
	t.is(swept.exitCode, 0, swept.stderr);
	t.regex(swept.stdout, /removed pod hairpin-system\/hairpin-/v);
	t.is((await other).exitCode, 0, 'sweep has left the other session alone');
	const again = await hairpin(['sweep']);
	t.is(again.exitCode, 0);
	await untilNothingIsLeft();
	await until('our processes to end', async () => await processesOfOurs(1) + await processesOfOurs(2) === '');
});

onClusterThoroughly('a pod that is deleted while it captures: told in one sentence, and the rest of the evidence survives', async t => {
	const {stream, output, errors, told} = await startCheck('capture armed', '--json');
	const pods = (await kubectl('get', 'pods', '--namespace', 'hairpin-system', '--field-selector', 'spec.nodeName=k8s2', '--output', 'name')).trim();
	await kubectl('delete', '--namespace', 'hairpin-system', pods, '--grace-period=1', '--wait=false');
	await stream.ended;
	await errors;
	const report = JSON.parse(await output) as {readonly cause: string; readonly matrix: ReadonlyArray<{readonly from: string; readonly error?: string | null}>};
	t.is(report.cause, 'br-netfilter-not-loaded', told());
	await untilNothingIsLeft();
});

onClusterThoroughly('an image that cannot be pulled costs its node only', async t => {
	const {sshConfig} = await clusterEnv();
	const result = await hairpin(['check', ...founding, '--json', '--via', 'kubernetes', '--image', 'hairpin.test/absent:1', '--ssh', 'k8s1', '--ssh-config', sshConfig, '--ssh', 'k8s2=root@nowhere.invalid']);
	t.is(result.exitCode, 1);
	const report = JSON.parse(result.stdout) as {readonly cause: string; readonly unreachable: ReadonlyArray<{readonly point: string; readonly because: string}>};
	t.is(report.cause, 'br-netfilter-not-loaded');
	t.deepEqual(report.unreachable.map(({point}) => point), ['k8s2']);
	t.regex(report.unreachable[0].because, /does not resolve.*kubernetes: .*image cannot be pulled/v);
	await untilNothingIsLeft();
});

onCluster('who may only read: exit 2, what the API tells is checked, and each missing right is named once', async t => {
	const {readerKubeconfig} = await clusterEnv();
	const result = await hairpin(['check', ...founding, '--via', 'kubernetes', '--image', debugImage, '--ssh-config', '/dev/null'], {env: {KUBECONFIG: readerKubeconfig}});
	t.is(result.exitCode, 2, result.stderr);
	t.regex(result.stdout, /✓ {2}Endpoints are ready/v);
	for (const right of ['create, delete pods', 'create pods/exec']) {
		t.is(result.stdout.replaceAll(/\s+/gv, ' ').split(right).length - 1, 1, `${right} in ${result.stdout}`);
	}
});

onCluster('who may only read and has ssh gets the whole verdict', async t => {
	const {readerKubeconfig} = await clusterEnv();
	const result = await hairpin(['check', ...founding, ...await flagsOf('ssh'), '--json'], {env: {KUBECONFIG: readerKubeconfig}});
	t.is(result.exitCode, 1, result.stderr);
	t.is((JSON.parse(result.stdout) as {readonly cause: string}).cause, 'br-netfilter-not-loaded');
});

onCluster('the rights of the README suffice, also for pods of a namespace that enforces restricted PodSecurity', async t => {
	const {lookerKubeconfig} = await clusterEnv();
	const result = await hairpin(['check', 'svc/inner', '--from', 'pod/mars-restricted', '--namespace', 'restricted', '--json', ...await flagsOf('kubernetes')], {env: {KUBECONFIG: lookerKubeconfig}});
	t.is(result.exitCode, 1, result.stderr);
	t.is((JSON.parse(result.stdout) as {readonly cause: string}).cause, 'br-netfilter-not-loaded');
	await untilNothingIsLeft();
});

onClusterThoroughly('where no pod may be made on nodes: containers inside the pods, which stay, show the impossible reply', async t => {
	const {kubeconfig, kubectl: program, netns} = await clusterEnv();
	const objects = readFileSync(new URL('workload/restricted.yaml', import.meta.url), 'utf8').replaceAll('enforce: restricted', 'enforce: privileged').replaceAll(/\brestricted\b/gv, 'inside');
	await runCommand(['ip', 'netns', 'exec', netns, program, '--kubeconfig', kubeconfig, 'apply', '-f', '-'], {input: objects});
	await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--namespace', 'inside', '--timeout=90s');
	const result = await hairpin(['check', 'svc/inner', '--from', 'pod/mars-inside', '--namespace', 'inside', '--no-pods', '--ephemeral', '--image', debugImage, '--ssh-config', '/dev/null']);
	t.is(result.exitCode, 2, result.stderr);
	t.regex(result.stderr, /putting a container into inside\/mars-inside: .*cannot remove it/v);
	t.regex(result.stdout.replaceAll(/\s+/gv, ' '), /client frame \d+: SYN-ACK from 10\.244\.0\.\d+:8080, expected /v);
	t.regex(result.stdout, /\? {2}br_netfilter is loaded/v);
	await until('the containers to end', async () => !(await kubectl('get', 'pods', '--namespace', 'inside', '--output', 'jsonpath={.items[*].status.ephemeralContainerStatuses[*].state}')).includes('running'));
});

onCluster('the namespace of the pods may be one that enforces nothing only', async t => {
	const result = await hairpin(['check', ...founding, ...await flagsOf('kubernetes'), '--debug-namespace', 'restricted', '--ssh-config', '/dev/null']);
	t.is(result.exitCode, 2);
	t.regex(result.stderr, /the namespace restricted enforces PodSecurity restricted/v);
	t.is(await podsOfOurs(), '');
});

const requestsOf = async (argv: readonly string[]): Promise<number> => {
	const before = (await apiRequests()).length;
	const result = await hairpin(['check', ...argv, ...await flagsOf('kubernetes')]);
	if (result.exitCode !== 1) {
		throw new Error(result.stderr);
	}

	await untilNothingIsLeft();
	const requests = (await apiRequests()).slice(before).filter(({userAgent, uri}) => userAgent.startsWith('kubectl/') && !/hairpin-system|selfsubjectrulesreviews|managed-by|\/namespaces(?:\?|$)|^\/apis?(?:\?|$)/v.test(uri));
	return requests.length;
};

onClusterThoroughly('besides our own pods at most 12 requests, as many among 600 other pods', async t => {
	const few = await requestsOf(founding);
	t.true(few > 3 && few <= 12, `${few} requests`);
	// kubectl asks for 500 at a time.
	const pods = Array.from({length: 600}, (_, index) => `{apiVersion: v1, kind: Pod, metadata: {name: crowd-${index}, namespace: default, labels: {crowd: "yes"}}, spec: {schedulerName: nobody, containers: [{name: x, image: x}]}}`);
	const {kubeconfig, kubectl: program, netns} = await clusterEnv();
	t.teardown(async () => kubectl('delete', '--raw', '/api/v1/namespaces/default/pods?labelSelector=crowd=yes'));
	const makers = Array.from({length: 8}, async (_, maker) => runCommand(['ip', 'netns', 'exec', netns, program, '--kubeconfig', kubeconfig, 'create', '-f', '-'], {
		input: pods.filter((_pod, index) => index % 8 === maker).join('\n---\n'), timeoutMs: 300_000,
	}));
	const made = await Promise.all(makers);
	t.deepEqual(made.filter(({exitCode}) => exitCode !== 0).map(({stderr}) => stderr.slice(-500)), []);
	t.is(await requestsOf(founding), few);
});

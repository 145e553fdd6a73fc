import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {runCommand, startCommand} from '../../src/access/run.ts';
import {
	check,
	clusterEnv,
	hairpin,
	hairpinArgv,
	kubectl,
	onNode,
	until,
} from '../helpers/real-cluster.ts';
import {onCluster, prepareCluster} from '../helpers/on-cluster.ts';

test.before(prepareCluster);

const run = async (...argv: readonly string[]) => {
	const {sshConfig} = await clusterEnv();
	return hairpin(['check', ...argv, '--ssh-config', sshConfig]);
};

const refuses = test.macro({
	async exec(t, argv: readonly string[], because: RegExp, tryThis: RegExp) {
		const {exitCode, stdout, stderr} = await run(...argv);
		t.is(exitCode, 3);
		t.is(stdout, '');
		t.regex(stderr, because);
		t.regex(stderr, tryThis);
		t.notRegex(stderr, /^ {4}at /mv, 'a stack trace helps nobody at 3 a.m.');
	},
	title: (_, argv: readonly string[]) => `one sentence and the next step: check ${argv.join(' ')}`,
});

onCluster(refuses, ['svc/ngnix', '--from', 'pod/mars1'], /there is no Service ngnix/v, /svc\/nginx/v);
onCluster(refuses, ['svc/nginx', '--from', 'pod/mars11'], /there is no pod mars11/v, /pod\/mars1/v);
onCluster(refuses, ['svc/nginx:81', '--from', 'pod/mars1'], /has no port 81/v, /8080/v);
onCluster(refuses, ['svc/nginx', '-n', 'nowhere', '--from', 'pod/mars1'], /no namespace nowhere/v, /-n default/v);
onCluster(refuses, ['svc/nginx', '--from', 'deploy/none'], /none/v, /try:/v);
onCluster(refuses, ['svc/nginx', '--from', 'pod/mars1', '--ssh', 'k8s1=nosudo@k8s1', '--ssh', 'k8s2=nosudo@k8s2'], /no node could be reached; k8s1: .*(?:sudo|root)/v, /NOPASSWD/v);
onCluster(refuses, ['svc/nginx', '--from', 'pod/mars1', '--ssh', 'k8s1=root@nowhere.invalid', '--ssh', 'k8s2=root@nowhere.invalid'], /does not resolve/v, /--ssh NODE=/v);

onCluster('a user with sudo is as good as root', async t => {
	const {exitCode, report} = await check('svc/nginx', '--from', 'pod/mars1', '--ssh', 'k8s1=ops@k8s1', '--ssh', 'k8s2=ops@k8s2');
	t.deepEqual({exitCode, cause: report.cause}, {exitCode: 1, cause: 'br-netfilter-not-loaded'});
});

onCluster('without --from it takes a pod on a backend\'s node, and one on another', async t => {
	const {exitCode, report} = await check('svc/nginx');
	t.is(exitCode, 1);
	t.deepEqual(report.matrix.filter(({role, to}) => ['client', 'other'].includes(role) && to.startsWith('10.98')).map(({from, role}) => `${role} ${from}`), ['client default/mars1', 'other default/mars2']);
});

onCluster('a node that cannot be reached costs its own checks only', async t => {
	const {exitCode, report} = await check('svc/nginx', '--from', 'pod/mars1', '--ssh', 'k8s2=root@nowhere.invalid');
	t.deepEqual({exitCode, cause: report.cause}, {exitCode: 1, cause: 'br-netfilter-not-loaded'});
	t.deepEqual(report.unreachable.map(({point}) => point), ['k8s2']);
});

onCluster('a node without tcpdump: no packet, no certainty, and it says so', async t => {
	t.teardown(async () => onNode(1, 'mv /usr/bin/tcpdump.away /usr/bin/tcpdump'));
	await onNode(1, 'mv /usr/bin/tcpdump /usr/bin/tcpdump.away');
	const {exitCode, report} = await check('svc/nginx', '--from', 'pod/mars1', '--no-tools');
	t.is(exitCode, 1);
	t.like(report.findings.find(({id}) => id === 'br-netfilter-not-loaded'), {status: 'broken', confidence: 'likely'});
	t.true(report.captures.every(({problem}) => problem === 'tcpdump is not installed on this node'));
});

onCluster('kept captures open in tshark with pod names, and pair offline', async t => {
	const directory = mkdtempSync(path.join(tmpdir(), 'hairpin-kept-'));
	t.teardown(() => {
		rmSync(directory, {recursive: true});
	});
	await check('svc/nginx', '--from', 'pod/mars1', '--captures', directory);
	const files = readdirSync(directory).map(file => path.join(directory, file)).toSorted();
	t.is(files.length, 3);
	const client = files.find(file => file.includes('client-')) ?? '';
	const {stdout} = await runCommand(['tshark', '-r', client, '-N', 'n', '-T', 'fields', '-e', 'frame.interface_name', '-e', 'ip.src_host', '-e', 'tcp.flags.str']);
	t.regex(stdout, /^mars1\tmars1\t/mv);
	const ladder = await hairpin(['ladder', ...files]);
	t.is(ladder.exitCode, 1);
	t.regex(ladder.stdout, /client frame \d+: SYN-ACK from 10\.244\.0\.\d+:80, expected 10\.98\.171\.178:8080/v);
});

const modulesOf = async (): Promise<string> => onNode(1, 'cut -d" " -f1 /proc/modules | sort');
const tcpdumpsOf = async (): Promise<string> => onNode(1, 'grep -lx tcpdump /proc/[0-9]*/comm 2>/dev/null || true');
const socketsHere = (): readonly string[] => readdirSync(tmpdir()).filter(name => /^hairpin-[0-9A-Za-z]{6}$/v.test(name));

onCluster('it loads no module, changes no interface, and leaves nothing on the node or here', async t => {
	const interfaces = async () => onNode(1, 'ip -d -o link | grep -oE "^[0-9]+: [^:]+|promiscuity [0-9]+|hairpin (on|off)"');
	const before = [await modulesOf(), await interfaces(), socketsHere()];
	await check('svc/nginx', '--from', 'pod/mars1');
	await until('tcpdump to end', async () => (await tcpdumpsOf()) === '');
	t.deepEqual([await modulesOf(), await interfaces(), socketsHere()], before);
});

/** Runs a check until its first capture is armed, does something to it, and waits until it is gone. */
const interruptCheck = async (signal: 'SIGTERM' | 'SIGKILL', meanwhile: () => Promise<void>) => {
	const {sshConfig, kubeconfig} = await clusterEnv();
	const stream = startCommand(['env', `KUBECONFIG=${kubeconfig}`, ...await hairpinArgv(['check', 'svc/nginx', '--from', 'pod/mars1', '--ssh-config', sshConfig])], '');
	let told = '';
	for await (const chunk of stream.stderr) {
		const before = told;
		told += new TextDecoder().decode(chunk);
		if (before.includes('capture armed') || !told.includes('capture armed')) {
			continue;
		}

		await meanwhile();
		stream.kill(signal);
	}

	const {exitCode} = await stream.ended;
	return {told, exitCode};
};

onCluster('kill -9 in the middle of the captures: they end on the node by themselves', async t => {
	await interruptCheck('SIGKILL', async () => {
		t.not(await tcpdumpsOf(), '');
	});
	await until('tcpdump to end', async () => (await tcpdumpsOf()) === '');
	for (const directory of socketsHere()) {
		rmSync(path.join(tmpdir(), directory), {recursive: true});
	}
});

onCluster('SIGTERM ends it with one sentence and leaves nothing', async t => {
	const before = socketsHere();
	const {told, exitCode} = await interruptCheck('SIGTERM', async () => undefined);
	t.is(exitCode, 3);
	t.regex(told, /hairpin: stopped by SIGTERM\ntry: /v);
	t.deepEqual(socketsHere(), before);
	await until('tcpdump to end', async () => (await tcpdumpsOf()) === '');
});

onCluster('a check makes few requests, however many pods there are', async t => {
	const directory = mkdtempSync(path.join(tmpdir(), 'hairpin-kubectl-'));
	t.teardown(() => {
		rmSync(directory, {recursive: true});
	});
	const {kubectl: real} = await clusterEnv();
	const log = path.join(directory, 'log');
	await runCommand(['sh', '-c', String.raw`printf "#!/bin/sh\necho \"\$*\" >> %s\nexec %s \"\$@\"\n" "$1" "$2" > "$3" && chmod +x "$3"`, 'sh', log, real, path.join(directory, 'kubectl')]);
	const {sshConfig} = await clusterEnv();
	const result = await hairpin(['check', 'svc/nginx', '--from', 'pod/mars1', '--ssh-config', sshConfig], {env: {PATH: `${directory}:${process.env.PATH ?? ''}`}});
	t.is(result.exitCode, 1);
	const {stdout} = await runCommand(['grep', '-c', 'get --raw', log]);
	t.true(Number(stdout) > 4 && Number(stdout) <= 12, `${stdout.trim()} requests`);
	t.is(await kubectl('get', 'pods', '--all-namespaces', '-l', 'app.kubernetes.io/managed-by=hairpin', '-o', 'name'), '');
});

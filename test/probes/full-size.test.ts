import {readFileSync} from 'node:fs';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {runCommand} from '../../src/access/run.ts';
import {planFullSize} from '../../src/evidence/plan-full-size.ts';
import {tryFullSize} from '../../src/probes/full-size.ts';
import {
	buildEvidence,
	mars1,
	mars2,
	nginx,
} from '../helpers/evidence-builder.ts';
import {mustSucceed} from '../helpers/real-cluster.ts';

const text = readFileSync(new URL('../../src/probes/full-size.sh', import.meta.url), 'utf8');

const must = async (...argv: readonly string[]): Promise<string> => {
	const {stdout} = mustSucceed(await runCommand(argv, {timeoutMs: 60_000}));
	return stdout;
};

type Link = {readonly client: string; readonly middle: string; readonly backend: string};

const addNamespaces = async (t: ExecutionContext, name: string): Promise<Link> => {
	const link = {client: `${name}-c-${process.pid}`, middle: `${name}-m-${process.pid}`, backend: `${name}-b-${process.pid}`};
	for (const netns of Object.values(link)) {
		// eslint-disable-next-line no-await-in-loop
		await must('ip', 'netns', 'add', netns);
		t.teardown(async () => must('ip', 'netns', 'del', netns));
	}

	await must('ip', 'link', 'add', 'eth0', 'netns', link.client, 'type', 'veth', 'peer', 'name', 'left', 'netns', link.middle);
	await must('ip', 'link', 'add', 'eth0', 'netns', link.backend, 'type', 'veth', 'peer', 'name', 'right', 'netns', link.middle);
	return link;
};

const address = async (netns: string, device: string, ...addresses: readonly string[]): Promise<void> => {
	for (const one of addresses) {
		// eslint-disable-next-line no-await-in-loop
		await must('ip', '-n', netns, 'addr', 'add', one, 'dev', device, ...(one.includes(':') ? ['nodad'] : []));
	}

	await must('ip', '-n', netns, 'link', 'set', device, 'up');
};

/** Two pods with a switch between them. */
const switched = async (t: ExecutionContext, name: string): Promise<Link> => {
	const link = await addNamespaces(t, name);
	await must('ip', '-n', link.middle, 'link', 'add', 'br0', 'type', 'bridge');
	for (const device of ['left', 'right']) {
		// eslint-disable-next-line no-await-in-loop
		await must('ip', '-n', link.middle, 'link', 'set', 'dev', device, 'master', 'br0', 'up');
	}

	await must('ip', '-n', link.middle, 'link', 'set', 'br0', 'up');
	await address(link.client, 'eth0', '10.9.0.1/24', 'fd09::1/64');
	await address(link.backend, 'eth0', '10.9.0.2/24', 'fd09::2/64');
	return link;
};

/** Two pods with a router between them, whose link to the backend takes 1,400 bytes. */
const routed = async (t: ExecutionContext, name: string): Promise<Link> => {
	const link = await addNamespaces(t, name);
	await address(link.client, 'eth0', '10.9.1.2/24');
	await address(link.middle, 'left', '10.9.1.1/24');
	await address(link.backend, 'eth0', '10.9.2.2/24');
	await address(link.middle, 'right', '10.9.2.1/24');
	await must('ip', 'netns', 'exec', link.middle, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
	await must('ip', '-n', link.client, 'route', 'add', 'default', 'via', '10.9.1.1');
	await must('ip', '-n', link.backend, 'route', 'add', 'default', 'via', '10.9.2.1');
	await must('ip', '-n', link.middle, 'link', 'set', 'right', 'mtu', '1400');
	return link;
};

const send = async (netns: string, ip: string, bytes = 1500): Promise<string> =>
	must('ip', 'netns', 'exec', netns, 'sh', '-c', text, 'full-size', ip, '33434', String(bytes), ip.includes(':') ? '48' : '28');

const testOnLink = process.getuid?.() === 0 ? test : test.skip;

testOnLink('a packet of full size that arrives is answered, with IPv4 and with IPv6', async t => {
	const {client} = await switched(t, 'hp-open');
	t.is(await send(client, '10.9.0.2'), 'full-size arrived\n');
	t.is(await send(client, 'fd09::2'), 'full-size arrived\n');
});

testOnLink('jumbo frames are tried whole', async t => {
	const {client, middle, backend} = await switched(t, 'hp-jumbo');
	for (const [netns, device] of [[middle, 'left'], [middle, 'right'], [client, 'eth0'], [backend, 'eth0']]) {
		// eslint-disable-next-line no-await-in-loop
		await must('ip', '-n', netns, 'link', 'set', device, 'mtu', '9000');
	}

	t.is(await send(client, '10.9.0.2', 9000), 'full-size arrived\n');
	await must('ip', '-n', middle, 'link', 'set', 'right', 'mtu', '8000');
	t.regex(await send(client, '10.9.0.2', 9000), /^full-size lost\nlargest 800[04]\n$/v);
});

testOnLink('a switch that drops what is larger makes a black hole, and the largest that arrives is found', async t => {
	const {client, middle} = await switched(t, 'hp-hole');
	await must('ip', '-n', middle, 'link', 'set', 'right', 'mtu', '1400');
	// Some kernels let four bytes more pass, for a VLAN's header (is_skb_forwardable).
	t.regex(await send(client, '10.9.0.2'), /^full-size lost\nlargest 140[04]\n$/v);
});

testOnLink('a router that takes less and says so is no black hole, and one that may not say it is', async t => {
	const {client, middle} = await routed(t, 'hp-told');
	t.is(await send(client, '10.9.2.2'), 'full-size told\n');
	t.is(await send(client, '10.9.2.2'), 'full-size told\n', 'and is known to the sender from then on');
	await must('ip', '-n', client, 'route', 'flush', 'cache');
	await must('ip', 'netns', 'exec', middle, 'iptables', '-A', 'OUTPUT', '-p', 'icmp', '--icmp-type', 'fragmentation-needed', '-j', 'DROP');
	t.is(await send(client, '10.9.2.2'), 'full-size lost\nlargest 1400\n');
});

testOnLink('where small ones are not answered either, nothing is said', async t => {
	const {client, backend} = await switched(t, 'hp-quiet');
	await must('ip', 'netns', 'exec', backend, 'iptables', '-A', 'INPUT', '-p', 'udp', '-j', 'DROP');
	t.is(await send(client, '10.9.0.2'), 'full-size unanswered\n');
});

test('what is tried: both ways between the client and the backends of other nodes that it reaches', t => {
	const far = buildEvidence({client: mars2, node: {bridgeNetfilter: 1}});
	t.deepEqual(planFullSize(far.target, far.matrix, far.pods).map(({from, toIp, port, bytes}) => ({
		from, toIp, port, bytes,
	})), [
		{
			from: 'default/mars2', toIp: nginx.ip, port: 33_434, bytes: 1450,
		},
		{
			from: 'default/nginx-app', toIp: mars2.ip, port: 33_434, bytes: 1450,
		},
	]);
	const near = buildEvidence({client: mars1, node: {bridgeNetfilter: 1}});
	t.deepEqual(planFullSize(near.target, near.matrix, near.pods), []);
	const closed = far.matrix.map(cell => ({...cell, attempts: cell.attempts.map(attempt => ({...attempt, outcome: 'timeout' as const}))}));
	t.deepEqual(planFullSize(far.target, closed, far.pods), []);
});

test('what the script prints is read, and why it could not be told is kept', async t => {
	const evidence = buildEvidence({client: mars2, node: {bridgeNetfilter: 1}});
	const [plan] = planFullSize(evidence.target, evidence.matrix, evidence.pods);
	const hear = async (stdout: string) => tryFullSize({
		run: async () => ({
			ok: true, stdout, stderr: '', exitCode: 0, command: '',
		}),
	} as never, plan, AbortSignal.timeout(60_000));
	t.like(await hear('full-size lost\nlargest 1404\n'), {outcome: 'lost', largest: 1404, command: `nsenter --net=NETNS-OF-mars2 ping -M do -s 1422 ${nginx.ip}   (on k8s2)`});
	t.like(await hear('full-size unanswered\n'), {outcome: 'unknown', because: 'small ones of UDP are not answered either'});
	t.like(await hear(''), {outcome: 'unknown', because: 'bash could not send them'});
});

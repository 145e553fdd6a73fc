import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {runCommand} from '../../src/access/run.ts';
import {mustSucceed, until} from '../helpers/real-cluster.ts';

const text = readFileSync(new URL('../../src/probes/lookup.sh', import.meta.url), 'utf8');

const canServe = process.getuid?.() === 0 && (await runCommand(['sh', '-c', 'command -v dnsmasq'], {timeoutMs: 5000})).exitCode === 0;

const testWithServer = canServe ? test : test.skip;

const addNamespace = async (t: ExecutionContext, name: string): Promise<string> => {
	const netns = `${name}-${process.pid}`;
	mustSucceed(await runCommand(['ip', 'netns', 'add', netns], {timeoutMs: 20_000}));
	t.teardown(async () => runCommand(['ip', 'netns', 'del', netns], {timeoutMs: 20_000}));
	mustSucceed(await runCommand(['ip', '-n', netns, 'link', 'set', 'lo', 'up'], {timeoutMs: 20_000}));
	return netns;
};

const settings = '--keep-in-foreground --conf-file=/dev/null --user=root --pid-file= --no-resolv --no-hosts --bind-interfaces --listen-address=127.0.0.1 --local=/cluster.local/ '
	+ '--host-record=nginx.default.svc.cluster.local,10.98.171.178,fd00::b2 --host-record=1st.default.svc.cluster.local,10.98.0.1 --cname=alias.default.svc.cluster.local,nginx.default.svc.cluster.local';

/** A real name server on 127.0.0.1 that knows two names. */
const serve = async (t: ExecutionContext, netns: string): Promise<void> => {
	const server = spawn('ip', ['netns', 'exec', netns, 'dnsmasq', ...settings.split(' ')], {stdio: 'ignore'});
	t.teardown(() => server.kill('SIGKILL'));
	await until('the name server to listen', async () => {
		const {stdout} = await runCommand(['ip', 'netns', 'exec', netns, 'cat', '/proc/net/udp'], {timeoutMs: 20_000});
		return stdout.includes('0100007F:0035');
	});
};

const lookUp = async (netns: string, server: string, name: string, type: 1 | 28 = 1): Promise<string> =>
	mustSucceed(await runCommand(['ip', 'netns', 'exec', netns, 'sh', '-c', text, 'lookup', server, name, String(type), '1'], {timeoutMs: 60_000})).stdout;

testWithServer('a name server is asked in a real network namespace', async t => {
	const netns = await addNamespace(t, 'lookup');
	await serve(t, netns);
	t.is(await lookUp(netns, '127.0.0.1', 'nginx.default.svc.cluster.local'), 'lookup answered 0\naddress 10.98.171.178\n');
	t.is(await lookUp(netns, '127.0.0.1', 'nginx.default.svc.cluster.local', 28), 'lookup answered 0\naddress fd00:0:0:0:0:0:0:b2\n');
	t.is(await lookUp(netns, '127.0.0.1', 'alias.default.svc.cluster.local'), 'lookup answered 0\naddress 10.98.171.178\n', 'behind an alias');
	t.is(await lookUp(netns, '127.0.0.1', '1st.default.svc.cluster.local'), 'lookup answered 0\naddress 10.98.0.1\n', 'a label that begins with a digit');
	t.is(await lookUp(netns, '127.0.0.1', 'none.default.svc.cluster.local'), 'lookup answered 3\n');
	t.is(await lookUp(netns, '127.0.0.1', 'example.com'), 'lookup answered 5\n');
	t.is(await lookUp(netns, '127.0.0.2', 'nginx.default.svc.cluster.local'), 'lookup refused\n');
	t.is(await lookUp(netns, '192.0.2.53', 'nginx.default.svc.cluster.local'), 'lookup unreachable\n');
});

testWithServer('a server that says nothing is asked twice, and nothing is left behind', async t => {
	const netns = await addNamespace(t, 'mute');
	const mute = spawn('ip', ['netns', 'exec', netns, process.execPath, '-e', `
		require('node:dgram').createSocket('udp4').on('message', () => process.stdout.write('asked ')).bind(53, '127.0.0.1', () => process.stdout.write('ready '));
	`], {stdio: ['ignore', 'pipe', 'ignore']});
	t.teardown(() => mute.kill('SIGKILL'));
	let heard = '';
	mute.stdout.on('data', chunk => {
		heard += String(chunk);
	});
	await until('it to listen', async () => heard.startsWith('ready'));
	t.is(await lookUp(netns, '127.0.0.1', 'nginx.default.svc.cluster.local'), 'lookup unanswered\n');
	await until('both questions', async () => heard === 'ready asked asked ');
	const {stdout} = await runCommand(['ip', 'netns', 'pids', netns], {timeoutMs: 20_000});
	t.is(stdout.trim(), String(mute.pid));
});

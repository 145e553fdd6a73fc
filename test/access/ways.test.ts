import {hostname} from 'node:os';
import process from 'node:process';
import test from 'ava';
import {orderWays} from '../../src/access/create-access.ts';
import type {Access, Connection} from '../../src/access/access.ts';
import {createLocalAccess} from '../../src/access/local.ts';
import {createMixedAccess} from '../../src/access/mixed.ts';
import type {AccessOptions} from '../../src/options.ts';

const options = (some: Partial<AccessOptions>): AccessOptions => ({
	via: undefined, destinations: new Map(), sshConfig: undefined, image: undefined, pullSecret: undefined, debugNamespace: undefined, podDeadlineSeconds: 600, mayMakePods: true, mayBringTools: true, mayEnterPods: false, ...some,
});

const elsewhere = '192.0.2.1';

test('pods of our own are made only where an image was named or that way was asked for', t => {
	t.deepEqual(orderWays('k8s1', elsewhere, options({})), ['ssh']);
	t.deepEqual(orderWays('k8s1', elsewhere, options({image: 'x'})), ['ssh', 'kubernetes']);
	t.deepEqual(orderWays('k8s1', elsewhere, options({image: 'x', mayMakePods: false})), ['ssh']);
	t.deepEqual(orderWays('k8s1', elsewhere, options({via: 'kubernetes', image: 'x', mayMakePods: false})), ['ssh']);
	t.deepEqual(orderWays('k8s1', elsewhere, options({image: 'x', mayEnterPods: true})), ['ssh', 'kubernetes', 'ephemeral'], 'what cannot be removed again comes last, and only where it was asked for');
});

test('the preferred way goes first, and what was said of a node before it', t => {
	const preferred = options({via: 'kubernetes', image: 'x', destinations: new Map([['k8s1', undefined]])});
	t.deepEqual(orderWays('k8s1', elsewhere, preferred), ['ssh', 'kubernetes']);
	t.deepEqual(orderWays('k8s2', elsewhere, preferred), ['kubernetes', 'ssh']);
	t.deepEqual(orderWays('k8s1', elsewhere, options({via: 'local'})), ['local', 'ssh']);
});

test('on the node itself the local way needs nobody, and goes first', t => {
	t.deepEqual(orderWays('k8s1', '127.0.0.1', options({})), ['local', 'ssh']);
	t.deepEqual(orderWays(`${hostname()}.example`, undefined, options({})), ['local', 'ssh']);
	t.deepEqual(orderWays(hostname(), elsewhere, options({})), ['ssh'], 'the address that the cluster tells decides');
});

type Recorded = Access & {readonly calls: string[]};

const accessOf = (name: string, connect: (node: string) => Connection): Recorded => {
	const calls: string[] = [];
	return {
		calls,
		async connect(node) {
			calls.push(`connect ${node}`);
			return connect(node);
		},
		async run(point) {
			calls.push(`run ${point.node}`);
			return {
				ok: true, command: name, stdout: name, stderr: '', exitCode: 0, ms: 0,
			};
		},
		stream() {
			throw new Error('not asked for');
		},
		change() {
			throw new Error('nothing is changed');
		},
		async close() {
			calls.push('close');
		},
	};
};

const refused = (because: string): Connection => ({ok: false, because, tryThis: `fix ${because}`});

test('each node is reached by the first way that works; what is not needed is not opened; all that was opened is closed', async t => {
	const first = accessOf('ssh', node => (node === 'a' ? {ok: true, way: 'ssh'} : refused('no key')));
	const second = accessOf('kubernetes', node => (node === 'b' ? {ok: true, way: 'kubernetes'} : refused('no rights')));
	let opened = 0;
	const ways = [
		{name: 'ssh', open: async () => first},
		{name: 'kubernetes', open: async () => second},
		{
			name: 'local',
			async open() {
				opened++;
				return second;
			},
		},
	];
	const access = createMixedAccess(node => (node === 'c' ? ways.slice(0, 2) : ways));
	const [a, b, c, again] = await Promise.all([access.connect('a'), access.connect('b'), access.connect('c'), access.connect('a')]);
	t.deepEqual([a, b, again], [{ok: true, way: 'ssh'}, {ok: true, way: 'kubernetes'}, {ok: true, way: 'ssh'}]);
	t.like(c, {ok: false, because: 'ssh: no key; kubernetes: no rights', tryThis: 'fix no key'});
	const answer = await access.run({kind: 'node', node: 'b'}, {text: '', args: []});
	t.is(answer.ok && answer.stdout, 'kubernetes');
	await access.close();
	t.deepEqual(first.calls.filter(call => call === 'connect a' || call === 'close'), ['connect a', 'close'], 'one connection a node');
	t.is(second.calls.at(-1), 'close');
	t.is(opened, 0);
});

const local = process.getuid?.() === 0 ? test : test.skip;

local('the local way runs scripts as root on this machine, with data as words and streams that end', async t => {
	const access = createLocalAccess(() => '127.0.0.1');
	t.deepEqual(await access.connect('here'), {ok: true, way: 'local'});
	const point = {kind: 'node', node: 'here'} as const;
	const answer = await access.run(point, {text: String.raw`id -u; printf "%s\n" "$1"; exit 7`, args: ['a \'b\' $(c)']});
	t.like(answer, {ok: true, stdout: '0\na \'b\' $(c)\n', exitCode: 7});
	const stream = access.stream(point, {text: 'echo begun; cat >/dev/null; echo ended', args: []});
	stream.finish();
	const text = await new Response(ReadableStream.from(stream.stdout)).text();
	t.is(text, 'begun\nended\n');
	t.like(await createLocalAccess(() => elsewhere).connect('there'), {ok: false, because: 'this machine is not there'});
});

import {randomUUID} from 'node:crypto';
import process from 'node:process';
import test from 'ava';
import {composeRemoteScript, startMarker} from '../../src/access/remote-script.ts';
import {runCommand, startCommand} from '../../src/access/run.ts';

const node = {kind: 'node', node: 'here'} as const;
const hostile = ['two words', '$(touch /tmp/x)', '`id`', '\'; exit 9; \'', '"\\', '-n', '', 'a\nb', '*'];

for (const shell of [['sh'], ['bash'], ['busybox', 'sh']]) {
	test(`data reaches a script unchanged through ${shell.join(' ')}`, async t => {
		const input = composeRemoteScript(node, {text: 'case x in x) printf "[%s]" "$@";; esac; exit 7', args: hostile});
		const result = await runCommand([...shell, '-s'], {input});
		if (result.isNotFound) {
			t.log(`skipped: no ${shell[0]} here`);
		}

		t.true(result.isNotFound || result.stdout === hostile.map(word => `[${word}]`).join(''));
		t.true(result.isNotFound || (result.exitCode === 7 && result.stderr === `${startMarker}\n`));
	});
}

test('a script may wait on its own standard input, which ends with ours', async t => {
	const stream = startCommand(['sh', '-s'], composeRemoteScript(node, {text: 'echo waiting; cat >/dev/null; echo over', args: []}));
	let text = '';
	for await (const chunk of stream.stdout) {
		text += new TextDecoder().decode(chunk);
		if (text === 'waiting\n') {
			stream.finish();
		}
	}

	t.is(text, 'waiting\nover\n');
	t.like(await stream.ended, {exitCode: 0});
});

const inNamespace = process.getuid?.() === 0 ? test : test.skip;

const ip = async (...words: readonly string[]) => runCommand(['ip', ...words]);

/** A network namespace with addresses of its own and one process in it, as a pod is. */
const openPod = async () => {
	const name = `hairpin-test-${randomUUID().slice(0, 8)}`;
	await ip('netns', 'add', name);
	await ip('-n', name, 'link', 'add', 'pod0', 'type', 'veth', 'peer', 'name', 'peer0');
	await ip('-n', name, 'link', 'set', 'pod0', 'up');
	await ip('-n', name, 'addr', 'add', '192.0.2.18/24', 'dev', 'pod0');
	await ip('-n', name, 'addr', 'add', '2001:db8::12/64', 'dev', 'pod0', 'nodad');
	const tenant = startCommand(['ip', 'netns', 'exec', name, 'sh', '-c', 'echo up; exec cat'], '');
	await tenant.stdout[Symbol.asyncIterator]().next();
	return {
		async close() {
			tenant.finish();
			await tenant.ended;
			await ip('netns', 'del', name);
		},
	};
};

const enter = async (address: string) => runCommand(['sh', '-s'], {
	input: composeRemoteScript({
		kind: 'pod', namespace: 'default', pod: 'p', node: 'here', ip: address,
	}, {text: 'ip -o addr show dev pod0; echo "$1"', args: ['it\'s']}),
});

inNamespace('a pod is entered by its address, on either IP version, and only by that very address', async t => {
	const pod = await openPod();
	const entered = await Promise.all(['192.0.2.18', '2001:db8::12'].map(async address => enter(address)));
	const missed = await Promise.all(['192.0.2.1', '192.0.2.255', '2001:db8::1'].map(async address => enter(address)));
	await pod.close();
	for (const {stdout, exitCode} of entered) {
		t.is(exitCode, 0);
		t.regex(stdout, /192\.0\.2\.18\/24/v);
		t.true(stdout.endsWith('it\'s\n'));
	}

	for (const {stderr, exitCode} of missed) {
		t.is(exitCode, 66);
		t.regex(stderr, /no process here has the address/v);
	}
});

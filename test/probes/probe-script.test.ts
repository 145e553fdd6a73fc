import {
	existsSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import {type AddressInfo, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {runCommand} from '../../src/access/run.ts';

const text = readFileSync(new URL('../../src/probes/probe.sh', import.meta.url), 'utf8');

/** A port of this machine on which somebody listens until the test is over. */
const listen = async (t: ExecutionContext): Promise<number> => {
	const server = createServer(socket => {
		socket.destroy();
	});
	await new Promise<void>(resolve => {
		server.listen(0, '127.0.0.1', resolve);
	});
	t.teardown(async () => new Promise<void>(resolve => {
		server.close(() => {
			resolve();
		});
	}));
	return (server.address() as AddressInfo).port;
};

/** A port on which nobody listens any more. */
const findClosedPort = async (): Promise<number> => {
	const server = createServer();
	await new Promise<void>(resolve => {
		server.listen(0, '127.0.0.1', resolve);
	});
	const {port} = server.address() as AddressInfo;
	await new Promise<void>(resolve => {
		server.close(() => {
			resolve();
		});
	});
	return port;
};

const probe = async (port: number, tries: number, PATH = process.env.PATH ?? ''): Promise<string> => {
	const {stdout} = await runCommand(['/bin/sh', '-c', text, 'probe', '127.0.0.1', String(port), 'tcp', '3', String(tries)], {timeoutMs: 20_000, env: {PATH}});
	return stdout;
};

test('an open port is open as often as it is tried, a closed one is refused', async t => {
	t.regex(await probe(await listen(t), 3), /^tool bash\n(?:attempt open \d+\n){3}done\n$/v);
	t.regex(await probe(await findClosedPort(), 1), /^tool bash\nattempt refused \d+\ndone\n$/v);
});

/** A PATH with a timeout(1) before the real one that is killed, as on a node too busy to start it in time, as often as told. */
const withLateStart = (t: ExecutionContext, times: number): string => {
	const directory = mkdtempSync(path.join(tmpdir(), 'probe-path-'));
	t.teardown(() => {
		rmSync(directory, {recursive: true});
	});
	const PATH = process.env.PATH ?? '';
	const file = path.join(directory, 'timeout');
	writeFileSync(file, `#!/bin/sh\necho started >> "${directory}/starts"\nif [ "$(wc -l < "${directory}/starts")" -le ${times} ]; then exit 137; fi\nPATH='${PATH}' exec timeout "$@"\n`, {mode: 0o755});
	return `${directory}:${PATH}`;
};

test('an attempt that was over before it began is made anew, and is no time-out where it never begins', async t => {
	t.regex(await probe(await listen(t), 1, withLateStart(t, 2)), /^tool bash\nattempt open \d+\ndone\n$/v);
	t.regex(await probe(await listen(t), 1, withLateStart(t, 9)), /^tool bash\nattempt error \d+\ndone\n$/v);
});

const busybox = '/bin/busybox';
const withBusybox = existsSync(busybox) ? test : test.skip;

withBusybox('the nc of busybox is not trusted: it would call an open port a time-out', async t => {
	const directory = mkdtempSync(path.join(tmpdir(), 'probe-path-'));
	t.teardown(() => {
		rmSync(directory, {recursive: true});
	});
	for (const applet of ['nc', 'timeout', 'grep', 'sh', 'cat', 'head']) {
		symlinkSync(busybox, path.join(directory, applet));
	}

	t.is(await probe(await listen(t), 1, directory), 'tool none\n');
});

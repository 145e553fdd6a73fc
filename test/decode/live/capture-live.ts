import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {execa} from 'execa';

/** A capture to be taken: in the client's or the server's network namespace, with these arguments of tcpdump. */
export type LiveCapture = {readonly file: string; readonly side: 'client' | 'server'; readonly options: readonly string[]};

const PREFIX = 'hairpin-decode-';
const DEADLINE_MS = 10_000;
/** Source and destination port of the last packet that the client sends. */
const lastPorts = Uint8Array.of(0xBE, 0xEF, 0xCA, 0xFE);
const addresses = ['10.213.0.2', 'fd00:213::2', '10.214.0.2', 'fd00:214::2'];

const namespaceOf = (side: LiveCapture['side']): string => `${PREFIX}${process.pid}-${side}`;
const ip = async (...options: readonly string[]): Promise<string> => {
	const {stdout} = await execa('ip', options);
	return stdout;
};

const isAlive = (pid: number): boolean => {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
};

/** Removes this run's namespaces and those of runs whose process is gone. */
const removeNamespaces = async (): Promise<void> => {
	const listed = await ip('netns', 'list');
	const stale = listed.split('\n').map(line => line.split(' ', 1)[0]).filter(name => {
		const pid = Number(name.slice(PREFIX.length).split('-', 1)[0]);
		return name.startsWith(PREFIX) && (pid === process.pid || !isAlive(pid));
	});
	await Array.fromAsync(stale, async name => ip('netns', 'del', name));
};

const configureSide = async (side: LiveCapture['side']): Promise<void> => {
	const [own, other] = side === 'client' ? ['1', '2'] : ['2', '1'];
	const commands = [
		`addr add 10.213.0.${own}/24 dev veth0`,
		`addr add fd00:213::${own}/64 dev veth0 nodad`,
		'link set veth0 up',
		`link add vxlan0 type vxlan id 213 remote 10.213.0.${other} dstport 8472 dev veth0`,
		`addr add 10.214.0.${own}/24 dev vxlan0`,
		`addr add fd00:214::${own}/64 dev vxlan0 nodad`,
		'link set vxlan0 up',
	];
	await Array.fromAsync(commands, async command => ip('-n', namespaceOf(side), ...command.split(' ')));
};

const createNetwork = async (): Promise<void> => {
	await ip('netns', 'add', namespaceOf('client'));
	await ip('netns', 'add', namespaceOf('server'));
	await ip('-n', namespaceOf('client'), 'link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'veth0', 'netns', namespaceOf('server'));
	await configureSide('client');
	await configureSide('server');
};

/** Starts a process in a namespace and waits until it has said that it is ready. */
const startProcess = async (side: LiveCapture['side'], command: readonly string[], readyText: string): Promise<ChildProcess> => {
	const child = spawn('ip', ['netns', 'exec', namespaceOf(side), ...command]);
	let output = '';
	await new Promise<void>((resolve, reject) => {
		const note = (chunk: Uint8Array): void => {
			output += chunk.toString();
			if (output.includes(readyText)) {
				resolve();
			}
		};

		child.stdout.on('data', note);
		child.stderr.on('data', note);
		child.once('exit', () => {
			reject(new Error(`${command.join(' ')}: ${output}`));
		});
	});
	return child;
};

const stopProcess = async (child: ChildProcess): Promise<void> => {
	const exited = once(child, 'exit');
	child.kill('SIGINT');
	await exited;
};

const waitForLast = async (file: string, deadline: number): Promise<void> => {
	if (readFileSync(file).includes(lastPorts)) {
		return;
	}

	if (Date.now() > deadline) {
		throw new Error(`${file} never held the last packet`);
	}

	await delay(20);
	await waitForLast(file, deadline);
};

/** Echo requests, where the machine has a ping. */
const ping = async (): Promise<void> => {
	await Array.fromAsync(addresses, async address => execa('ip', ['netns', 'exec', namespaceOf('client'), 'busybox', 'ping', '-c', '1', '-s', '100', address], {reject: false}));
};

type Start = (...options: Parameters<typeof startProcess>) => Promise<void>;

const makeTraffic = async (captures: readonly LiveCapture[], start: Start): Promise<void> => {
	const script = (name: string): string => path.join(import.meta.dirname, name);
	// In immediate mode the slots of the ring are as large as the snap length: with the default of 256 KiB there are so few that packets are lost.
	const command = ['tcpdump', '-n', '-s', '2000', '-U', '--immediate-mode', '-Z', 'root'];
	await Array.fromAsync(captures, async ({file, side, options}) => start(side, [...command, '-w', file, ...options], 'listening on'));

	await start('server', [process.execPath, script('server.ts')], 'ready');
	await ping();
	await execa('ip', ['netns', 'exec', namespaceOf('client'), process.execPath, script('client.ts'), ...addresses], {timeout: DEADLINE_MS});
	const deadline = Date.now() + DEADLINE_MS;
	await Promise.all(captures.map(async ({file}) => waitForLast(file, deadline)));
};

/** Takes captures of TCP, UDP, ICMP, fragments, refused connections and VXLAN between two network namespaces of their own. Leaves nothing but the files. */
export const captureLive = async (captures: readonly LiveCapture[]): Promise<void> => {
	const children: ChildProcess[] = [];
	await removeNamespaces();
	try {
		await createNetwork();
		await makeTraffic(captures, async (...options) => {
			children.push(await startProcess(...options));
		});
	} finally {
		await Promise.all(children.map(async child => stopProcess(child)));
		await removeNamespaces();
	}
};

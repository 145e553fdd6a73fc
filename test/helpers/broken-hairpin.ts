import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {readTail, startCommand} from '../../src/access/run.ts';
import {clusterEnv, hairpinArgv} from './real-cluster.ts';

/** A hairpin that works on the cluster at this moment. */
export type RunningHairpin = {
	/** With -9, as a person who pulls the plug. */
	readonly kill: () => void;
	/** Ends every ssh of it. */
	readonly cutConnections: () => Promise<void>;
};

export type BrokenRun = {
	/** Whether it said it. */
	readonly isBroken: boolean;
	/** Standard error. */
	readonly text: string;
	readonly exitCode: number | undefined;
};

const childrenOf = async (pid: number): Promise<readonly number[]> => {
	const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
	const children = text.split(' ').filter(word => word !== '').map(Number);
	const grandchildren = await Promise.all(children.map(async child => childrenOf(child)));
	return [...children, ...grandchildren.flat()];
};

const isSsh = async (pid: number): Promise<boolean> => (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() === 'ssh';

// An ssh may end by itself between the look at it and the signal.
const endProcess = (pid: number): void => {
	try {
		process.kill(pid, 'SIGKILL');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
			throw error;
		}
	}
};

const cutConnectionsOf = async (pid: number): Promise<void> => {
	for (const child of await childrenOf(pid)) {
		// eslint-disable-next-line no-await-in-loop
		if (await isSsh(child)) {
			endProcess(child);
		}
	}
};

/** Runs hairpin on the cluster, keeping its journal in `state`, and breaks it as soon as it says something on standard error. Resolves once it has ended. */
export const breakWhenSaid = async (argv: readonly string[], state: string, at: RegExp, breakIt: (running: RunningHairpin) => void | Promise<void>): Promise<BrokenRun> => {
	const {kubeconfig, kubectl} = await clusterEnv();
	const directory = await mkdtemp(path.join(tmpdir(), 'broken-hairpin-'));
	const pidFile = path.join(directory, 'pid');
	const environment = [`XDG_STATE_HOME=${state}`, `KUBECONFIG=${kubeconfig}`, `PATH=${path.dirname(kubectl)}:${process.env.PATH ?? ''}`];
	// The shell tells its number, and then becomes hairpin.
	const stream = startCommand(['env', ...environment, 'sh', '-c', 'echo $$ >"$0"; exec "$@"', pidFile, ...await hairpinArgv(argv)], '');
	const output = readTail(stream.stdout, 2000);
	const running: RunningHairpin = {
		kill() {
			stream.kill('SIGKILL');
		},
		cutConnections: async () => cutConnectionsOf(Number(await readFile(pidFile, 'utf8'))),
	};
	const decoder = new TextDecoder();
	let text = '';
	let isBroken = false;
	for await (const chunk of stream.stderr) {
		text += decoder.decode(chunk, {stream: true});
		if (isBroken || !at.test(text)) {
			continue;
		}

		isBroken = true;
		await breakIt(running);
	}

	const {exitCode} = await stream.ended;
	await output;
	await rm(directory, {recursive: true});
	return {isBroken, text, exitCode};
};

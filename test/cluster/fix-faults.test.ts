import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import type {Stream} from '../../src/access/access.ts';
import {startCommand} from '../../src/access/run.ts';
import {stateOf} from '../helpers/node-state.ts';
import {onCluster, prepareCluster, restoreCluster} from '../helpers/on-cluster.ts';
import {
	clusterEnv,
	flagsOf,
	hairpin,
	hairpinArgv,
	onNode,
	until,
} from '../helpers/real-cluster.ts';

test.before(prepareCluster);
test.after.always(restoreCluster);

/** Where a fix is broken: as soon as it says this. */
type Moment = {readonly change: string; readonly at: RegExp};

/** kill: hairpin itself, with -9 · cut: every ssh of it · program: what works on the node. */
type Break = Moment & {readonly how: 'kill' | 'cut' | 'program'};

const says = (change: string, ...words: readonly string[]): readonly Moment[] => words.map(word => ({change, at: new RegExp(RegExp.escape(word), 'v')}));

const stepsOf = (change: string, ...steps: readonly string[]): readonly Moment[] =>
	steps.flatMap(step => ['begun', 'done'].map(word => ({change, at: new RegExp(`${RegExp.escape(step)}.* ${word}`, 'v')})));

const moments: readonly Moment[] = [
	...stepsOf('br-netfilter', 'modules-load.d', 'sysctl.d', 'module br_netfilter'),
	// The sysctls come up as br-netfilter wants them, so that only the narrow variant writes them.
	...stepsOf('br-netfilter-narrow', 'nf-call-iptables', 'nf_call_ip6tables'),
	...says('masquerade-all=true', 'config.yaml begun', 'config.yaml done', 'restarted', 'waiting until it acts'),
	...says('br-netfilter', 'the journal is'),
];

const isThorough = process.env.HAIRPIN_EVERY_BREAK === '1';
const ways = ['kill', 'cut'] as const;

// At every other moment in one way, by turns; thoroughly at every moment in both.
const breaks: readonly Break[] = [
	...moments.flatMap((moment, index) => ways.filter((_, way) => isThorough || index % 4 === way * 2).map(how => ({...moment, how}))),
	...says('br-netfilter', 'the journal is', 'as the first one', 'modules-load.d', 'module br_netfilter', 'waiting').map(moment => ({...moment, how: 'program'} as const)),
];

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

const cutConnections = async (pid: number): Promise<void> => {
	for (const child of await childrenOf(pid)) {
		// eslint-disable-next-line no-await-in-loop
		if (await isSsh(child)) {
			endProcess(child);
		}
	}
};

// The text of the program stands in its arguments, so that pgrep would find itself by most words of it.
const killProgram = 'for pid in $(pgrep -f "^sh -c .*[h]airpin-change"); do kill -9 "$pid"; done; true';

const breakNow = async (how: Break['how'], stream: Stream, pid: number, node: number): Promise<void> => {
	if (how === 'kill') {
		stream.kill('SIGKILL');
	} else if (how === 'cut') {
		await cutConnections(pid);
	} else {
		await onNode(node, killProgram);
	}
};

/** Starts a fix, breaks it where it says something, and waits for its end. Resolves with what it said, and whether it got that far. */
const breakFix = async ({change, at, how}: Break, node: number, state: string): Promise<{isBroken: boolean; text: string}> => {
	const {kubeconfig, kubectl} = await clusterEnv();
	const environment = [`XDG_STATE_HOME=${state}`, `KUBECONFIG=${kubeconfig}`, `PATH=${path.dirname(kubectl)}:${process.env.PATH ?? ''}`];
	const pidFile = path.join(state, 'pid');
	// The shell tells its number, and then becomes hairpin.
	const stream = startCommand(['env', ...environment, 'sh', '-c', 'echo $$ >"$0"; exec "$@"', pidFile, ...await hairpinArgv(['fix', change, '--node', `k8s${node}`, '--yes', ...await flagsOf('ssh')])], '');
	let text = '';
	let isBroken = false;
	const decoder = new TextDecoder();
	for await (const chunk of stream.stderr) {
		text += decoder.decode(chunk, {stream: true});
		if (isBroken || !at.test(text)) {
			continue;
		}

		isBroken = true;
		await breakNow(how, stream, Number(await readFile(pidFile, 'utf8')), node);
	}

	await stream.ended;
	return {isBroken, text};
};

const breakAndUndo = async (fault: Break, node: number, state: string, before: string): Promise<string | undefined> => {
	const name = `${fault.change} on k8s${node}, ${fault.how} at ${fault.at.source}`;
	const {isBroken, text} = await breakFix(fault, node, state);
	const undone = await hairpin(['undo', '--last', '--yes'], {env: {XDG_STATE_HOME: state}});
	if (undone.exitCode !== 0 && !undone.stderr.includes('no change that was made from here is in force')) {
		return `${name}: ${undone.stderr}`;
	}

	try {
		await until('the old state', async () => (await stateOf(node)) === before, 30);
		return isBroken ? undefined : `${name}: it never got there:\n${text}`;
	} catch {
		return `${name}: not as it was:\n${await stateOf(node)}\n${text}\n${undone.stderr}`;
	}
};

onCluster(`${breaks.length} fixes that are killed or cut off at every step: undo restores everything, or nothing was begun`, async t => {
	t.timeout(900_000);
	const problems = await Promise.all([1, 2, 3].map(async (node, lane) => {
		const state = await mkdtemp(path.join(tmpdir(), 'hairpin-state-'));
		const before = await stateOf(node);
		const found: string[] = [];
		const faults = breaks.filter((_, index) => index % 3 === lane);
		for (const fault of faults) {
			// eslint-disable-next-line no-await-in-loop
			const problem = await breakAndUndo(fault, node, state, before);
			if (problem !== undefined) {
				found.push(problem);
			}
		}

		await rm(state, {recursive: true});
		return found;
	}));
	t.deepEqual(problems.flat(), []);
});

onCluster('two hairpins at once: the second one is told who is at work, and changes nothing', async t => {
	const state = await mkdtemp(path.join(tmpdir(), 'hairpin-state-'));
	const {kubeconfig, kubectl} = await clusterEnv();
	const first = startCommand(['env', `XDG_STATE_HOME=${state}`, `KUBECONFIG=${kubeconfig}`, `PATH=${path.dirname(kubectl)}:${process.env.PATH ?? ''}`, ...await hairpinArgv(['fix', 'masquerade-all=true', '--node', 'k8s3', '--yes', ...await flagsOf('ssh')])], '');
	let second: ReturnType<typeof hairpin> | undefined;
	let text = '';
	for await (const chunk of first.stderr) {
		text += new TextDecoder().decode(chunk);
		if (second === undefined && text.includes('begun, as the first one')) {
			second = hairpin(['fix', 'br-netfilter', '--node', 'k8s3', '--yes', ...await flagsOf('ssh')], {env: {XDG_STATE_HOME: state}});
		}
	}

	t.is((await first.ended).exitCode, 0, text);
	const refused = await second;
	t.is(refused?.exitCode, 3, refused?.stdout);
	t.regex(refused?.stderr ?? '', /k8s3 is being changed by another hairpin \(\S[^\s@]*@\S+, /v);
	t.notRegex(await onNode(3, 'lsmod'), /br_netfilter/v);
	t.is((await hairpin(['undo', '--last', '--yes'], {env: {XDG_STATE_HOME: state}})).exitCode, 0);
	await rm(state, {recursive: true});
});

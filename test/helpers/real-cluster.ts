import {readFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import {type CommandResult, runCommand} from '../../src/access/run.ts';

const root = new URL('../../', import.meta.url).pathname;
const clusterCommand = path.join(root, 'test/cluster/cluster');
const cannotRun = 77;
const minuteMs = 60_000;

/** Runs a command of `npm run cluster`. */
export const cluster = async (...argv: readonly string[]): Promise<CommandResult> => runCommand([clusterCommand, ...argv], {timeoutMs: 20 * minuteMs});

/** The result of a command that went well; throws otherwise. */
export const mustSucceed = (result: CommandResult): CommandResult => {
	if (result.exitCode !== 0) {
		throw new Error(`${result.command} ended with ${String(result.exitCode)}: ${result.stderr.slice(-2000)}`);
	}

	return result;
};

/** Why the cluster cannot run on this machine, or undefined. */
export const whySkipped = async (): Promise<string | undefined> => {
	const result = await cluster('check');
	return result.exitCode === cannotRun ? `${result.stdout}${result.stderr}`.trim() : undefined;
};

/** Starts the cluster where it does not run yet, with the founding workload. */
export const startCluster = async (): Promise<void> => {
	mustSucceed(await cluster('build'));
	mustSucceed(await cluster('up', '3'));
	mustSucceed(await cluster('seed'));
};

export const resetCluster = async (): Promise<void> => {
	mustSucceed(await cluster('reset'));
};

/** Runs a command line on a node as root; it must succeed. */
export const onNode = async (node: number, command: string): Promise<string> => {
	const {stdout} = mustSucceed(await cluster('ssh', String(node), command));
	return stdout;
};

export const onEveryNode = async (command: string): Promise<void> => {
	await Promise.all([1, 2, 3].map(async node => onNode(node, command)));
};

/** On the machine, in the network that the nodes are plugged into. */
export const runBetweenNodes = async (...argv: readonly string[]): Promise<void> => {
	mustSucceed(await cluster('exec', ...argv));
};

export const kubectl = async (...argv: readonly string[]): Promise<string> => {
	const {stdout} = mustSucceed(await cluster('kubectl', ...argv));
	return stdout;
};

/** Asks again until the answer is yes, for what the cluster does in its own time. */
export const until = async (what: string, isTrue: () => Promise<boolean>, seconds = 60): Promise<void> => {
	const end = performance.now() + (seconds * 1000);
	// eslint-disable-next-line no-await-in-loop
	while (!await isTrue()) {
		if (performance.now() > end) {
			throw new Error(`gave up waiting for ${what}`);
		}

		// eslint-disable-next-line no-await-in-loop
		await sleep(300);
	}
};

type ClusterEnv = {
	readonly netns: string;
	readonly kubeconfig: string;
	/** Of a user who may read what a check asks for. */
	readonly readerKubeconfig: string;
	/** Of a user who may also make pods that look at nodes. */
	readonly lookerKubeconfig: string;
	readonly auditLog: string;
	readonly sshConfig: string;
	readonly kubectl: string;
};

let known: ClusterEnv | undefined;

/** How to reach the cluster. */
export const clusterEnv = async (): Promise<ClusterEnv> => {
	if (known) {
		return known;
	}

	const {stdout} = mustSucceed(await cluster('env'));
	const value = (name: string): string => new RegExp(`^${name}=(?<value>.*)$`, 'mv').exec(stdout)?.groups?.value ?? '';
	known = {
		netns: value('NETNS'),
		kubeconfig: value('KUBECONFIG'),
		readerKubeconfig: value('READER_KUBECONFIG'),
		lookerKubeconfig: value('LOOKER_KUBECONFIG'),
		auditLog: value('AUDIT_LOG'),
		sshConfig: value('SSH_CONFIG'),
		kubectl: value('KUBECTL'),
	};
	return known;
};

export type ApiRequest = {readonly verb: string; readonly uri: string; readonly userAgent: string; readonly user: string};

/** What people asked of the API server since the cluster was started. */
export const apiRequests = async (): Promise<readonly ApiRequest[]> => {
	const {auditLog} = await clusterEnv();
	// What follows the last newline is not written to its end yet.
	const lines = (await readFile(auditLog, 'utf8')).split('\n').slice(0, -1);
	return lines.map(line => JSON.parse(line) as {readonly verb: string; readonly requestURI: string; readonly userAgent: string; readonly user: {readonly username: string}})
		.map(({verb, requestURI, userAgent, user}) => ({
			verb, uri: requestURI, userAgent, user: user.username,
		}));
};

/** The command that runs hairpin from its sources inside the cluster's network namespace. */
export const hairpinArgv = async (argv: readonly string[]): Promise<readonly string[]> => {
	const {netns} = await clusterEnv();
	return ['ip', 'netns', 'exec', netns, process.execPath, path.join(root, 'src/hairpin.ts'), ...argv];
};

/** Runs hairpin with the cluster's kubectl and kubeconfig. */
export const hairpin = async (argv: readonly string[], options: {readonly env?: Readonly<Record<string, string>>; readonly timeoutMs?: number} = {}): Promise<CommandResult> => {
	const {kubeconfig, kubectl: kubectlFile} = await clusterEnv();
	return runCommand(await hairpinArgv(argv), {
		timeoutMs: options.timeoutMs ?? (6 * minuteMs),
		env: {KUBECONFIG: kubeconfig, PATH: `${path.dirname(kubectlFile)}:${process.env.PATH ?? ''}`, ...options.env},
	});
};

type Summary = {readonly id: string; readonly status: string; readonly confidence: string | null; readonly because: string};

export type Report = {
	readonly conclusion: string;
	readonly cause: string | null;
	readonly contributing: readonly string[];
	readonly latent: readonly string[];
	readonly verdict: string;
	readonly findings: readonly Summary[];
	readonly matrix: ReadonlyArray<{
		readonly from: string; readonly to: string; readonly role: string; readonly outcome: string; readonly tries: number;
		readonly attempts: ReadonlyArray<{readonly outcome: string; readonly backend: string | null}>;
	}>;
	readonly captures: ReadonlyArray<{readonly point: string; readonly role: string; readonly packets: number; readonly problem: string | null}>;
	readonly flows: ReadonlyArray<{
		readonly ending: string; readonly reached: readonly string[];
		readonly impossibleReply?: {readonly frame: number; readonly resetFrame?: number};
		readonly backend?: {readonly ip: string; readonly port: number}; readonly sourceAtBackend?: {readonly ip: string; readonly port: number};
	}>;
	readonly reached: ReadonlyArray<{readonly node: string; readonly way: string}>;
	readonly unreachable: ReadonlyArray<{readonly point: string; readonly because: string}>;
	readonly walk: {
		readonly probes: ReadonlyArray<{
			readonly from: string; readonly to: string; readonly agreement: 'agrees' | 'disagrees' | 'unknown';
			readonly ways: ReadonlyArray<{readonly outcome: string; readonly because: string | null}>;
		}>;
		readonly packets: ReadonlyArray<{readonly agrees: boolean; readonly says: string}>;
	};
	readonly timing: {readonly firstSynMs: number | null; readonly verdictMs: number | null; readonly endMs: number};
	readonly exitCode: number;
};

export type Checked = CommandResult & {readonly report: Report};

/** The image with the tools that every node of the cluster holds. */
export const debugImage = 'hairpin.test/debug:1';

export type Way = 'ssh' | 'kubernetes' | 'mixed';

/** The flags that reach nodes by SSH alone, by pods of hairpin's alone, or k8s1 by SSH and the others by pods. */
export const flagsOf = async (way: Way): Promise<readonly string[]> => {
	const {sshConfig} = await clusterEnv();
	return {
		ssh: ['--via', 'ssh', '--ssh-config', sshConfig],
		kubernetes: ['--via', 'kubernetes', '--image', debugImage],
		mixed: ['--via', 'kubernetes', '--image', debugImage, '--ssh', 'k8s1', '--ssh-config', sshConfig],
	}[way];
};

/** What `hairpin check … --json` printed, with its report parsed. */
export const readReport = (result: CommandResult): Checked => {
	if (result.stdout === '') {
		throw new Error(`hairpin printed nothing: ${result.stderr}`);
	}

	return {...result, report: JSON.parse(result.stdout) as Report};
};

/** `hairpin check … --json`, with its report parsed. */
export const checkVia = async (way: Way, ...argv: readonly string[]): Promise<Checked> =>
	readReport(await hairpin(['check', ...argv, ...await flagsOf(way), '--json']));

/** The same over SSH. */
export const check = async (...argv: readonly string[]): Promise<Checked> => checkVia('ssh', ...argv);

import path from 'node:path';
import process from 'node:process';
import {type CommandResult, runCommand} from '../../../src/access/run.ts';
import type {Evidence} from '../../../src/evidence/evidence.ts';
import {readEvidence} from '../../helpers/recorded-evidence.ts';
import {type Checked, mustSucceed, readReport} from '../../helpers/real-cluster.ts';

const program = new URL('node', import.meta.url).pathname;
const hairpinFile = new URL('../../../src/hairpin.ts', import.meta.url).pathname;
const cannotRun = 77;

const run = async (...argv: readonly string[]): Promise<CommandResult> => runCommand([program, ...argv], {timeoutMs: 300_000});

const mustRun = async (...argv: readonly string[]): Promise<string> => {
	const {stdout} = mustSucceed(await run(...argv));
	return stdout;
};

/** Why the node in nftables mode cannot run on this machine, or undefined. */
export const whyNoNftNode = async (): Promise<string | undefined> => {
	const result = await run('check');
	return result.exitCode === cannotRun ? `${result.stdout}${result.stderr}`.trim() : undefined;
};

/** What `env` prints, by its names. */
const readEnv = async (): Promise<(name: string) => string> => {
	const printed = await mustRun('env');
	return name => new RegExp(`^${name}=(?<value>.*)$`, 'mv').exec(printed)?.groups?.value ?? '';
};

/** The node whose kube-proxy is in nftables mode, and what is done to it: see `node` beside this file. */
export const nftNode = {
	up: async () => mustRun('up'),
	down: async () => mustRun('down'),
	reset: async () => mustRun('reset'),
	kubectl: async (...argv: readonly string[]) => mustRun('kubectl', ...argv),
	onNode: async (command: string) => mustRun('exec', 'sh', '-c', command),
	inPod: async (pod: string, ...argv: readonly string[]) => mustRun('pod', pod, ...argv),
	/** Where a file of the node's is. */
	async file(name: string) {
		const valueOf = await readEnv();
		return path.join(valueOf('RUN'), name);
	},
	proxy: async (order: 'stop' | 'start') => mustRun('proxy', order),
} as const;

/** What a plain connection to the Service meets, made by bash without hairpin. */
export const probePlainly = async (pod: string): Promise<string> => {
	const {exitCode, stderr} = await run('pod', pod, 'timeout', '3', 'bash', '-c', 'exec 3<>/dev/tcp/10.98.171.178/8080');
	return exitCode === 0 ? 'open' : (stderr.includes('refused') ? 'refused' : 'timeout');
};

/** Asks hairpin, on the node itself. */
export const checkOnNftNode = async (client: string, ...flags: readonly string[]): Promise<Checked> => {
	const valueOf = await readEnv();
	// npm puts a program of another kind that is called nft first.
	const searched = `${path.dirname(valueOf('KUBECTL'))}:/usr/sbin:/usr/bin:/sbin:/bin`;
	const result = await runCommand(['ip', 'netns', 'exec', valueOf('NETNS'), process.execPath, hairpinFile, 'check', 'svc/nginx', '--from', `pod/${client}`, '--via', 'local', '--json', ...flags], {
		timeoutMs: 120_000, env: {KUBECONFIG: valueOf('KUBECONFIG'), PATH: searched},
	});
	return readReport(result);
};

/** What was seen from this client, all of it. */
export const seeFromNftNode = async (client: string): Promise<Evidence> => {
	const file = await nftNode.file('seen.bundle');
	await checkOnNftNode(client, '--bundle', file);
	return readEvidence(file);
};

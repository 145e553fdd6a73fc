import path from 'node:path';
import process from 'node:process';
import {type CommandResult, runCommand} from '../../../src/access/run.ts';
import type {Evidence} from '../../../src/evidence/evidence.ts';
import {readEvidence} from '../../helpers/recorded-evidence.ts';
import {type Checked, mustSucceed, readReport} from '../../helpers/real-cluster.ts';
import type {NftCase} from './nft-case.ts';

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
	/** Starts a program in a pod, which runs until the next reset. */
	background: async (pod: string, ...argv: readonly string[]) => mustRun('background', pod, ...argv),
	/** The name server of the cluster; it knows one name, `NAME,IP`. */
	dns: async (order: 'stop' | 'start', ...record: readonly string[]) => mustRun('dns', order, ...record),
} as const;

const askForName = `
	const resolver = new (require('node:dns').promises.Resolver)({timeout: 1000, tries: 1});
	resolver.setServers(['10.96.0.10']);
	resolver.resolve4('nginx.default.svc.cluster.local').then(console.log, error => console.log(error.code));
`;

/** What a pod's resolver is told of nginx, without hairpin: its address, or why there is none, such as `ETIMEOUT`. */
export const resolvePlainly = async (pod: string): Promise<string> => nftNode.inPod(pod, process.execPath, '-e', askForName);

const wordOfResolver = {ETIMEOUT: 'timeout', ECONNREFUSED: 'refused'} as const;

/** What a plain connection to the Service meets, made without hairpin. */
export const probePlainly = async (pod: string, service: 'nginx' | 'kube-dns' = 'nginx'): Promise<string> => {
	if (service === 'kube-dns') {
		const said = await resolvePlainly(pod);
		return wordOfResolver[said.trim() as keyof typeof wordOfResolver] ?? 'open';
	}

	const {exitCode, stderr} = await run('pod', pod, 'timeout', '3', 'bash', '-c', 'exec 3<>/dev/tcp/10.98.171.178/8080');
	return exitCode === 0 ? 'open' : (stderr.includes('refused') ? 'refused' : 'timeout');
};

/** How hairpin is asked about them. */
const services = {nginx: ['svc/nginx'], 'kube-dns': ['svc/kube-dns', '-n', 'kube-system']} as const;

/** Asks hairpin, on the node itself. */
export const checkOnNftNode = async ({client, service = 'nginx'}: Pick<NftCase, 'client' | 'service'>, ...flags: readonly string[]): Promise<Checked> => {
	const valueOf = await readEnv();
	// npm puts a program of another kind that is called nft first.
	const searched = `${path.dirname(valueOf('KUBECTL'))}:/usr/sbin:/usr/bin:/sbin:/bin`;
	const result = await runCommand(['ip', 'netns', 'exec', valueOf('NETNS'), process.execPath, hairpinFile, 'check', ...services[service], '--from', `default/pod/${client}`, '--via', 'local', '--json', ...flags], {
		timeoutMs: 120_000, env: {KUBECONFIG: valueOf('KUBECONFIG'), PATH: searched},
	});
	return readReport(result);
};

/** What was seen from this client, all of it. */
export const seeFromNftNode = async (client: NftCase['client']): Promise<Evidence> => {
	const file = await nftNode.file('seen.bundle');
	await checkOnNftNode({client}, '--bundle', file);
	return readEvidence(file);
};

// Makes each practice incident on the cluster and records it: npm run record [-- NAME[/CHANGE]...]
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {runCommand} from '../../src/access/run.ts';
import {practiceIncidents} from '../../src/practice-incidents.ts';
import {
	clusterEnv,
	kubectl,
	onEveryNode,
	onNode,
	resetCluster,
	startCluster,
	until,
} from '../helpers/real-cluster.ts';

type Fault = {readonly inject: () => Promise<void>; readonly from: string};

const loadBridgeNetfilter = async () => onEveryNode('modprobe br_netfilter');

const untilProgrammed = async (pattern: RegExp): Promise<void> => until(`IPVS to show ${pattern.source}`, async () => {
	const tables = await Promise.all([1, 2, 3].map(async node => onNode(node, 'ipvsadm -Ln -t 10.98.171.178:8080 2>/dev/null || true')));
	return tables.every(table => pattern.test(table));
});

const faults: Readonly<Record<string, Fault>> = {
	founding: {from: 'pod/mars1', inject: async () => undefined},
	'hairpin-port': {
		from: 'deploy/nginx-app',
		async inject() {
			await loadBridgeNetfilter();
			await onNode(1, 'for port in /sys/class/net/cni0/brif/*; do echo 0 > $port/hairpin_mode; done');
		},
	},
	'target-port': {
		from: 'pod/mars1',
		async inject() {
			await loadBridgeNetfilter();
			await kubectl('patch', 'service', 'nginx', '--type=json', '-p', '[{"op":"replace","path":"/spec/ports/0/targetPort","value":81}]');
			await untilProgrammed(/-> 10\.244\.0\.\d+:81 /v);
		},
	},
	'forward-drop': {
		from: 'pod/mars2',
		async inject() {
			await loadBridgeNetfilter();
			await onEveryNode('iptables -P FORWARD DROP');
		},
	},
	'two-backends': {
		from: 'pod/mars1',
		async inject() {
			await kubectl('apply', '-f', new URL('../cluster/workload/second-backend.yaml', import.meta.url).pathname);
			await kubectl('wait', '--for=condition=Ready', 'pod', '-l', 'app=nginx', '--timeout=90s');
			await untilProgrammed(/-> 10\.244\.1\.\d+:80 /v);
		},
	},
};

const state = mkdtempSync(path.join(tmpdir(), 'hairpin-record-'));

/** A whole incident, or what one change leads to alone. */
const record = async (wanted: string): Promise<void> => {
	const [name, change = ''] = wanted.split('/', 2);
	const {inject, from} = faults[name];
	const {netns, kubeconfig, kubectl: kubectlFile, sshConfig} = await clusterEnv();
	await resetCluster();
	try {
		await inject();
		const program = new URL('record-incident.ts', import.meta.url).pathname;
		const {exitCode, stderr} = await runCommand(['ip', 'netns', 'exec', netns, process.execPath, program, name, from, sshConfig, change], {
			timeoutMs: 15 * 60_000, env: {KUBECONFIG: kubeconfig, PATH: `${path.dirname(kubectlFile)}:${process.env.PATH ?? ''}`, XDG_STATE_HOME: state},
		});
		console.log(stderr);
		if (exitCode !== 0) {
			throw new Error(`${wanted} could not be recorded`);
		}
	} finally {
		await resetCluster();
	}
};

await startCluster();
const names = process.argv.length > 2 ? process.argv.slice(2) : practiceIncidents.map(({name}) => name);
try {
	for (const name of names) {
		// eslint-disable-next-line no-await-in-loop
		await record(name);
	}
} finally {
	rmSync(state, {recursive: true});
}

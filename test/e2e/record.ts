// Makes each practice incident on the cluster and records it: npm run record [-- NAME[/CHANGE]...]
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {runCommand} from '../../src/access/run.ts';
import {practiceIncidents} from '../../src/practice-incidents.ts';
import {type Incident, incidents} from '../helpers/incidents.ts';
import {clusterEnv, resetCluster, startCluster} from '../helpers/real-cluster.ts';

const made: Readonly<Record<string, Incident>> = incidents;

const state = mkdtempSync(path.join(tmpdir(), 'hairpin-record-'));

/** A whole incident, or what one change leads to alone. */
const record = async (wanted: string): Promise<void> => {
	const [name, change = ''] = wanted.split('/', 2);
	const {inject, from} = made[name];
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

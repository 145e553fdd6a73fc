// Asks a healthy cluster on which much goes on, again and again, whether anything is wrong: npm run healthy [-- RUNS]
import process from 'node:process';
import {
	checkVia,
	kubectl,
	onEveryNode,
	type Report,
	resetCluster,
	startCluster,
	whySkipped,
} from '../../helpers/real-cluster.ts';
import {loadBridgeNetfilter, vip} from './fault-case.ts';

const runs = Number(process.argv[2] ?? 50);
const clients = ['pod/mars1', 'pod/mars2', 'pod/mars3'];
const churn = new URL('../workload/churn.yaml', import.meta.url).pathname;

const connecting = `while :; do for n in 1 2 3 4 5; do timeout 1 bash -c "exec 3<>/dev/tcp/${vip}/8080" & done; wait; sleep 1; done`;

/** Connections from every node to the Service that is asked about; pods of another one die and come back, so that kube-proxy writes its rules anew. */
const makeBusy = async (): Promise<void> => {
	await loadBridgeNetfilter();
	await kubectl('apply', '-f', churn);
	await kubectl('rollout', 'status', 'deployment/churn', '--timeout=90s');
	await onEveryNode(`systemd-run --quiet --unit=busy bash -c '${connecting}'`);
};

const makeQuiet = async (): Promise<void> => {
	await onEveryNode('systemctl stop busy 2>/dev/null || true');
	await kubectl('delete', '-f', churn, '--ignore-not-found');
	await resetCluster();
};

const tell = (run: number, client: string, {conclusion, cause, contributing, verdict}: Report): void => {
	console.log(`${String(run).padStart(3)}  ${client}  ${conclusion}${conclusion === 'healthy' ? '' : `  ${cause ?? '-'}  ${verdict}`}${contributing.length > 0 ? `  also ${contributing.join(', ')}` : ''}`);
};

const askOften = async (): Promise<readonly Report[]> => {
	const reports: Report[] = [];
	for (let run = 1; run <= runs; run++) {
		const client = clients[run % clients.length];
		// eslint-disable-next-line no-await-in-loop -- one after the other, while pods go and come
		const [{report}] = await Promise.all([checkVia('ssh', 'svc/nginx', '--from', client), kubectl('delete', 'pods', '-l', 'app=churn', '--wait=false')]);
		tell(run, client, report);
		reports.push(report);
	}

	return reports;
};

const reason = await whySkipped();
if (reason === undefined) {
	await startCluster();
	await resetCluster();
	try {
		await makeBusy();
		const reports = await askOften();
		const accused = reports.filter(({cause, contributing}) => cause !== null || contributing.length > 0).length;
		console.log(`${runs} runs: ${reports.filter(({conclusion}) => conclusion === 'healthy').length} healthy, ${reports.filter(({conclusion}) => conclusion === 'undecided').length} undecided, ${accused} accuse something`);
		process.exitCode = accused === 0 ? 0 : 1;
	} finally {
		await makeQuiet();
	}
} else {
	console.log(reason);
}

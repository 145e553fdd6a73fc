import type {ExecutionContext} from 'ava';
import {
	onCluster,
	onClusterThoroughly,
	useClusterAndState,
} from '../helpers/on-cluster.ts';
import {
	flagsOf,
	hairpin,
	kubectl,
	onEveryNode,
	onNode,
	until,
} from '../helpers/real-cluster.ts';
import {enterMode, loadBridgeNetfilter} from './faults/fault-case.ts';

type Probe = {readonly from: string; readonly to: string; readonly outcome: string};

type Report = {
	readonly predictions: ReadonlyArray<{readonly from: string; readonly to: string; readonly expected: 'works' | 'fixed' | 'stays' | 'breaks' | 'unclear'; readonly by: string | null}>;
	readonly before: readonly Probe[];
	/** null where the change was put back. */
	readonly after: readonly Probe[] | null;
	readonly problem: string | null;
};

const state = useClusterAndState();

const change = async (id: string): Promise<Report> => {
	const {stdout, stderr} = await hairpin(['fix', id, 'svc/nginx', '--from', 'pod/mars1', '--all-nodes', '--yes', '--json', ...await flagsOf('ssh')], {env: {XDG_STATE_HOME: state()}});
	return stdout === '' ? Promise.reject(new Error(stderr)) : JSON.parse(stdout) as Report;
};

/** Makes a change for the client of the founding incident, and holds what was foretold of each probe against what came of it. */
const assertForetold = async (t: ExecutionContext, id: string): Promise<Report> => {
	const report = await change(id);
	t.is(report.after?.length, report.before.length, report.problem ?? '');
	for (const {from, to, expected, by} of report.predictions) {
		const seen = report.after?.find(cell => cell.from === from && cell.to === to)?.outcome;
		t.is(seen === 'open', expected === 'works' || expected === 'fixed', `${from} → ${to}: ${expected} (${by ?? 'nothing in the way'}), and is ${seen ?? 'not probed'} after ${id}`);
	}

	return report;
};

/** Changes the Service, and waits until every node sends it to this port of its backend, or with undefined nowhere. */
const breakService = async (patch: string, port?: number): Promise<void> => {
	await kubectl('patch', 'service', 'nginx', '--type=merge', '-p', patch);
	await until('the rules of all nodes to follow', async () => {
		const rules = await Promise.all([1, 2, 3].map(async node => onNode(node, 'ipvsadm -Ln -t 10.98.171.178:8080 2>/dev/null | grep -v "Masq *0 "; iptables-save -t nat | grep -e "-> 10[.]244[.]0[.]19:" || true')));
		const addresses = rules.map(text => text.match(/10\.244\.0\.19:\d+/gv) ?? []);
		return addresses.every(found => (port === undefined ? found.length === 0 : found.length > 0 && found.every(address => address.endsWith(`:${port}`))));
	});
};

const forgetSelector = async (): Promise<void> => breakService('{"spec":{"selector":{"app":"ngnix"}}}');

const fixed = ({predictions}: Report): number => predictions.filter(({expected}) => expected === 'fixed').length;

onCluster('a slip in the selector is repaired with one command, and every probe ends as was told before', async t => {
	await loadBridgeNetfilter();
	await forgetSelector();
	t.is(fixed(await assertForetold(t, 'no-ready-endpoints')), 4);
	t.is(await kubectl('get', 'service', 'nginx', '-o', 'jsonpath={.spec.selector.app}'), 'nginx');
});

onClusterThoroughly('what the selector finds is told before: with br_netfilter off the neighbour stays without an answer', async t => {
	await onEveryNode('rmmod br_netfilter 2>/dev/null || true');
	await forgetSelector();
	const report = await assertForetold(t, 'no-ready-endpoints');
	t.deepEqual(report.predictions.filter(({expected}) => expected === 'stays').map(({from, by}) => `${from} ${by ?? ''}`), ['default/mars1 br-netfilter-not-loaded']);
});

onClusterThoroughly('iptables mode: the selector, the port, and masqueradeAll end as was told before, and its end is put back, as it breaks what was told', async t => {
	await enterMode('iptables');
	await loadBridgeNetfilter();
	await forgetSelector();
	t.is(fixed(await assertForetold(t, 'no-ready-endpoints')), 4);
	await breakService('{"spec":{"ports":[{"port":8080,"targetPort":81}]}}', 81);
	t.true(fixed(await assertForetold(t, 'target-port=80')) > 4);
	await onEveryNode('rmmod br_netfilter 2>/dev/null || true');
	t.is(fixed(await assertForetold(t, 'masquerade-all=true')), 1);
	const {predictions, after, problem} = await change('masquerade-all=false');
	t.deepEqual(predictions.filter(({expected}) => expected === 'breaks').map(({from, by}) => `${from} ${by ?? ''}`), ['default/mars1 br-netfilter-not-loaded']);
	t.is(after, null);
	t.regex(problem ?? '', /default\/mars1 → 10\.98\.171\.178:8080 timeout/v);
});

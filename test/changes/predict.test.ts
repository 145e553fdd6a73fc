import test from 'ava';
import type {Change} from '../../src/changes/change.ts';
import {predictChange} from '../../src/changes/predict.ts';
import {checks} from '../../src/catalogue/index.ts';
import {nameCell} from '../../src/probes/matrix.ts';
import {type Situation, buildEvidence, nginx} from '../helpers/evidence-builder.ts';
import {withProxyRules} from '../../src/changes/recipes/shared.ts';
import type {Evidence, NodeEvidence} from '../../src/evidence/evidence.ts';
import {prepareChange} from '../helpers/prepare-change.ts';
import {readRecordedEvidence} from '../helpers/recorded-evidence.ts';

const broken: Situation = {outcomes: {'mars1 vip': 'timeout'}};

/** `mars1 vip fixed`, one for each probe. */
const predict = (id: string, situation: Situation): readonly string[] => {
	const evidence = buildEvidence(situation);
	return predictChange(checks, evidence, prepareChange(id, evidence))
		.map(({cell, expected, by}) => `${cell.from.replace('default/', '')} ${cell.path} ${expected}${by === undefined ? '' : ` ${by}`}`);
};

const others = ['mars1 endpoint works', 'mars2 vip works', 'mars2 endpoint works', 'nginx-app self works', 'k8s1 vip works'];

test('the founding incident: br_netfilter and masqueradeAll will repair it, and nothing else gets worse', t => {
	for (const id of ['br-netfilter', 'br-netfilter-narrow', 'masquerade-all=true']) {
		t.deepEqual([id, ...predict(id, broken)], [id, 'mars1 vip fixed', ...others]);
	}
});

test('what people try first will not help, and is told so', t => {
	for (const id of ['kubelet-hairpin-mode=hairpin-veth', 'proxy-mode=iptables', 'hairpin-port=on', 'ip-forward=on']) {
		t.deepEqual([id, ...predict(id, broken)], [id, 'mars1 vip stays br-netfilter-not-loaded', ...others]);
	}
});

test('a port without hairpin_mode is repaired in the same change; by itself it would be exposed', t => {
	const situation: Situation = {...broken, node: {hairpinMode: 0}};
	t.deepEqual(predict('br-netfilter', situation), ['mars1 vip fixed', ...others]);
	const evidence = buildEvidence(situation);
	const change = prepareChange('br-netfilter', evidence);
	t.true(change.plan.nodes.some(({node, edits}) => node === nginx.node && edits.some(({kind}) => kind === 'bridge-port')));
	t.regex(change.plan.notes.join('\n'), /once br_netfilter is on, default\/nginx-app cannot reach itself/v);
	const bare: Change = {...change, plan: {...change.plan, nodes: change.plan.nodes.map(plan => ({...plan, edits: plan.edits.filter(({kind}) => kind !== 'bridge-port')}))}};
	t.deepEqual(predictChange(checks, evidence, bare).filter(({expected}) => expected === 'breaks').map(({cell, by}) => `${cell.from} ${by ?? ''}`), ['default/nginx-app hairpin-port-off']);
});

test('to turn the workaround off while br_netfilter is missing breaks what works', t => {
	t.deepEqual(predict('masquerade-all=false', {node: {masqueradeAll: true}}), ['mars1 vip breaks br-netfilter-not-loaded', ...others]);
	t.deepEqual(predict('masquerade-all=false', {node: {masqueradeAll: true, bridgeNetfilter: 1}}), ['mars1 vip works', ...others]);
});

test('a wrong targetPort will be repaired by the port on which the pods listen', t => {
	const refused: Situation = {targetPort: 81, outcomes: Object.fromEntries(['mars1 vip', 'mars1 10.244.0.19', 'mars2 vip', 'mars2 10.244.0.19', 'nginx-app vip', 'k8s1 vip'].map(cell => [cell, 'refused'])), node: {bridgeNetfilter: 1}};
	t.deepEqual(predict('target-port=80', refused).filter(line => !line.endsWith(' fixed')), []);
});

test('what becomes of the practice incident is told of the probes as they will be made', async t => {
	const evidence = await readRecordedEvidence('practice/target-port/found.bundle');
	const predictions = predictChange(checks, evidence, prepareChange('target-port=80', evidence));
	const straight = predictions.filter(({cell}) => cell.path === 'endpoint');
	t.true(straight.length > 0);
	t.true(straight.every(({cell, portBefore, expected}) => cell.toPort === 80 && portBefore === 81 && expected === 'fixed'));
	t.true(predictions.filter(({cell}) => cell.path !== 'endpoint').every(({cell, portBefore}) => cell.toPort === 8080 && portBefore === undefined));
	const {matrix} = await readRecordedEvidence('practice/target-port/target-port=80.bundle');
	t.deepEqual(predictions.map(({cell}) => nameCell(cell)).toSorted(), matrix.map(cell => nameCell(cell)).toSorted());
});

test('what a rule will stop is told with that rule, although no check knows it', async t => {
	const found = await readRecordedEvidence('practice/target-port/found.bundle');
	const {endpoints, service: {clusterIp}} = found.target;
	const [{ip}] = endpoints;
	const text = `-A PREROUTING -d ${clusterIp}/32 -p tcp -m tcp --dport 8080 -j DNAT --to-destination ${ip}:8888`;
	const nodes = found.nodes.entries().map(([name, node]): [string, NodeEvidence] => [name, withProxyRules(node, rules => [{
		table: 'nat', chain: 'PREROUTING', text, packets: 0,
	}, ...rules])]);
	const matrix = found.matrix.map(cell => ({...cell, attempts: cell.attempts.map(({outcome, ms}) => ({outcome, ms}))}));
	const evidence: Evidence = {...found, matrix, nodes: new Map(nodes)};
	const told = new Map(predictChange(checks, evidence, prepareChange('target-port=80', evidence)).map(({cell, expected, by}) => [`${cell.role} ${cell.path}`, `${expected} ${by ?? ''}`]));
	t.regex(told.get('client vip') ?? '', /^stays by the rules: default\/nginx-app-\S+ on k8s1, sees 10\.244\.0\.18, and nobody listens: it refuses$/v);
	t.is(told.get('client endpoint'), 'fixed ');
});

test('a failure that nothing explains stays unclear', t => {
	t.is(predict('br-netfilter', {node: {bridgeNetfilter: 1}, outcomes: {'mars2 vip': 'timeout'}})[2], 'mars2 vip unclear');
});

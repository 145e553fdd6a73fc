import test from 'ava';
import {predictCells, predictedOutcomes} from '../../src/prediction/predict.ts';
import {evidenceOf} from '../../src/session-state.ts';
import {type Situation, buildEvidence, mars2} from '../helpers/evidence-builder.ts';
import {readRecording} from '../helpers/session-recording.ts';

/** Which probes the rules break, each backend by itself: `mars1 vip timeout`. */
const broken = (situation: Situation): readonly string[] => predictCells(buildEvidence(situation)).flatMap(({cell, walks}) => walks.flatMap(walk => {
	const outcomes: readonly string[] = predictedOutcomes(walk) ?? ['unknown'];
	return outcomes.includes('open') ? [] : [`${cell.from.replace('default/', '')} ${cell.path} ${outcomes.join(' ')}`];
}));

const measured = test.macro({
	exec(t, situation: Situation, expected: readonly string[]) {
		t.deepEqual(broken(situation), expected.map(line => (/ (?:timeout|refused|unknown)$/v.test(line) ? line : `${line} timeout`)));
	},
	title: (given = '') => `as measured on the cluster: ${given}`,
});

const remote = ['mars2 vip', 'mars2 endpoint'];
const on = {bridgeNetfilter: 1} as const;
const iptables = {mode: 'iptables'} as const;
const drop = {forwardPolicy: 'DROP'} as const;
const still = {ipForward: 0} as const;

test('everything in order', measured, {node: on}, []);
test('everything in order, iptables mode', measured, {node: {...on, ...iptables}}, []);
test('br_netfilter off', measured, {}, ['mars1 vip']);
test('br_netfilter off, iptables mode', measured, {node: iptables}, ['mars1 vip']);
test('br_netfilter off, and the bridge\'s own switch without the module', measured, {node: {bridgeSwitch: 1}}, ['mars1 vip']);
test('the bridge\'s own switch alone', measured, {node: {bridgeNetfilter: 0, bridgeSwitch: 1}}, []);
test('br_netfilter off hidden by masqueradeAll', measured, {node: {masqueradeAll: true}}, []);
test('br_netfilter off hidden by masqueradeAll, iptables mode', measured, {node: {...iptables, masqueradeAll: true}}, []);
test('FORWARD DROP', measured, {node: {...drop, ...on}}, ['mars1 endpoint', ...remote]);
test('FORWARD DROP, br_netfilter off', measured, {node: drop}, ['mars1 vip', ...remote]);
test('FORWARD DROP, iptables mode', measured, {node: {...drop, ...on, ...iptables}}, ['mars1 vip', 'mars1 endpoint', ...remote]);
test('FORWARD DROP, iptables mode, br_netfilter off', measured, {node: {...drop, ...iptables}}, ['mars1 vip', ...remote]);
test('ip_forward 0', measured, {node: {...still, ...on}}, [...remote, 'nginx-app self']);
test('ip_forward 0, iptables mode', measured, {node: {...still, ...on, ...iptables}}, ['mars1 vip', ...remote, 'nginx-app self']);
test('ip_forward 0 and masqueradeAll', measured, {node: {...still, masqueradeAll: true}}, ['mars1 vip', ...remote, 'nginx-app self']);
test('hairpin_mode 0', measured, {node: {...on, hairpinMode: 0}}, ['nginx-app self']);
test('hairpin_mode 0, iptables mode', measured, {node: {...on, ...iptables, hairpinMode: 0}}, ['nginx-app self']);
test('hairpin_mode 0 does no harm while br_netfilter is off', measured, {node: {hairpinMode: 0}}, ['mars1 vip']);
test('self access is not masqueraded', measured, {node: {...on, selfMasquerade: false}}, ['nginx-app self']);
test('self access is not masqueraded, iptables mode', measured, {node: {...on, ...iptables, selfMasquerade: false}}, ['nginx-app self']);
test('nobody listens', measured, {node: on, listenPort: 81}, ['mars1 vip refused', 'mars1 endpoint refused', 'mars2 vip refused', 'mars2 endpoint refused', 'nginx-app self refused', 'k8s1 vip refused']);
test('nobody listens, and br_netfilter off makes a timeout of it', measured, {listenPort: 81}, ['mars1 vip', 'mars1 endpoint refused', 'mars2 vip refused', 'mars2 endpoint refused', 'nginx-app self refused', 'k8s1 vip refused']);
test('no backend gets new connections', measured, {node: on, endpoints: []}, ['mars1 vip refused', 'mars2 vip refused', 'nginx-app vip refused', 'k8s1 vip refused']);
test('FORWARD DROP on the backend\'s node hits clients of other nodes', measured, {client: mars2, nodes: {k8s1: drop}, node: on}, ['mars2 vip', 'mars2 endpoint', 'mars3 vip', 'mars3 endpoint', 'k8s2 vip']);

test('a session that was recorded before routes were read is in doubt, and never contradicted', t => {
	const predictions = predictCells(evidenceOf(readRecording('founding').at(-1)!.state));
	t.is(predictions.find(({cell}) => cell.role === 'client' && cell.path === 'vip')?.agreement, 'agrees');
	t.deepEqual(predictions.filter(({agreement}) => agreement === 'disagrees').map(({cell}) => cell.from), []);
});

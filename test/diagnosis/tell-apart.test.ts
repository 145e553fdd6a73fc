import test from 'ava';
import type {Check} from '../../src/check.ts';
import {type Diagnosis, diagnose} from '../../src/diagnosis.ts';
import {planTellingApart} from '../../src/diagnosis/tell-apart.ts';
import {checks} from '../../src/catalogue/index.ts';
import type {Evidence} from '../../src/evidence/evidence.ts';
import {
	type Attempt,
	type Cell,
	type Outcome,
	nameCell,
} from '../../src/probes/matrix.ts';
import {planFurtherProbes} from '../../src/probes/plan-further.ts';
import {
	accuser,
	certain,
	onClient,
	onTimeout,
	twoTimeouts,
} from '../helpers/accuser.ts';
import {buildEvidence} from '../helpers/evidence-builder.ts';

const names = (findings: Diagnosis['findings']): readonly string[] => findings.map(({check}) => check.id);

test('what explains the same failures, neither by a packet, is told as a tie with what tells them apart', t => {
	const evidence = twoTimeouts;
	const tied = diagnose([accuser('one', {explains: onTimeout}), accuser('two', {explains: onTimeout})], evidence);
	t.deepEqual(names(tied.tied), ['two']);
	t.regex(tied.sentence, /one, two explain the same failures: repair one of them, ask again, and what still fails is of the other/v);
	for (const other of [{explains: onClient}, {explains: onTimeout, judge: certain}]) {
		const judged = diagnose([accuser('one', {explains: onTimeout}), accuser('two', other)], evidence);
		t.deepEqual(names(judged.tied), []);
		t.notRegex(judged.sentence, /explain the same/v);
	}

	const consequence = diagnose([accuser('one', {explains: onTimeout, bringsAbout: () => true}), accuser('two', {explains: onTimeout})], evidence);
	t.deepEqual(names(consequence.tied), []);
});

test('tied causes are told apart by a probe that only some of them would stop, one for each way in which they part', t => {
	const evidence = twoTimeouts;
	const onPods = accuser('of pods', {explains: cell => onTimeout(cell, evidence) && cell.fromKind === 'pod'});
	const onVip = accuser('of the Service', {explains: cell => onTimeout(cell, evidence) && cell.path !== 'endpoint'});
	const onNode = accuser('of k8s1', {explains: cell => onTimeout(cell, evidence) && cell.fromNode === 'k8s1'});
	const plan = (...tied: readonly Check[]): readonly string[] => planTellingApart(tied, planFurtherProbes(evidence.target), evidence).map(({from, toIp}) => `${from} ${toIp}`);
	const further = planFurtherProbes(evidence.target).map(({from, toIp}) => `${from} ${toIp}`);
	t.deepEqual(further, ['k8s1 10.244.0.19', 'k8s2 10.98.171.178', 'k8s2 10.244.0.19']);
	t.deepEqual(plan(onPods, onVip), ['k8s2 10.98.171.178']);
	t.deepEqual(plan(onVip, onNode), ['k8s1 10.244.0.19', 'k8s2 10.98.171.178']);
	t.deepEqual(plan(onPods, onPods), []);
});

test('a further probe that got through clears the cause that would have stopped it', t => {
	const evidence = buildEvidence({outcomes: {'mars1 vip': 'timeout'}});
	const [first] = evidence.matrix;
	const isOfFirst = (cell: Cell): boolean => nameCell(cell) === nameCell(first);
	const both = [accuser('one', {explains: isOfFirst}), accuser('two', {explains: cell => isOfFirst(cell) || cell.from === 'k8s2'})];
	t.deepEqual(names(diagnose(both, evidence).tied), ['two']);
	const [plan] = planTellingApart(both, planFurtherProbes(evidence.target), evidence);
	t.is(plan.from, 'k8s2');
	const asked = (outcome: Outcome): Evidence => ({...evidence, matrix: [...evidence.matrix, {...plan, attempts: [{outcome, ms: 1}], command: ''}]});
	t.deepEqual([diagnose(both, asked('open')).cause?.check.id, names(diagnose(both, asked('open')).tied)], ['one', []]);
	t.deepEqual([diagnose(both, asked('timeout')).cause?.check.id, names(diagnose(both, asked('timeout')).tied)], ['two', []]);
});

test('where one backend is reached now and then, source ports are told beside backends', t => {
	const attempt = (outcome: Outcome, sourcePort: number, backend: string): Attempt => ({
		outcome, ms: 1, sourcePort, backend,
	});
	const met = '10.244.0.19:80';
	const sentence = (...attempts: readonly Attempt[]): string => diagnose(checks, buildEvidence({node: {bridgeNetfilter: 1}, outcomes: {'mars1 vip': attempts}})).sentence;
	t.regex(
		sentence(attempt('open', 40_002, met), attempt('timeout', 40_003, met), attempt('timeout', 40_001, met)),
		/2 of 3 attempts time out; all 2 went to 10\.244\.0\.19:80 on this node, k8s1; 10\.244\.0\.19:80 is not reached from source port 40001, 40003, and is from 40002/v,
	);
	t.notRegex(sentence(attempt('open', 40_002, '10.244.2.32:80'), attempt('timeout', 40_003, met)), /source port/v);
});

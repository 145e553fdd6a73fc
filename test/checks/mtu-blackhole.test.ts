import test from 'ava';
import {checks} from '../../src/catalogue/index.ts';
import {mtuBlackhole} from '../../src/checks/mtu-blackhole.ts';
import {diagnose} from '../../src/diagnosis.ts';
import type {Evidence} from '../../src/evidence/evidence.ts';
import type {FullSize} from '../../src/probes/full-size.ts';
import {buildEvidence, mars1, mars2} from '../helpers/evidence-builder.ts';

const way = (more: Partial<FullSize>): FullSize => ({
	from: 'default/nginx-app',
	fromNode: 'k8s1',
	to: 'default/mars2',
	toNode: 'k8s2',
	toIp: '10.244.2.31',
	port: 33_434,
	bytes: 1500,
	outcome: 'arrived',
	command: 'ping -M do',
	printed: 'full-size',
	...more,
});

const situation = (...fullSize: readonly FullSize[]): Evidence => ({
	...buildEvidence({client: mars2, node: {bridgeNetfilter: 1}}), fullSize,
});

test('a packet of full size that is lost is the cause where every probe opens, and is certain', t => {
	const evidence = situation(way({outcome: 'lost', largest: 1404}), way({
		from: 'default/mars2', fromNode: 'k8s2', to: 'default/nginx-app', toNode: 'k8s1',
	}));
	const {conclusion, cause, sentence} = diagnose(checks, evidence);
	t.is(conclusion, 'fault');
	t.is(cause?.check.id, 'mtu-blackhole');
	t.like(cause?.verdict, {status: 'broken', confidence: 'certain'});
	t.is(cause?.verdict.because, 'packets of 1,500 bytes from default/nginx-app on k8s1 to default/mars2 on k8s2 are lost without a word, those of up to 1,404 arrive: a connection opens, and hangs with its first large packet');
	t.regex(sentence, /^default\/mars2 reaches default\/nginx .*\. packets of 1,500 bytes/v);
	t.true(mtuBlackhole.repair(evidence).some(line => line.includes('--set-mss 1364 ')));
});

test('it is no cause of a connection that does not open, and is told beside what is', t => {
	const evidence = situation(way({outcome: 'lost'}));
	const failing = evidence.matrix.map(cell => (cell.role === 'client' && cell.path === 'vip' ? {...cell, attempts: [{outcome: 'timeout' as const, ms: 3000}]} : cell));
	const {conclusion, cause, contributing} = diagnose(checks, {...evidence, matrix: failing});
	t.is(conclusion, 'undecided');
	t.is(cause, undefined);
	t.deepEqual(contributing.map(({check}) => check.id), ['mtu-blackhole']);
});

test('what arrives, or is told to be smaller, is well', t => {
	t.deepEqual(mtuBlackhole.judge(situation(way({}))), {status: 'ok', because: 'packets of 1,500 bytes arrive from default/nginx-app on k8s1 to default/mars2 on k8s2'});
	t.deepEqual(mtuBlackhole.judge(situation(way({outcome: 'told'}))), {status: 'ok', because: 'routers tell default/nginx-app to send smaller packets than 1,500 bytes'});
});

test('what was not tried is not known, unless there is nothing between the client and its backends', t => {
	t.like(mtuBlackhole.judge(situation(way({outcome: 'unknown', because: 'small ones of UDP are not answered either'}))), {status: 'unknown', because: 'whether packets of 1,500 bytes arrive from default/nginx-app on k8s1 to default/mars2 on k8s2 could not be told: small ones of UDP are not answered either'});
	t.like(mtuBlackhole.judge(situation()), {status: 'unknown', because: 'no connection opened between nodes, so that no packet of full size was sent'});
	t.like(mtuBlackhole.judge(buildEvidence({client: mars1, node: {bridgeNetfilter: 1}})), {status: 'ok'});
});

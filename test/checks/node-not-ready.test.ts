import test from 'ava';
import {checks} from '../../src/catalogue/index.ts';
import {nodeNotReady} from '../../src/checks/node-not-ready.ts';
import {diagnose} from '../../src/diagnosis.ts';
import type {Evidence} from '../../src/evidence/evidence.ts';
import {
	type Situation,
	buildEvidence,
	endpointOf,
	nginx,
	nginx2,
	read,
	vip,
} from '../helpers/evidence-builder.ts';

const refused = {
	'mars1 vip': 'refused', 'mars2 vip': 'refused', 'nginx-app vip': 'refused', 'k8s1 vip': 'refused',
} as const;

/** k8s1 stopped reporting; its pod still answers. */
const withSilentNode = (situation: Situation = {}): Evidence => {
	const evidence = buildEvidence({
		node: {bridgeNetfilter: 1}, backends: [{...nginx, isReady: false}], endpoints: [{...endpointOf(nginx), isReady: false}], ...situation,
	});
	return {...evidence, target: {...evidence.target, nodes: new Map(evidence.target.nodes.entries().map(([name, node]) => [name, {...node, isReady: name !== 'k8s1'}]))}};
};

test('a node that is not Ready empties the Service, and comes before the endpoints that it costs', t => {
	const emptied = read([{
		protocol: 'TCP' as const, ip: vip, port: 8080, scheduler: 'rr', realServers: [],
	}]);
	const evidence = withSilentNode({
		outcomes: refused,
		node: {bridgeNetfilter: 1, more: {virtualServers: emptied}},
		nodes: {k8s1: {more: {virtualServers: emptied, kubelet: {unknown: 'no kubelet process runs on k8s1'}}}},
	});
	const {cause, contributing} = diagnose(checks, evidence);
	t.is(cause?.check.id, 'node-not-ready');
	t.regex(cause?.verdict.because ?? '', /^k8s1 is NotReady \(no kubelet process runs on k8s1\), so that default\/nginx-app is taken out of every Service, whether it answers or not: default\/mars1 → 10\.98\.171\.178:8080 is refused/v);
	t.like(cause?.verdict, {status: 'broken', confidence: 'certain'});
	t.deepEqual(contributing.map(({check}) => check.id), ['no-ready-endpoints']);
	t.true(nodeNotReady.repair(evidence).includes('kubectl describe node k8s1   # its conditions, and since when'));
});

test('a node that is not Ready is latent where the Service has endpoints elsewhere', t => {
	const evidence = withSilentNode({backends: [{...nginx, isReady: false}, nginx2], endpoints: [{...endpointOf(nginx), isReady: false}, endpointOf(nginx2)]});
	t.is(nodeNotReady.judge(evidence).status, 'latent');
	t.is(diagnose(checks, evidence).cause, undefined);
});

test('it accuses nobody where a probe got through, where nodes are Ready, and without an API server', t => {
	t.is(diagnose(checks, withSilentNode()).cause, undefined);
	const evidence = buildEvidence();
	t.deepEqual(nodeNotReady.judge(evidence), {status: 'ok', because: 'k8s1 and k8s2 are Ready'});
	t.is(nodeNotReady.judge({...evidence, target: {...evidence.target, isFromRules: true}}).status, 'unknown');
});

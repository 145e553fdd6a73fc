import test from 'ava';
import {changesFor} from '../../src/check.ts';
import {checks} from '../../src/catalogue/index.ts';
import {predictChange} from '../../src/changes/predict.ts';
import {backendLoopbackBind} from '../../src/checks/backend-loopback-bind.ts';
import {noReadyEndpoints} from '../../src/checks/no-ready-endpoints.ts';
import {targetPortMismatch} from '../../src/checks/target-port-mismatch.ts';
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
import {buildCapture, buildFlow} from '../helpers/flow-builder.ts';
import type {Outcomes} from '../helpers/matrix-builder.ts';
import {prepareChange} from '../helpers/prepare-change.ts';

const on = {bridgeNetfilter: 1} as const;
const refusedVip: Outcomes = {'mars1 vip': 'refused', 'mars2 vip': 'refused', 'k8s1 vip': 'refused'};
const refused: Outcomes = {
	...refusedVip, 'mars1 10.244.0.19': 'refused', 'mars2 10.244.0.19': 'refused', 'nginx-app vip': 'refused',
};
const none: Situation = {
	node: on, backends: [], endpoints: [], outcomes: refusedVip,
};

const judgeEndpoints = (situation: Situation) => noReadyEndpoints.judge(buildEvidence(situation));

test('endpoints: ok, with how many of them are ready', t => {
	t.deepEqual(judgeEndpoints({}), {status: 'ok', because: '1 endpoint is ready'});
	t.is(judgeEndpoints({backends: [nginx, nginx2], endpoints: [endpointOf(nginx), {...endpointOf(nginx2), isReady: false}]}).because, '1 of 2 endpoints are ready');
});

test('endpoints: a selector that matches nothing is named, with the labels that come near', t => {
	const verdict = judgeEndpoints({...none, service: {selector: {app: 'mars'}}});
	t.like(verdict, {status: 'broken', confidence: 'certain'});
	t.is(verdict.because, 'default/nginx has no ready endpoint: its selector app=mars matches no pod in default; near it: default/mars1 has app=mars1 and default/mars2 has app=mars2');
	t.is(judgeEndpoints(none).because, 'default/nginx has no ready endpoint: its selector app=nginx matches no pod in default');
});

test('endpoints: a pod that is not Ready is named, with its container\'s state', t => {
	const crashing = {...nginx, isReady: false, containers: [{...nginx.containers[0], isReady: false, state: 'waiting: CrashLoopBackOff'}]};
	const verdict = judgeEndpoints({...none, backends: [crashing], endpoints: [{...endpointOf(nginx), isReady: false}]});
	t.like(verdict, {status: 'broken', confidence: 'certain'});
	t.is(verdict.because, 'default/nginx has no ready endpoint: its selector app=nginx finds default/nginx-app, which is not Ready (container nginx: waiting: CrashLoopBackOff)');
});

test('endpoints: a named targetPort that no container has, a Service without a selector, pods that could not be listed', t => {
	t.regex(judgeEndpoints({...none, backends: [nginx], targetPort: 'web'}).because, /its targetPort is named "web", and no container of default\/nginx-app has a port of that name \(there are: http\)/v);
	t.regex(judgeEndpoints({...none, service: {selector: {}}}).because, /it has no selector, and nobody made an EndpointSlice for it/v);
	const evidence = buildEvidence(none);
	const forbidden = {...evidence, target: {...evidence.target, notes: ['the pods behind svc/nginx could not be read: forbidden']}};
	t.is(noReadyEndpoints.judge(forbidden).because, 'default/nginx has no ready endpoint: the pods behind svc/nginx could not be read: forbidden');
});

/** The selector has a slip in it, and hairpin examines the pod that was meant. */
const withMeant = (situation: Situation = {}): Evidence => {
	const evidence = buildEvidence({
		...none, backends: [nginx], endpoints: [{...endpointOf(nginx), isReady: false}], service: {selector: {app: 'ngnix'}}, ...situation,
	});
	return {...evidence, target: {...evidence.target, isMeant: true}};
};

const emptied = read([{
	protocol: 'TCP' as const, ip: vip, port: 8080, scheduler: 'rr', realServers: [],
}]);

test('endpoints: the selector that was meant is the repair, and what is in the way after it is foretold', t => {
	const expect = (listenPort: number, bridgeNetfilter: 0 | 1): readonly string[] => {
		const evidence = withMeant({node: {bridgeNetfilter, more: {virtualServers: emptied}}, listenPort, outcomes: {...refused, ...(listenPort === 80 && {'mars1 10.244.0.19': 'open', 'mars2 10.244.0.19': 'open'})}});
		t.deepEqual(changesFor(noReadyEndpoints, evidence), ['service-selector=app=nginx']);
		return predictChange(checks, evidence, prepareChange('service-selector=app=nginx', evidence))
			.filter(({cell}) => cell.role === 'client')
			.map(({cell, expected, by}) => `${cell.path} ${expected} ${by ?? ''}`.trim());
	};

	t.deepEqual(expect(80, 1), ['vip fixed', 'endpoint works']);
	t.deepEqual(expect(80, 0), ['vip stays br-nf-call-iptables-off', 'endpoint works']);
	t.deepEqual(expect(81, 1), ['vip stays target-port-mismatch', 'endpoint stays target-port-mismatch']);
});

test('endpoints: a pod that the selector was meant for is no reason that there are none, and what is wrong with it is told beside', t => {
	const evidence = withMeant({
		node: {bridgeNetfilter: 1, more: {virtualServers: emptied}},
		listenPort: 81,
		outcomes: {...refused},
	});
	const {cause, contributing} = diagnose(checks, evidence);
	t.is(cause?.verdict.because, 'default/nginx has no ready endpoint: its selector app=ngnix matches no pod in default; near it: default/nginx-app has app=nginx');
	t.true(noReadyEndpoints.repair(evidence).some(line => line.startsWith('hairpin fix service-selector=app=nginx svc/nginx -n default ')));
	t.deepEqual(contributing.map(({check}) => check.id), ['target-port-mismatch']);
});

test('endpoints: only likely while nothing was refused, latent while the Service still answers', t => {
	t.like(judgeEndpoints({...none, outcomes: {'mars1 vip': 'timeout', 'mars2 vip': 'timeout', 'k8s1 vip': 'timeout'}}), {status: 'broken', confidence: 'likely'});
	t.is(judgeEndpoints({...none, outcomes: {}}).status, 'latent');
});

test('endpoints: explains probes through the Service, not those to an address', t => {
	const evidence = buildEvidence(none);
	t.deepEqual(evidence.matrix.map(cell => noReadyEndpoints.explains(cell, evidence)), [true, true, true]);
	const healthy = buildEvidence({outcomes: refused});
	t.false(healthy.matrix.some(cell => noReadyEndpoints.explains(cell, healthy)));
});

test('endpoints: the repair is one for each reason', t => {
	const repair = (situation: Situation): string => noReadyEndpoints.repair(buildEvidence(situation)).join('\n');
	t.regex(repair(none), /kubectl -n default edit service nginx {3}# spec\.selector/v);
	t.regex(repair({...none, service: {selector: {}}}), /EndpointSlice labelled kubernetes\.io\/service-name=nginx/v);
	t.regex(repair({...none, backends: [{...nginx, isReady: false}]}), /kubectl -n default describe pod nginx-app/v);
	t.regex(repair({...none, backends: [nginx], targetPort: 'web'}), /targetPort of port 8080/v);
});

const wrongPort: Situation = {node: on, targetPort: 81, outcomes: refused};
const judgePort = (situation: Situation) => targetPortMismatch.judge(buildEvidence(situation));

test('targetPort: broken for certain when the endpoint refuses and the application listens elsewhere, which is named', t => {
	const verdict = judgePort(wrongPort);
	t.like(verdict, {status: 'broken', confidence: 'certain'});
	t.is(verdict.because, '10.244.0.19:81 refuses: nothing in default/nginx-app listens on port 81; it listens on 80/tcp instead');
	t.deepEqual(targetPortMismatch.repair(buildEvidence(wrongPort)), [
		'kubectl -n default patch service nginx --type=json -p \'[{"op":"replace","path":"/spec/ports/0/targetPort","value":80}]\'',
	]);
});

test('targetPort: says that the application is not up when nothing listens at all', t => {
	const evidence = buildEvidence(wrongPort);
	const idle = {...evidence, pods: new Map(evidence.pods.entries().map(([name, pod]) => [name, {...pod, listeners: {value: [], origin: {point: name, command: 'ss -ltn', excerpt: ''}}}]))};
	t.regex(targetPortMismatch.judge(idle).because, /nor on any other port: the application is not up$/v);
});

test('targetPort: a reset from the wrong port that only the packets show is enough', t => {
	const capture = buildCapture([buildFlow({ending: 'impossible-reply', impossible: 'RST', backend: {ip: '10.244.0.19', port: 81}})]);
	t.like(judgePort({
		targetPort: 81, outcomes: {
			'mars1 vip': 'timeout', 'mars1 10.244.0.19': 'none', 'mars2 vip': 'none', 'mars2 10.244.0.19': 'none', 'nginx-app vip': 'none', 'k8s1 vip': 'none',
		}, capture,
	}), {status: 'broken', confidence: 'certain'});
});

test('targetPort: not accused when somebody listens, latent when no probe was refused, unknown when the sockets were not read', t => {
	t.is(judgePort({}).status, 'ok');
	t.is(judgePort({node: on, targetPort: 81}).status, 'ok', 'a probe that got through outweighs the list of sockets');
	const blocked: Outcomes = Object.fromEntries(Object.keys(refused).map(key => [key, 'timeout' as const]));
	t.is(judgePort({...wrongPort, outcomes: blocked}).status, 'latent');
	const unread = judgePort({...wrongPort, unreachable: {'default/nginx-app': 'no process has that address'}});
	t.deepEqual(unread, {status: 'unknown', because: 'the sockets of default/nginx-app could not be read: no process has that address'});
	t.is(judgePort(none).status, 'unknown');
});

test('targetPort: an open port that refuses is left undecided', t => {
	const verdict = judgePort({node: on, outcomes: refused});
	t.is(verdict.status, 'unknown');
	t.regex(verdict.because, /^10\.244\.0\.19:80 refuses, although default\/nginx-app listens there/v);
});

test('targetPort: explains the refusals, and the same-bridge time-out while br_netfilter is off', t => {
	const explained = (situation: Situation): readonly string[] => {
		const evidence = buildEvidence(situation);
		return evidence.matrix.filter(cell => targetPortMismatch.explains(cell, evidence)).map(cell => `${cell.from} ${cell.path}`);
	};

	const all = ['default/mars1 vip', 'default/mars1 endpoint', 'default/mars2 vip', 'default/mars2 endpoint', 'default/nginx-app self', 'k8s1 vip'];
	t.deepEqual(explained(wrongPort), all);
	const masked: Situation = {targetPort: 81, outcomes: {...refused, 'mars1 vip': 'timeout'}};
	t.deepEqual(explained(masked), all);
	t.deepEqual(explained({...masked, node: on}), all.slice(1), 'with br_netfilter on a time-out is something else');
});

test('loopback: broken when the application listens on 127.0.0.1 alone and refuses', t => {
	const local: Situation = {node: on, outcomes: refused, listenAddress: '127.0.0.1'};
	const verdict = backendLoopbackBind.judge(buildEvidence(local));
	t.like(verdict, {status: 'broken', confidence: 'certain'});
	t.is(verdict.because, 'default/nginx-app listens on 127.0.0.1:80 only, not on 10.244.0.19:80, so it refuses whoever is not in the pod itself');
	t.not(judgePort(local).status, 'broken');
	const evidence = buildEvidence(local);
	t.true(evidence.matrix.every(cell => backendLoopbackBind.explains(cell, evidence)));
	t.regex(backendLoopbackBind.repair(evidence).join('\n'), /0\.0\.0\.0:80/v);
});

test('loopback: not accused on another address, latent while nothing was refused, unknown without the sockets', t => {
	t.is(backendLoopbackBind.judge(buildEvidence({})).status, 'ok');
	t.is(backendLoopbackBind.judge(buildEvidence({listenAddress: '::'})).status, 'ok');
	const blocked: Outcomes = Object.fromEntries(Object.keys(refused).map(key => [key, 'timeout' as const]));
	t.is(backendLoopbackBind.judge(buildEvidence({node: on, listenAddress: '127.0.0.1', outcomes: blocked})).status, 'latent');
	t.is(backendLoopbackBind.judge(buildEvidence({node: on, outcomes: refused, unreachable: {'default/nginx-app': 'gone'}})).status, 'unknown');
});

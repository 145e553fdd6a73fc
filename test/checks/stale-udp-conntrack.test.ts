import test from 'ava';
import {checks} from '../../src/catalogue/index.ts';
import {staleUdpConntrack} from '../../src/checks/stale-udp-conntrack.ts';
import {diagnose} from '../../src/diagnosis.ts';
import type {Evidence} from '../../src/evidence/evidence.ts';
import type {Flow} from '../../src/packets/flow.ts';
import {buildEvidence, read, vip} from '../helpers/evidence-builder.ts';
import {buildCapture, buildFlow} from '../helpers/flow-builder.ts';

/** As /proc/net/nf_conntrack has them. */
const entry = (sourcePort: number, answerer: string, port = 8080, flag = ''): string =>
	`ipv4 2 udp 17 26 src=10.244.0.18 dst=${vip} sport=${sourcePort} dport=${port} ${flag}src=${answerer} dst=10.244.0.18 sport=${answerer === vip ? port : 80} dport=${sourcePort} mark=0 zone=0 use=2`;

const fromPort = (port: number, ending: Flow['ending']): Flow => {
	const flow = buildFlow({ending});
	return {...flow, protocol: 'udp', client: {...flow.client, port}};
};

const situation = (entries: readonly string[], flows: readonly Flow[] = [], protocol: 'UDP' | 'TCP' = 'UDP'): Evidence => {
	const evidence = buildEvidence({node: {bridgeNetfilter: 1}, capture: {...buildCapture(flows), udpEntries: read(entries)}});
	return {...evidence, target: {...evidence.target, port: {...evidence.target.port, protocol}}};
};

test('a socket that is held to a pod which is no backend, and whose packets are lost, is the cause', t => {
	const evidence = situation([entry(5353, '10.244.0.7'), entry(40_001, '10.244.0.19')], [fromPort(5353, 'unanswered'), fromPort(40_001, 'established')]);
	const {cause} = diagnose(checks, evidence);
	t.is(cause?.check.id, 'stale-udp-conntrack');
	t.is(cause?.verdict.because, 'conntrack on k8s1 holds default/mars1 from port 5353 to 10.244.0.7:80, where there is no backend: what it sends from there is lost, and new sockets are served');
	t.deepEqual(staleUdpConntrack.repair(evidence), [
		`ssh k8s1 conntrack -D -p udp --orig-src 10.244.0.18 --orig-dst ${vip} --orig-port-src 5353 --orig-port-dst 8080   # cuts this conversation alone; its next packet is translated anew`,
	]);
});

test('so is one that began before the rules were there', t => {
	const {cause} = diagnose(checks, situation([entry(5353, vip, 8080, '[UNREPLIED] ')], [fromPort(5353, 'unanswered')]));
	t.regex(cause?.verdict.because ?? '', /from port 5353 to the ClusterIP untranslated,/v);
});

test('while nothing was sent it does no harm yet', t => {
	const verdict = staleUdpConntrack.judge(situation([entry(5353, '10.244.0.7')]));
	t.is(verdict.status, 'latent');
	t.regex(verdict.because, /until it has sent nothing for the time-out of UDP$/v);
});

test('backends, other ports of the Service and other protocols accuse nobody', t => {
	t.is(staleUdpConntrack.judge(situation([entry(5353, '10.244.0.19'), entry(5354, '10.244.0.7', 53)])).status, 'ok');
	t.like(staleUdpConntrack.judge(situation([entry(5353, '10.244.0.7')], [], 'TCP')), {status: 'ok', because: 'no effect here, because the Service\'s port is TCP'});
	const blind = situation([]);
	t.like(staleUdpConntrack.judge({...blind, capture: {...buildCapture([]), udpEntries: {unknown: 'k8s1 has no conntrack table that can be read without loading a module'}}}), {status: 'unknown'});
	t.like(staleUdpConntrack.judge({...blind, capture: undefined}), {status: 'unknown', because: 'nothing was captured'});
});

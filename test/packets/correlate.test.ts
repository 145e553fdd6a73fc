import {readFileSync} from 'node:fs';
import test from 'ava';
import {
	type CapturedPackets,
	correlateFlows,
	findClockOffsets,
	isDecided,
	watchFlows,
} from '../../src/packets/correlate.ts';
import type {Flow, PointRole} from '../../src/packets/flow.ts';
import {
	tcp,
	type TcpSpec,
	type Timed,
	udp,
	unreachable,
} from '../helpers/packet-builder.ts';
import {captured, readPackets, recorded} from '../helpers/read-packets.ts';

// Names of the exact ladders in the catalogue of faults: client, backend, Service, gateway.
const client = '10.244.0.18:40000';
const backend = '10.244.0.19:80';
const service = '10.98.171.178:8080';
const gateway = '10.244.0.1:50001';
const isn = 4_000_000_000;

const at = (ms: number, spec: TcpSpec): Timed => ({ms, bytes: tcp(spec)});
const syn = (from: string, to: string, ttl = 64, timestamp = 100): TcpSpec => ({
	from, to, flags: 'S', sequence: isn, ttl, timestamp, id: 77,
});
const synAck = (from: string, to: string, sequence = 5000, ttl = 64): TcpSpec => ({
	from, to, flags: 'S.', sequence, acknowledgement: isn + 1, ttl, timestamp: 900 + sequence,
});
const ack = (from: string, to: string, ttl = 64): TcpSpec => ({
	from, to, flags: '.', sequence: isn + 1, acknowledgement: 5001, ttl, timestamp: 101, id: 78,
});
const reset = (from: string, to: string): TcpSpec => ({
	from, to, flags: 'R', sequence: isn + 1,
});

const only = (flows: readonly Flow[]): Flow => {
	if (flows.length !== 1) {
		throw new Error(`one flow expected, got ${flows.length}`);
	}

	return flows[0];
};

const outline = ({ladder}: Flow): readonly string[] => ladder.map(({direction, what, sightings, isRetransmission}) => {
	const seen = sightings.map(({point, frame}) => `${point}${frame}`).join(' ');
	return `${direction} ${what} ${seen}${isRetransmission ? ' again' : ''}`;
});

const faultAtClient = (startMs: number, serverIsn: number): readonly Timed[] => [
	at(startMs, syn(client, service, 64, 100 + startMs)),
	at(startMs + 0.2, synAck(backend, client, serverIsn)),
	at(startMs + 0.25, reset(client, backend)),
];

const faultAtBackend = (startMs: number, serverIsn: number): readonly Timed[] => [
	at(startMs + 0.1, syn(client, backend, 63, 100 + startMs)),
	at(startMs + 0.15, synAck(backend, client, serverIsn)),
	at(startMs + 0.3, reset(client, backend)),
];

test('the founding incident: the untranslated SYN-ACK is named at the client, whoever else was captured', t => {
	const flow = only(correlateFlows([recorded('same-node-brnf-absent.c', 'client'), recorded('same-node-brnf-absent.b', 'backend'), recorded('same-node-brnf-absent.a', 'node')]));
	t.is(flow.ending, 'impossible-reply');
	t.like(flow.impossibleReply, {
		point: 'same-node-brnf-absent.c', frame: 4, what: 'SYN-ACK', resetFrame: 5,
	});
	t.deepEqual(flow.impossibleReply?.source, {ip: '10.244.0.2', port: 80});
	t.deepEqual(flow.impossibleReply?.expected, {ip: '10.98.171.178', port: 8080});
	t.deepEqual(flow.backend, {ip: '10.244.0.2', port: 80});
	t.is(flow.openings, 2);
	t.is(flow.ladder.length, 6);
	t.is(flow.ladder[0].sightings.length, 6);
	t.deepEqual(flow.ladder[0].translations, ['DNAT 10.98.171.178:8080 → 10.244.0.2:80']);
	t.is(flow.ladder.filter(row => row.impossible !== undefined).length, 2);
	t.true(isDecided(flow));
});

test('the founding incident: without told roles the client is found in any order of files', t => {
	const names = ['same-node-brnf-absent.h', 'same-node-brnf-absent.b', 'same-node-brnf-absent.c'];
	const flow = only(correlateFlows(names.map(name => recorded(name, 'unknown'))));
	t.deepEqual(flow.reached, [names[2], names[0], names[1]]);
	t.deepEqual(flow.ladder[0].sightings.map(({role}) => role), ['client', 'node', 'node', 'backend']);
	t.is(flow.impossibleReply?.point, names[2]);
});

test('the founding incident: the node\'s captures alone never accuse', t => {
	for (const name of ['same-node-brnf-absent.h', 'same-node-brnf-absent.a']) {
		for (const role of ['node', 'unknown'] as const) {
			const flow = only(correlateFlows([recorded(name, role)]));
			t.is(flow.impossibleReply, undefined);
			t.is(flow.ending, 'unanswered');
		}
	}
});

test('masqueradeAll: the flow pairs although address and port change, and readiness probes stay apart', t => {
	const flows = correlateFlows([recorded('same-node-masquerade-all.c', 'client'), recorded('same-node-masquerade-all.b', 'backend')]);
	t.is(flows.length, 2);
	t.deepEqual(flows[0].sourceAtBackend, {ip: '10.244.0.1', port: 43_432});
	t.deepEqual(flows[0].ladder[1].translations, ['reply restored to 10.98.171.178:8080', 'masquerade undone, to 10.244.0.3:56434']);
	t.is(flows[0].ending, 'established');
	t.true(flows[0].ladder.every(row => row.sightings.length === 2));
	t.deepEqual(flows[1].reached, ['same-node-masquerade-all.b']);
	t.is(flows[1].client.port, 48_974);
});

test('2.1: each retry has a new server ISN and is a row of its own', t => {
	const flow = only(correlateFlows([
		captured('c', 'client', [...faultAtClient(0, 5000), ...faultAtClient(1000, 9000)]),
		captured('b', 'backend', [...faultAtBackend(0, 5000), ...faultAtBackend(1000, 9000)]),
	]));
	t.deepEqual(outline(flow), [
		'forward S c1 b1',
		'back S. b2 c2',
		'forward R c3 b3',
		'forward S c4 b4 again',
		'back S. b5 c5',
		'forward R c6 b6',
	]);
	t.is(flow.openings, 2);
	t.is(flow.impossibleReply?.resetFrame, 3);
});

test('2.1: two attempts from two ports are two flows', t => {
	const other = '10.244.0.18:40001';
	const second = [
		at(500, {...syn(other, service), sequence: 17}),
		at(500.2, {...synAck(backend, other, 7000), acknowledgement: 18}),
		at(500.3, {...reset(other, backend), sequence: 18}),
	];
	const flows = correlateFlows([captured('c', 'client', [...faultAtClient(0, 5000), ...second])]);
	t.deepEqual(flows.map(({impossibleReply}) => impossibleReply?.frame), [2, 5]);
});

test('2.2: the reply is restored on its way back, with br_netfilter on', t => {
	const flow = only(correlateFlows([
		captured('c', 'client', [at(0, syn(client, service)), at(0.3, synAck(service, client)), at(0.4, ack(client, service))]),
		captured('b', 'backend', [at(0.1, syn(client, backend)), at(0.2, synAck(backend, client)), at(0.5, ack(client, backend))]),
	]));
	t.is(flow.ending, 'established');
	t.deepEqual(flow.ladder[1].translations, [`reply restored to ${service}`]);
	t.deepEqual(flow.answerSeenAt, ['b', 'c']);
});

test('2.4: a node whose clock is ahead is set right from the packets both saw', t => {
	const skew = 5000;
	const points = [
		captured('c', 'client', [at(0, syn(client, service)), at(0.6, synAck(service, client, 5000, 62)), at(0.7, ack(client, service))]),
		captured('b', 'backend', [at(skew + 0.2, syn(client, backend, 62)), at(skew + 0.4, synAck(backend, client)), at(skew + 0.9, ack(client, backend, 62))]),
	];
	const [, {offsetMs}] = findClockOffsets(points);
	t.true(Math.abs(offsetMs - skew) < 1);
	const flow = only(correlateFlows(points));
	t.deepEqual(outline(flow), ['forward S c1 b1', 'back S. b2 c2', 'forward . c3 b3']);
	t.true(flow.ladder.every(row => Math.abs(row.atMs) < 2));
});

test('2.5: a pod that reaches itself shows both views in one capture', t => {
	const healthy = [
		at(0, syn(client, service)),
		at(0.1, syn(gateway, '10.244.0.18:80', 63)),
		at(0.2, synAck('10.244.0.18:80', gateway)),
		at(0.3, synAck(service, client, 5000, 63)),
	];
	const flow = only(correlateFlows([captured('c', 'client', healthy)]));
	t.is(flow.ending, 'established');
	t.deepEqual(flow.backend, {ip: '10.244.0.18', port: 80});
	t.deepEqual(flow.sourceAtBackend, {ip: '10.244.0.1', port: 50_001});
	t.deepEqual(outline(flow), ['forward S c1 c2', 'back S. c3 c4']);
	t.is(only(correlateFlows([captured('c', 'client', healthy.slice(0, 3))])).ending, 'unanswered');
});

test('2.5: masquerade missing: the pod sees its own address come in, and nobody is accused', t => {
	const flow = only(correlateFlows([captured('c', 'client', [at(0, syn(client, service)), at(0.1, syn(client, '10.244.0.18:80', 63))])]));
	t.is(flow.ending, 'unanswered');
	t.is(flow.impossibleReply, undefined);
	t.deepEqual(flow.sourceAtBackend, {ip: '10.244.0.18', port: 40_000});
	t.false(isDecided(flow));
});

test('2.5: hairpin off: SYNs alone are unanswered, and counted with their repeats', t => {
	const flow = only(correlateFlows([captured('c', 'client', [at(0, syn(client, service)), at(1000, syn(client, service, 64, 1100)), at(3000, syn(client, service, 64, 3100))])]));
	t.is(flow.ending, 'unanswered');
	t.is(flow.openings, 3);
	t.deepEqual(outline(flow), ['forward S c1', 'forward S c2 again', 'forward S c3 again']);
});

test('2.6: a UDP reply from another address is impossible, with the client\'s ICMP as its refusal', t => {
	const answer = udp({
		from: '10.244.0.19:53', to: '10.244.0.18:40000', payload: 'answer', id: 3,
	});
	const packets = [
		{
			ms: 0, bytes: udp({
				from: client, to: '10.96.0.10:53', payload: 'question', id: 2,
			}),
		},
		{ms: 1, bytes: answer},
		{ms: 1.1, bytes: unreachable({from: '10.244.0.18', to: '10.244.0.19', code: 3}, answer)},
	];
	const flow = only(correlateFlows([captured('c', 'client', packets)]));
	t.is(flow.ending, 'impossible-reply');
	t.like(flow.impossibleReply, {what: 'UDP reply', frame: 2, resetFrame: 3});
	t.deepEqual(outline(flow), ['forward UDP c1', 'back UDP c2', 'forward ICMP port unreachable c3']);
	t.is(only(correlateFlows([captured('c', 'client', packets.slice(0, 2))])).impossibleReply?.resetFrame, undefined);
	t.is(correlateFlows([captured('n', 'node', packets.slice(0, 2))]).length, 2);
});

test('2.6: UDP pairs across DNAT by its payload, and an answer from the dialled address is an answer', t => {
	const flow = only(correlateFlows([
		captured('c', 'client', [{
			ms: 0, bytes: udp({
				from: client, to: '10.96.0.10:53', payload: 'question', id: 2,
			}),
		}, {
			ms: 1, bytes: udp({
				from: '10.96.0.10:53', to: client, payload: 'answer', id: 3,
			}),
		}]),
		captured('b', 'backend', [{
			ms: 0.2, bytes: udp({
				from: client, to: '10.244.0.19:5353', payload: 'question', id: 2,
			}),
		}, {
			ms: 0.8, bytes: udp({
				from: '10.244.0.19:5353', to: client, payload: 'answer', id: 3,
			}),
		}]),
	]));
	t.is(flow.ending, 'established');
	t.deepEqual(flow.backend, {ip: '10.244.0.19', port: 5353});
	t.deepEqual(outline(flow), ['forward UDP c1 b1', 'back UDP b2 c2']);
});

test('2.6: what is sent to where an impossible UDP reply came from is a conversation of its own', t => {
	const fixture = (role: PointRole): CapturedPackets => ({point: role, role, packets: readPackets(readFileSync(new URL(`../fixtures/captures/udp.${role}.pcapng`, import.meta.url)))});
	const flows = correlateFlows([fixture('client'), fixture('node'), fixture('backend')]).filter(flow => flow.client.ip === '10.244.9.10');
	t.deepEqual(flows.map(({client: {port}, server, backend: reached, ending}) => [port, server.ip, reached?.ip, ending]), [
		[56_021, '10.96.0.10', '10.244.9.53', 'impossible-reply'],
		[48_027, '10.244.9.53', '10.244.9.53', 'established'],
	]);
});

test('2.7: a refusal from the pod\'s address is impossible and settles the attempt', t => {
	const refusal = {
		from: '10.244.0.19:81', to: client, flags: 'R.', acknowledgement: isn + 1,
	};
	const flow = only(correlateFlows([captured('c', 'client', [at(0, syn(client, service)), at(0.2, refusal)])]));
	t.like(flow.impossibleReply, {what: 'RST', frame: 2, resetFrame: undefined});
	t.true(isDecided(flow));
});

test('a refusal from the dialled address, and ICMP unreachable, are endings of their own', t => {
	const refused = only(correlateFlows([captured('c', 'client', [at(0, syn(client, service)), at(0.2, {
		from: service, to: client, flags: 'R.', acknowledgement: isn + 1,
	})])]));
	t.is(refused.ending, 'refused');
	const opening = tcp(syn(client, service));
	const rejected = only(correlateFlows([captured('c', 'client', [{ms: 0, bytes: opening}, {ms: 0.2, bytes: unreachable({from: '10.98.171.178', to: '10.244.0.18', code: 3}, opening)}])]));
	t.is(rejected.ending, 'unreachable');
	t.deepEqual(outline(rejected), ['forward S c1', 'back ICMP port unreachable c2']);
	t.true(isDecided(refused) && isDecided(rejected));
});

test('an answer to another SYN than this one accuses nobody', t => {
	const flows = correlateFlows([captured('c', 'client', [at(0, syn(client, service)), at(0.2, {...synAck(backend, client), acknowledgement: isn + 2})])]);
	t.true(flows.every(flow => flow.impossibleReply === undefined));
});

test('a port scan that uses one sequence number for all stays apart', t => {
	const targets = Array.from({length: 50}, (_, port) => at(port * 10, {
		from: client, to: `10.0.0.1:${port + 1}`, flags: 'S', sequence: isn, id: port + 1,
	}));
	t.is(correlateFlows([captured('c', 'client', targets)]).length, 50);
});

test('captures that began midway pair by their numbers', t => {
	const data = (from: string, to: string, sequence: number): TcpSpec => ({
		from, to, flags: 'P.', sequence, acknowledgement: 1, payload: 'data', timestamp: 5, id: 9,
	});
	const flow = only(correlateFlows([captured('c', 'client', [at(0, data(client, service, 10))]), captured('b', 'backend', [at(0.1, data(client, backend, 10))])]));
	t.deepEqual(outline(flow), ['forward P. c1 b1']);
	t.deepEqual(flow.server, {ip: '10.98.171.178', port: 8080});
});

test('a growing capture is decided as soon as the reset is in it', t => {
	const watch = watchFlows([{point: 'c', role: 'client'}, {point: 'b', role: 'backend'}]);
	const {packets} = captured('c', 'client', faultAtClient(0, 5000));
	watch.add('c', packets.slice(0, 2));
	t.deepEqual(watch.flows().map(flow => isDecided(flow)), [false]);
	watch.add('c', packets.slice(2));
	t.deepEqual(watch.flows().map(flow => isDecided(flow)), [true]);
});

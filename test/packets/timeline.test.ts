import test from 'ava';
import type {Flow} from '../../src/packets/flow.ts';
import {alignCaptures} from '../../src/packets/timeline.ts';
import {readRecording} from '../helpers/session-recording.ts';

const {state} = readRecording('founding').at(-1)!;
const flows: readonly Flow[] = state.capture?.flows ?? [];
const [client, backend] = (['client', 'backend'] as const).map(role => {
	const live = state.live.values().find(capture => capture.role === role)!;
	return {label: live.label, packets: live.rows};
});

test('a packet that both captures saw stands on one line, across NAT, and none is lost or doubled', t => {
	const rows = alignCaptures(client, backend, flows);
	const paired = rows.filter(row => row.ladder !== undefined);
	t.true(paired.length >= 3);
	t.true(paired.every(row => row.client !== undefined && row.backend !== undefined));
	t.is(rows.filter(row => row.client).length, client.packets.length);
	t.is(rows.filter(row => row.backend).length, backend.packets.length);
	t.is(paired[0].atMs, 0);
});

test('a clock that is minutes ahead moves nothing', t => {
	const ahead = {...backend, packets: backend.packets.map(packet => ({...packet, timeMs: packet.timeMs + 180_000}))};
	const order = (rows: ReturnType<typeof alignCaptures>) => rows.map(row => [row.client?.frame, row.backend?.frame]).filter(([one, two]) => one !== undefined && two !== undefined);
	t.deepEqual(order(alignCaptures(client, ahead, flows)), order(alignCaptures(client, backend, flows)));
	t.true(alignCaptures(client, ahead, flows).every(({atMs}) => Math.abs(atMs) < 60_000));
});

test('without flows the captures are told side by side in time, and only what nothing translated is paired', t => {
	const rows = alignCaptures(client, backend, []);
	const paired = rows.filter(row => row.client && row.backend);
	t.is(rows.length, client.packets.length + backend.packets.length - paired.length);
	t.true(paired.length > 0);
	t.true(paired.every(row => row.client?.destination.ip === row.backend?.destination.ip && row.client?.what === row.backend?.what));
	t.deepEqual(rows.map(({atMs}) => atMs), rows.map(({atMs}) => atMs).toSorted((a, b) => a - b));
});

test('packets that no flow knows pair by their addresses, each once, and one that is sent again later does not pair with the first', t => {
	const [source, destination] = [{ip: '10.244.0.18', port: 40_000}, {ip: '10.244.0.19', port: 81}];
	const packet = (frame: number, timeMs: number, what = 'S') => ({
		frame, timeMs, what, source, destination, payloadLength: 0,
	});
	const rows = alignCaptures(
		{label: 'client', packets: [packet(1, 0), packet(2, 1000), packet(3, 1000.5, '.'), packet(4, 1000.6, '.')]},
		{label: 'backend', packets: [packet(1, 1000.2), packet(2, 1001, '.'), packet(3, 1001.1, '.')]},
		[],
	);
	t.deepEqual(rows.map(row => [row.client?.frame, row.backend?.frame]), [[1, undefined], [2, 1], [3, 2], [4, 3]]);
});

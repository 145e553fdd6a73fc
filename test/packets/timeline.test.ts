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

test('without flows the captures are told side by side in time, unpaired', t => {
	const rows = alignCaptures(client, backend, []);
	t.is(rows.length, client.packets.length + backend.packets.length);
	t.deepEqual(rows.map(({atMs}) => atMs), rows.map(({atMs}) => atMs).toSorted((a, b) => a - b));
});

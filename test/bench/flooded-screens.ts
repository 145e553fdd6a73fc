// The real screens over a recorded session whose two captures bring so many packets a second until the screens are left: node flooded-screens.ts PACKETS
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import {checks} from '../../src/catalogue/index.ts';
import {showScreens} from '../../src/show-screens.ts';
import type {SeenPacket} from '../../src/packets/seen-packet.ts';
import {type SessionEvent, type SessionState, reduce} from '../../src/session-state.ts';
import type {IncidentSource} from '../../src/ui/incident-source.ts';
import {readRecording} from '../helpers/session-recording.ts';

const perSecond = Number(process.argv[2]);
const roundMs = 20;
const told = readRecording('founding');
const captured = told.findLast(({event}) => event.type === 'packets-seen')!.state;

type Totals = {readonly perPoint: number};

const inventPacket = (frame: number): SeenPacket => ({
	frame, timeMs: frame / perSecond * 1000, what: frame % 3 === 0 ? 'S' : 'S.', payloadLength: 0,
	source: {ip: '10.244.0.19', port: 1024 + (frame % 60_000)}, destination: {ip: '10.98.171.178', port: 8080},
});

/** What both captures bring between two totals. */
const bring = ({live}: SessionState, before: Totals, after: Totals): SessionEvent => ({
	type: 'packets-seen', atMs: 0, points: live.values().map(({label, role}) => ({
		label, role, total: after.perPoint, rows: Array.from({length: after.perPoint - before.perPoint}, (_, index) => inventPacket(before.perPoint + index + 1)),
	})).toArray(),
});

const source: IncidentSource = {
	checks,
	async run(_pair, watch, signal) {
		let state = captured;
		let totals: Totals = {perPoint: 0};
		const startedAt = performance.now();
		while (!signal.aborted) {
			const next = {perPoint: Math.floor((performance.now() - startedAt) * perSecond / 1000)};
			const event = bring(state, totals, next);
			state = reduce(state, event);
			totals = next;
			watch(event, state);
			// eslint-disable-next-line no-await-in-loop
			await sleep(roundMs);
		}

		return state;
	},
	repairs: () => [],
	close: async () => undefined,
};

const controller = new AbortController();
process.exitCode = await showScreens(source, {service: 'svc/nginx', from: 'pod/mars1'}, {
	write: () => undefined,
	warn: () => undefined,
}, controller.signal);

// The real screens over a recorded session: node test/e2e/replay-screens.ts NAME [held] [blind] [labelled] [stuck] [defect] [pick] [slow=FACTOR]
// `held` stops before the verdict until the screens are left, `blind` before anything is known, `labelled` is no cluster, `stuck` never ends what it holds open, `defect` throws.
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import {checks} from '../../src/catalogue/index.ts';
import {repairsOfCause} from '../../src/check-command.ts';
import {showScreens} from '../../src/show-screens.ts';
import type {IncidentSource} from '../../src/ui/incident-source.ts';
import {UserFacingError} from '../../src/user-facing-error.ts';
import {readRecording} from '../helpers/session-recording.ts';

const [name, ...words] = process.argv.slice(2);
const isHeld = words.includes('held');
const isBlind = words.includes('blind');
const isPicked = words.includes('pick');
const slowness = Number(words.find(word => word.startsWith('slow='))?.slice(5) ?? 0);
const told = readRecording(name);

const source: IncidentSource = {
	...(words.includes('labelled') && {label: {word: 'RECORDED', says: 'no cluster is asked'}}),
	checks,
	async run(_pair, watch, signal) {
		if (words.includes('defect')) {
			throw new Error('something that nobody expected');
		}

		let lastMs = 0;
		for (const {event, state} of told) {
			if (isBlind || (isHeld && event.type === 'diagnosed')) {
				// eslint-disable-next-line no-await-in-loop
				await new Promise(resolve => {
					signal.addEventListener('abort', resolve);
				});
			}

			if (signal.aborted) {
				throw new UserFacingError('it was left', 'run it again');
			}

			// eslint-disable-next-line no-await-in-loop
			await sleep((event.atMs - lastMs) * slowness);
			lastMs = event.atMs;
			watch(event, state);
		}

		return told.at(-1)!.state;
	},
	repairs: repairsOfCause,
	list: async () => ({
		namespace: 'default',
		services: [{
			kind: 'svc', name: 'nginx', detail: '10.98.171.178:8080', trouble: '',
		}, {
			kind: 'svc', name: 'broken', detail: '10.98.1.1:80', trouble: 'no ready pod',
		}],
		pods: ['mars1', 'mars2', 'mars3'].map((pod, index) => ({
			kind: 'pod' as const, name: pod, detail: `k8s${index + 1}`, trouble: '',
		})),
	}),
	shells: () => [{title: 'client default/mars1', argv: ['sh', '-i']}, {title: 'node k8s1', argv: ['sh', '-c', 'echo this is the node; exec sh -i']}],
	async close() {
		if (words.includes('stuck')) {
			await Promise.withResolvers().promise;
		}
	},
};

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	process.on(signal, () => {
		controller.abort(new Error(signal));
	});
}

process.exitCode = await showScreens(source, isPicked ? undefined : {service: 'svc/nginx', from: 'pod/mars1'}, {
	write(text) {
		process.stdout.write(text);
	},
	warn(text) {
		process.stderr.write(`${text}\n`);
	},
}, controller.signal);

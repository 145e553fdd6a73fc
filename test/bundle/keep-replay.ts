// Replays a bundle through the real session and keeps it in another one: node test/bundle/keep-replay.ts FROM TO SPEED [--redact | --screens] [MOMENT]
// Tells each event, so that it can be killed at any of them. At MOMENT the session breaks off. With --screens it is kept as the screens do it.
import process from 'node:process';
import {replay} from '../../src/access/recorded.ts';
import type {KeptIncident} from '../../src/bundle/keep-incident.ts';
import {readBundle} from '../../src/bundle/read-bundle.ts';
import {formatState} from '../../src/check-command.ts';
import {createKubectl} from '../../src/cluster/kubectl.ts';
import {createIncidentKeeper} from '../../src/incident-keeper.ts';
import {beginBundle} from '../../src/keep-bundle.ts';
import {keepSession} from '../../src/keep-session.ts';
import {type CheckOptions, parseOptions} from '../../src/options.ts';
import {runSession} from '../../src/session.ts';
import {resolveTarget} from '../../src/target.ts';

const [from, to, speed, way, breakAt] = process.argv.slice(2);
const {manifest, lines} = await readBundle(from);
const {access, kubectl} = replay(lines, Number(speed));
const options = parseOptions(['check', manifest.service, ...(manifest.from === undefined ? [] : ['--from', manifest.from]), '--bundle', to, ...(way === '--redact' ? [way] : [])]) as CheckOptions;

const warn = (line: string): void => {
	process.stderr.write(`${line}\n`);
};

type Begun = {readonly kept: KeptIncident; readonly end: (isWhole: boolean) => Promise<unknown>};

const begin = async (): Promise<Begun> => {
	const asked = {...options, timeoutMs: manifest.timeoutMs};
	if (way !== '--screens') {
		return beginBundle({...asked, isRedacted: options.reports?.isRedacted === true}, {warn, formatReport: formatState})!;
	}

	const keeper = createIncidentKeeper(to);
	return {kept: await keeper.begin(asked, () => performance.now(), warn), end: keeper.end};
};

const bundle = await begin();
const {kept} = bundle;
const controller = new AbortController();
const keptKubectl = kept.kubectl({...createKubectl({kubeconfig: undefined, context: undefined, namespace: undefined}), ...kubectl});

const session = runSession(keepSession(kept, {
	resolveTarget: async () => resolveTarget(keptKubectl, {service: manifest.service, from: manifest.from}),
	openAccess: () => access,
	onEvent({type}) {
		process.stdout.write(`${type}\n`);
		if (type === breakAt) {
			controller.abort(new Error('broken off'));
		}
	},
	onJudged: () => undefined,
	now: () => performance.now(),
	signal: controller.signal,
	probeTimeoutMs: manifest.timeoutMs,
}, formatState));
let isWhole = true;
try {
	await session;
} catch {
	isWhole = false;
}

await bundle.end(isWhole);

// Replays a bundle through the real session and keeps it in another one: node test/bundle/keep-replay.ts FROM TO SPEED [--redact] [MOMENT]
// Tells each event, so that it can be killed at any of them. At MOMENT the session breaks off.
import process from 'node:process';
import {replay} from '../../src/access/recorded.ts';
import {readBundle} from '../../src/bundle/read-bundle.ts';
import {formatState} from '../../src/check-command.ts';
import {createKubectl} from '../../src/cluster/kubectl.ts';
import {beginBundle} from '../../src/keep-bundle.ts';
import {keepSession} from '../../src/keep-session.ts';
import {type CheckOptions, parseOptions} from '../../src/options.ts';
import {runSession} from '../../src/session.ts';
import {resolveTarget} from '../../src/target.ts';

const [from, to, speed, redact, breakAt] = process.argv.slice(2);
const {manifest, lines} = await readBundle(from);
const {access, kubectl} = replay(lines, Number(speed));
const options = parseOptions(['check', manifest.service, ...(manifest.from === undefined ? [] : ['--from', manifest.from]), '--bundle', to, ...(redact === undefined ? [] : [redact])]) as CheckOptions;
const bundle = beginBundle({...options, isRedacted: options.reports?.isRedacted === true, timeoutMs: manifest.timeoutMs}, {
	warn(line) {
		process.stderr.write(`${line}\n`);
	},
	formatReport: formatState,
})!;
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

// Replays a bundle through the real session and keeps it in another one: node test/bundle/keep-replay.ts FROM TO SPEED
// Tells each event, so that it can be killed at any of them.
import process from 'node:process';
import {replay} from '../../src/access/recorded.ts';
import {keepIncident} from '../../src/bundle/keep-incident.ts';
import {readBundle} from '../../src/bundle/read-bundle.ts';
import {formatState} from '../../src/check-command.ts';
import {createKubectl} from '../../src/cluster/kubectl.ts';
import {keepSession} from '../../src/keep-session.ts';
import {runSession} from '../../src/session.ts';
import {resolveTarget} from '../../src/target.ts';

const [from, to, speed] = process.argv.slice(2);
const {manifest, lines} = await readBundle(from);
const {access, kubectl} = replay(lines, Number(speed));
const kept = keepIncident(to, manifest, () => performance.now());
const keptKubectl = kept.kubectl({...createKubectl({kubeconfig: undefined, context: undefined, namespace: undefined}), ...kubectl});

await runSession(keepSession(kept, {
	resolveTarget: async () => resolveTarget(keptKubectl, {service: manifest.service, from: manifest.from}),
	openAccess: () => access,
	onEvent({type}) {
		process.stdout.write(`${type}\n`);
	},
	onJudged: () => undefined,
	now: () => performance.now(),
	signal: new AbortController().signal,
	probeTimeoutMs: manifest.timeoutMs,
}, formatState));
await kept.end();

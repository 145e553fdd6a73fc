// Records what a session on the cluster tells: node test/e2e/record-session.ts NAME svc/NAME pod/NAME [flags of check]
import {mkdirSync} from 'node:fs';
import process from 'node:process';
import {performance} from 'node:perf_hooks';
import {createAccess} from '../../src/access/create-access.ts';
import {createKubectl} from '../../src/cluster/kubectl.ts';
import {type CheckOptions, parseOptions} from '../../src/options.ts';
import {runSession} from '../../src/session.ts';
import type {SessionEvent} from '../../src/session-state.ts';
import {resolveTarget} from '../../src/target.ts';
import {writeRecording} from '../helpers/session-recording.ts';

const [name, service, from, ...flags] = process.argv.slice(2);
const options = parseOptions(['check', service, '--from', from, ...flags]) as CheckOptions;
const kubectl = createKubectl({kubeconfig: options.kubeconfig, context: options.context, namespace: options.namespace});
const events: SessionEvent[] = [];
const startedAt = performance.now();
await runSession({
	resolveTarget: async () => resolveTarget(kubectl, {service, from}),
	openAccess: ({nodes}, tell) => createAccess(options, {addressOf: node => nodes.get(node)?.internalIp, kubectl, tell}),
	onEvent(event) {
		events.push(event);
	},
	onJudged: () => undefined,
	now: () => performance.now() - startedAt,
	signal: new AbortController().signal,
	probeTimeoutMs: options.timeoutMs,
	isWatched: true,
});
mkdirSync(new URL('../fixtures/sessions/', import.meta.url), {recursive: true});
writeRecording(name, events);
console.log(`${events.length} events`);

import {performance} from 'node:perf_hooks';
import {replay} from './access/recorded.ts';
import type {KeptIncident} from './bundle/keep-incident.ts';
import type {Bundle} from './bundle/read-bundle.ts';
import {formatState} from './check-command.ts';
import {keepSession} from './keep-session.ts';
import {type SessionTools, runSession} from './session.ts';
import type {SessionState} from './session-state.ts';
import {resolveTarget} from './target.ts';

type Tools = Pick<SessionTools, 'onEvent' | 'signal'> & Partial<Pick<SessionTools, 'onJudged' | 'isWatched' | 'keepCaptures'>> & {
	/** Divides real time; Infinity waits for nothing. */
	readonly speed: number;
	/** Keeps it once more. */
	readonly kept?: KeptIncident;
};

/** Asks the same questions of a bundle as of its cluster then, and judges the answers with the checks of today. Resolves with the last state. */
export const runRecorded = async ({manifest, lines}: Bundle, {speed, kept, ...tools}: Tools): Promise<SessionState> => {
	const {access, kubectl} = replay(lines, speed, undefined, tools.signal);
	const startedAt = performance.now();
	const reader = kept?.kubectl(kubectl) ?? kubectl;
	const session: SessionTools = {
		onJudged: () => undefined,
		...tools,
		resolveTarget: async () => resolveTarget(reader, {service: manifest.service, from: manifest.from}),
		openAccess: () => access,
		now: () => performance.now() - startedAt,
		probeTimeoutMs: manifest.timeoutMs,
	};
	return runSession(kept ? keepSession(kept, session, formatState) : session);
};

import {performance} from 'node:perf_hooks';
import {createAccess} from './access/create-access.ts';
import {keepCaptures} from './capture/keep-captures.ts';
import type {Finding} from './check.ts';
import {createKubectl} from './cluster/kubectl.ts';
import type {CheckOptions} from './options.ts';
import {formatJson} from './report/json.ts';
import {formatProgress} from './report/progress.ts';
import {formatReport} from './report/text.ts';
import {runSession} from './session.ts';
import {type SessionState, evidenceOf} from './session-state.ts';
import {resolveTarget} from './target.ts';
import {UserFacingError} from './user-facing-error.ts';

export type Output = {
	write(text: string): void;
	warn(text: string): void;
};

const exitCodes = {healthy: 0, fault: 1, undecided: 2} as const;

const repairOf = (state: SessionState) => ({check: {repair}, verdict}: Finding): readonly string[] =>
	(verdict.status === 'broken' || verdict.status === 'latent' ? repair(evidenceOf(state)) : []);

const exitCodeOf = ({diagnosis}: SessionState): number => exitCodes[diagnosis?.conclusion ?? 'undecided'];

/** Where not one node let us in, there is nothing to report unless the API alone shows a fault. */
const refuseBlindness = ({reached, unreachable, diagnosis}: SessionState): void => {
	const refusal = [...unreachable].toSorted(([a], [b]) => a.localeCompare(b)).at(0);
	if (refusal === undefined || reached.size > 0 || diagnosis?.conclusion === 'fault' || unreachable.values().some(({isForbidden}) => isForbidden === true)) {
		return;
	}

	const [node, {because, tryThis}] = refusal;
	throw new UserFacingError(`no node could be reached; ${node}: ${because}`, tryThis);
};

/** `hairpin check`: one incident, headless. Resolves with the exit code (design.md §9). */
export const check = async (options: CheckOptions, output: Output, signal: AbortSignal): Promise<number> => {
	const kubectl = createKubectl(options);
	const state = await runSession({
		resolveTarget: async () => resolveTarget(kubectl, {service: options.service, from: options.from}),
		openAccess: ({nodes}, tell) => createAccess(options, {addressOf: node => nodes.get(node)?.internalIp, kubectl, tell}),
		onEvent(event) {
			const line = formatProgress(event);
			if (line !== undefined) {
				output.warn(line);
			}
		},
		onJudged(judged) {
			refuseBlindness(judged);
			output.write(options.isJson ? formatJson(judged, exitCodeOf(judged), repairOf(judged)) : formatReport(judged, repairOf(judged)));
		},
		now: () => performance.now(),
		signal,
		probeTimeoutMs: options.timeoutMs,
		keepCaptures: options.capturesDirectory === undefined ? undefined : keepCaptures(options.capturesDirectory, output.warn),
	});
	return exitCodeOf(state);
};

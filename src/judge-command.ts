import {performance} from 'node:perf_hooks';
import {replay} from './access/recorded.ts';
import {readBundle} from './bundle/read-bundle.ts';
import {
	type Output,
	exitCodeOf,
	writeReport,
} from './check-command.ts';
import type {JudgeOptions} from './options.ts';
import {tellProgress} from './report/progress.ts';
import {type SessionTools, runSession} from './session.ts';
import type {SessionState} from './session-state.ts';
import {resolveTarget} from './target.ts';

export type JudgeTools = {
	readonly warn: (line: string) => void;
	readonly onEvent: SessionTools['onEvent'];
	readonly onJudged: SessionTools['onJudged'];
};

/** Asks the same questions of a bundle, and judges its answers with the checks of today. */
export const judgeAgain = async (file: string, {warn, onEvent, onJudged}: JudgeTools, signal: AbortSignal): Promise<{readonly state: SessionState}> => {
	const {manifest, lines, isWhole} = await readBundle(file);
	const lastMs = lines.at(-1)?.atMs ?? 0;
	if (!isWhole) {
		warn(`this bundle was not written to its end: it ends ${((lastMs - (lines.at(0)?.atMs ?? 0)) / 1000).toFixed(1)} s after its first question`);
	}

	const {access, kubectl} = replay(lines, Infinity);
	return {
		state: await runSession({
			resolveTarget: async () => resolveTarget(kubectl, {service: manifest.service, from: manifest.from}),
			openAccess: () => access,
			onEvent,
			onJudged,
			now: () => performance.now(),
			signal,
			probeTimeoutMs: manifest.timeoutMs,
		}),
	};
};

/** `hairpin check --from-bundle` and `hairpin open`: judges an incident of a bundle, and prints the report. Resolves with the exit code. */
export const judgeBundle = async ({file, isJson}: JudgeOptions, output: Output, signal: AbortSignal): Promise<number> => {
	const {state} = await judgeAgain(file, {
		warn: output.warn,
		onEvent: tellProgress(output.warn),
		onJudged(judged) {
			writeReport(judged, isJson, output);
		},
	}, signal);
	return exitCodeOf(state);
};

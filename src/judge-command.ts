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
import {runSession} from './session.ts';
import {resolveTarget} from './target.ts';

/** `hairpin check --from-bundle` and `hairpin open`: asks the same questions of a bundle, and judges its answers with the checks of today. Resolves with the exit code. */
export const judgeBundle = async ({file, isJson}: JudgeOptions, output: Output, signal: AbortSignal): Promise<number> => {
	const {manifest, lines, isWhole} = await readBundle(file);
	const lastMs = lines.at(-1)?.atMs ?? 0;
	if (!isWhole) {
		output.warn(`this bundle was not written to its end: it ends ${((lastMs - (lines.at(0)?.atMs ?? 0)) / 1000).toFixed(1)} s after its first question`);
	}

	const {access, kubectl} = replay(lines, Infinity);
	const state = await runSession({
		resolveTarget: async () => resolveTarget(kubectl, {service: manifest.service, from: manifest.from}),
		openAccess: () => access,
		onEvent: tellProgress(output.warn),
		onJudged(judged) {
			writeReport(judged, isJson, output);
		},
		now: () => performance.now(),
		signal,
		probeTimeoutMs: manifest.timeoutMs,
	});
	return exitCodeOf(state);
};

import {explainKubectlFailure} from '../cluster/kubectl-failure.ts';
import {
	type Answer,
	type Point,
	type Stream,
	pointLabel,
} from './access.ts';
import {startMarker} from './remote-script.ts';
import type {CommandResult} from './run.ts';
import type {Failure} from './ssh-failure.ts';

/** Why the container in which something was run is gone, or undefined while it runs. */
export type ExplainLoss = () => Promise<Failure | undefined>;

/** What a `kubectl exec` of one of our scripts brought back. */
export const interpretExec = async (point: Point, command: string, result: CommandResult, explainLoss: ExplainLoss): Promise<Answer> => {
	const start = result.stderr.indexOf(`${startMarker}\n`);
	if (start === -1 || result.isTimedOut) {
		const slow: Failure = {because: `${pointLabel(point)} did not answer within ${Math.round(result.ms / 1000)} s`, tryThis: 'is the node overloaded, or the way from the API server to it? Try: kubectl exec in any pod of that node'};
		return {ok: false, command, ...(await explainLoss() ?? (result.isTimedOut ? slow : explainKubectlFailure(result.stderr)))};
	}

	// What kubectl itself says about the exit code stands on the same stream.
	const stderr = result.stderr.slice(start + startMarker.length + 1).replace(/command terminated with exit code \d+\n$/v, '');
	return {
		ok: true, command, stdout: result.stdout, stderr, exitCode: result.exitCode ?? 1, ms: result.ms,
	};
};

/** A stream whose end is explained by the end of its container where that was the reason. */
export const explainEnd = (stream: Stream, explainLoss: ExplainLoss): Stream => ({
	...stream,
	ended: (async () => {
		const end = await stream.ended;
		const loss = end.exitCode === 0 ? undefined : await explainLoss();
		return loss ? {...end, because: loss.because} : end;
	})(),
});

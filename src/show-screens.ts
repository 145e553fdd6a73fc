import process from 'node:process';
import {describeOpen, readOwnOpen} from './changes/journal.ts';
import {type Output, exitCodeOf, repairOf} from './check-command.ts';
import {formatSummary} from './report/summary.ts';
import type {IncidentSource, Pair} from './ui/incident-source.ts';

/** Shows a source's incident until the person leaves, then tells what came of it in lines. Resolves with the exit code. */
export const showScreens = async (source: IncidentSource, pair: Pair | undefined, output: Output, signal: AbortSignal): Promise<number> => {
	// React decides by it, when it is loaded, whether to check every element that is made: three times the work for each frame.
	process.env.NODE_ENV ??= 'production';
	const {runScreens} = await import('./ui/run-screens.ts');
	const left = await runScreens({source, pair, signal});
	if (left.defect !== undefined) {
		throw left.defect as Error;
	}

	output.write(formatSummary(left.state, repairOf(left.state), source.farewell));
	output.write(source.filesKept?.().map(line => `${line}\n`).join('') ?? '');
	// A procedure tells by itself what it left, unless nobody waits for it.
	const open = left.isAtOnce || source.guide === undefined ? await readOwnOpen() : [];
	output.write(open.map(entry => `${describeOpen(entry)}\n`).join(''));
	if (left.isAtOnce) {
		// Nothing can be left of a recording.
		output.warn(`hairpin: left at once${source.label ? '' : '; what was started ends by itself. Look with: hairpin sweep'}`);
		// eslint-disable-next-line unicorn/no-process-exit
		process.exit(130);
	}

	return exitCodeOf(left.state);
};

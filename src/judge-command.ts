import {createReadStream} from 'node:fs';
import {describeCut} from './bundle/describe-cut.ts';
import {type Bundle, readBundle} from './bundle/read-bundle.ts';
import {refuseUnwritable} from './bundle/write-bundle.ts';
import {createBundleSource} from './bundle-source.ts';
import {
	type Output,
	type Printed,
	exitCodeOf,
	formatIncident,
	formatState,
	stamp,
} from './check-command.ts';
import {chooseFrontEnd, explainLines, readTerminal} from './front-end.ts';
import {keepRedacted, refuseSameFile} from './keep-redacted.ts';
import type {JudgeOptions} from './options.ts';
import {runRecorded} from './recorded-session.ts';
import {redactBundle} from './redact-bundle.ts';
import {writeReports} from './report-files.ts';
import type {Incident} from './report/incident.ts';
import {tellProgress} from './report/progress.ts';
import type {SessionTools} from './session.ts';
import type {SessionState} from './session-state.ts';
import {showScreens} from './show-screens.ts';

/** Writes a bundle again with pseudonyms. Nothing is written where an original would still be in it. */
const redactFile = async (file: string, redactedFile: string, {warn}: Output, signal: AbortSignal): Promise<number> => {
	refuseSameFile(file, redactedFile);
	refuseUnwritable(redactedFile);
	const redacted = await redactBundle(file, createReadStream(file), {names: [], formatReport: formatState, signal});
	await keepRedacted(redactedFile, redacted, warn);
	return 0;
};

const warnOfEnd = (bundle: Bundle, {warn}: Pick<Output, 'warn'>): void => {
	const cut = describeCut(bundle);
	if (cut !== undefined) {
		warn(`this bundle was not written to its end: ${cut}`);
	}

	if (bundle.manifest.redacted === true) {
		warn('names and addresses in this bundle are pseudonyms');
	}
};

export type JudgeTools = {
	readonly warn: (line: string) => void;
	readonly onEvent: SessionTools['onEvent'];
	readonly onJudged: SessionTools['onJudged'];
};

/** Asks the same questions of a bundle, and judges its answers with the checks of today. */
export const judgeAgain = async (file: string, {warn, onEvent, onJudged}: JudgeTools, signal: AbortSignal): Promise<{readonly state: SessionState}> => {
	const bundle = await readBundle(file);
	warnOfEnd(bundle, {warn});
	return {
		state: await runRecorded(bundle, {
			speed: Infinity, onEvent, onJudged, signal,
		}),
	};
};

/** Judges a bundle, prints the report and writes those that have a file. Resolves with the exit code. */
export const printJudged = async (bundle: Bundle, options: Printed & Pick<JudgeOptions, 'reports'>, output: Output, signal: AbortSignal): Promise<number> => {
	let incident: Incident | undefined;
	const state = await runRecorded(bundle, {
		speed: Infinity,
		onEvent: tellProgress(output.warn),
		onJudged(judged) {
			incident = stamp(judged, bundle.timeline);
			output.write(formatIncident(options, incident));
		},
		signal,
	});
	if (incident) {
		await writeReports(options.reports, incident, output);
	}

	return exitCodeOf(state);
};

/** `hairpin check --from-bundle` and `hairpin open`: asks the same questions of a bundle, and judges its answers with the checks of today. Resolves with the exit code. */
export const judgeBundle = async ({file, isPlain, redactedFile, ...options}: JudgeOptions, output: Output, signal: AbortSignal): Promise<number> => {
	if (redactedFile !== undefined) {
		return redactFile(file, redactedFile, output, signal);
	}

	const bundle = await readBundle(file);
	warnOfEnd(bundle, output);
	const {service, from} = bundle.manifest;
	const front = chooseFrontEnd(readTerminal(isPlain || options.isJson));
	if (front.kind === 'screens') {
		return showScreens(createBundleSource(bundle), {service, from}, output, signal);
	}

	if (!isPlain && !options.isJson) {
		output.warn(explainLines(front.because));
	}

	return printJudged(bundle, options, output, signal);
};

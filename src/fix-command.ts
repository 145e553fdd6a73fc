import {
	type Output,
	exitCodes,
	formatState,
	repairOf,
} from './check-command.ts';
import {composeFixIncident} from './fix-report.ts';
import {createKubectl} from './cluster/kubectl.ts';
import {type Consent, giveConsent} from './consent.ts';
import {isAnsweredYes} from './fix/is-answered-yes.ts';
import {listChanges} from './fix/choose-change.ts';
import {
	type FixResult,
	type FixSession,
	type PreparedFix,
	createFixSession,
} from './fix/fix-session.ts';
import {renderChange} from './fix/render.ts';
import {type BegunBundle, beginBundle} from './keep-bundle.ts';
import {type FixKeeper, createFixKeeper} from './keep-fix.ts';
import type {FixOptions} from './options.ts';
import {formatFixJson} from './report/fix-json.ts';
import {
	formatBeforeAfter,
	formatChangeNews,
	formatChanges,
	formatPreview,
} from './report/fix-text.ts';
import type {Incident} from './report/incident.ts';
import {countFailing} from './report/matrix-text.ts';
import {stampLine, tellProgress} from './report/progress.ts';
import {type Timeline, createTimeline, writeReports} from './report-files.ts';
import {isFailing} from './probes/matrix.ts';
import type {RedactedBundle} from './redact-bundle.ts';
import {redactBeside, redactIncident} from './redact-report.ts';
import type {SessionState} from './session-state.ts';
import {UserFacingError} from './user-facing-error.ts';

/** Whether nothing is to be done. */
export const isIdle = ({prepared, change: {plan}}: PreparedFix): boolean => prepared.length === 0 && plan.objects.every(({before, after}) => before === after);

const tellUndo = ({entry}: FixResult): string => `put it back with: hairpin undo ${entry.id}`;

/** What to do after it was not made. */
const tellNext = (result: FixResult): string => {
	const {nodes, objects} = result.entry;
	if ([...nodes, ...objects].some(({progress}) => progress === 'applied' || progress === 'begun')) {
		return `some of it is in force; ${tellUndo(result)}`;
	}

	return objects.length > 0 ? 'everything is as it was; see what would be changed now: add --dry-run' : 'everything is as it was; see what the node says: journalctl -n 50';
};

/** Why a change was not made, and what to do next. */
export const explainUnmade = (result: FixResult): UserFacingError =>
	new UserFacingError(`the change was not made: ${result.isApplied ? '' : result.because}`, tellNext(result));

const tellKeep = ({entry}: FixResult): readonly string[] => (entry.until === undefined ? [] : [`the nodes undo it by themselves at ${entry.until}, unless: hairpin keep ${entry.id}`]);

const exitCodeOf = ({after}: FixResult): number => exitCodes[after === undefined ? 'healthy' : after.diagnosis?.conclusion ?? 'undecided'];

const describeAfter = ({matrix, diagnosis}: SessionState): string => {
	const asked = matrix.filter(({attempts}) => attempts.length > 0);
	const sentence = diagnosis?.sentence ?? '';
	return asked.some(cell => isFailing(cell)) ? `it acts, but ${countFailing(asked)}. ${sentence}` : `verified: all ${asked.length} probes are open. ${sentence}`;
};

/** Every probe before and after, and what that comes to, in so many columns. */
export const formatComparison = (before: SessionState | undefined, after: SessionState, columns?: number): readonly string[] => [
	...(before ? ['before and after', ...formatBeforeAfter(before.matrix, after.matrix, columns).map(line => `  ${line}`), ''] : []),
	describeAfter(after),
];

/** What came of it, in a few lines of so many columns. */
export const formatResult = ({before}: PreparedFix, result: FixResult, columns?: number): string => {
	const {after} = result;
	return [
		...(after ? formatComparison(before, after, columns) : ['it acts on every node. No Service was named, so nothing was probed']),
		...tellKeep(result),
		tellUndo(result),
		'',
	].join('\n');
};

const consentTo = async ({isAgreed, isReadOnly}: FixOptions, signal: AbortSignal): Promise<Consent> =>
	giveConsent({isReadOnly, isAgreed: isAgreed || (!isReadOnly && await isAnsweredYes('make this change?', signal))});

const showOnly = (options: FixOptions, fix: PreparedFix, output: Output): number => {
	if (options.render !== undefined) {
		output.write(renderChange(fix, options.render, options.image));
	} else if (options.isJson) {
		output.write(formatFixJson(fix, undefined, 0));
	}

	return 0;
};

type Telling = {readonly options: FixOptions; readonly output: Output; readonly timeline: Timeline; readonly keeper: FixKeeper | undefined};

/** What came of a fix: the exit code, and the incident where a Service was named. */
type Fixed = {readonly exitCode: number; readonly incident?: Incident | undefined};

const carryOut = async (session: FixSession, fix: PreparedFix, consent: Consent, {options, output, timeline, keeper}: Telling): Promise<Fixed> => {
	const result = await session.carryOut(fix, consent);
	if (!result.isApplied) {
		if (options.isJson) {
			output.write(formatFixJson(fix, result, 3));
		}

		throw explainUnmade(result);
	}

	const exitCode = exitCodeOf(result);
	output.write(options.isJson ? formatFixJson(fix, result, exitCode) : formatResult(fix, result));
	keeper?.made(formatResult(fix, result));
	return {exitCode, incident: composeFixIncident(fix, result, timeline.entries())};
};

const showFirst = ({render, isJson}: FixOptions, {preview}: PreparedFix, keeper: FixKeeper | undefined, {write}: Output): void => {
	keeper?.shown(preview);
	if (render === undefined && !isJson) {
		write(`${formatPreview(preview)}\n`);
	}
};

const performFix = async (options: FixOptions & {readonly id: string}, keeper: FixKeeper | undefined, output: Output, signal: AbortSignal): Promise<Fixed> => {
	const isShown = options.isDryRun || options.render !== undefined;
	const timeline = createTimeline();
	const tellSession = tellProgress(output.warn);
	const session = createFixSession({
		options,
		kubectl: createKubectl(options),
		consent: !isShown && options.isAgreed ? giveConsent(options) : undefined,
		kept: keeper?.kept,
		tellSession(event) {
			tellSession(event);
			timeline.note(event);
			keeper?.event(event);
		},
		tellChange(news) {
			const entry = {atMs: performance.now(), text: formatChangeNews(news)};
			output.warn(stampLine(entry.atMs, entry.text));
			keeper?.told(news);
			if (news.type !== 'journal-written') {
				timeline.noteText(entry);
			}
		},
		signal,
	});
	try {
		const prepared = await session.prepare();
		showFirst(options, prepared, keeper, output);

		if (isShown) {
			return {exitCode: showOnly(options, prepared, output)};
		}

		if (isIdle(prepared)) {
			output.warn('nothing is to be done: all of it is so already');
			return {exitCode: prepared.before === undefined ? exitCodes.healthy : exitCodes[prepared.before.diagnosis?.conclusion ?? 'undecided']};
		}

		return await carryOut(session, prepared, await consentTo(options, signal), {
			options, output, timeline, keeper,
		});
	} finally {
		await session.close();
	}
};

/** A fix whose bundle is written to its end, also where the change was not made. */
const performKept = async (options: FixOptions & {readonly id: string}, bundle: BegunBundle | undefined, output: Output, signal: AbortSignal): Promise<Fixed & {readonly redacted: RedactedBundle | undefined}> => {
	const keeper = bundle && createFixKeeper(bundle.kept, formatState);
	try {
		const fixed = await performFix(options, keeper, output, signal);
		return {...fixed, redacted: await bundle?.end(true)};
	} catch (error) {
		const isTold = error instanceof UserFacingError && !signal.aborted;
		if (isTold) {
			keeper?.unmade(error.because);
		}

		await bundle?.end(isTold);
		throw error;
	}
};

/** `hairpin fix`. Resolves with the exit code: 0 where it acts and what failed works, 1 where something still fails. Throws `UserFacingError` where it was not made. */
export const fix = async (options: FixOptions, output: Output, signal: AbortSignal): Promise<number> => {
	const {id, reports} = options;
	if (id === undefined) {
		output.write(formatChanges(listChanges()));
		return 0;
	}

	const isRedacted = reports?.isRedacted === true;
	const bundle = beginBundle({...options, bundleFile: options.bundleFile, isRedacted}, {warn: output.warn, formatReport: formatState});
	const {exitCode, incident, redacted} = await performKept({...options, id}, bundle, output, signal);
	if (incident) {
		const shown = isRedacted ? redactBeside(incident, redacted, repairOf) ?? redactIncident(incident, {options, repairOf, warn: output.warn}) : incident;
		await writeReports(reports, shown, output);
	}

	return exitCode;
};

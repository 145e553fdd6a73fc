import {type Output, exitCodes} from './check-command.ts';
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
import type {FixOptions} from './options.ts';
import {formatFixJson} from './report/fix-json.ts';
import {
	formatBeforeAfter,
	formatChangeNews,
	formatChanges,
	formatPreview,
} from './report/fix-text.ts';
import {stampLine, tellProgress} from './report/progress.ts';
import {isFailing} from './probes/matrix.ts';
import type {SessionState} from './session-state.ts';
import {UserFacingError} from './user-facing-error.ts';

const isIdle = ({prepared, change: {plan}}: PreparedFix): boolean => prepared.length === 0 && plan.objects.every(({before, after}) => before === after);

const tellUndo = ({entry}: FixResult): string => `put it back with: hairpin undo ${entry.id}`;

const tellKeep = ({entry}: FixResult): readonly string[] => (entry.until === undefined ? [] : [`the nodes undo it by themselves at ${entry.until}, unless: hairpin keep ${entry.id}`]);

const exitCodeOf = ({after}: FixResult): number => exitCodes[after === undefined ? 'healthy' : after.diagnosis?.conclusion ?? 'undecided'];

const describeAfter = ({matrix, diagnosis}: SessionState): string => {
	const asked = matrix.filter(({attempts}) => attempts.length > 0);
	const failing = asked.filter(cell => isFailing(cell)).length;
	const sentence = diagnosis?.sentence ?? '';
	return failing === 0 ? `verified: all ${asked.length} probes are open. ${sentence}` : `it acts, but ${failing} of ${asked.length} probes fail. ${sentence}`;
};

/** What came of it, in a few lines. */
const formatResult = ({before}: PreparedFix, result: FixResult): string => {
	const {after} = result;
	return [
		...(after && before ? ['before and after', ...formatBeforeAfter(before.matrix, after.matrix).map(line => `  ${line}`), ''] : []),
		after === undefined ? 'it acts on every node. No Service was named, so nothing was probed' : describeAfter(after),
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

const carryOut = async (session: FixSession, fix: PreparedFix, consent: Consent, {options, output}: {readonly options: FixOptions; readonly output: Output}): Promise<number> => {
	const result = await session.carryOut(fix, consent);
	if (!result.isApplied) {
		if (options.isJson) {
			output.write(formatFixJson(fix, result, 3));
		}

		const isLeft = result.entry.nodes.some(({progress}) => progress === 'applied' || progress === 'begun');
		throw new UserFacingError(`the change was not made: ${result.because}`, isLeft ? `some of it is in force; ${tellUndo(result)}` : 'everything is as it was; see what the node says: journalctl -n 50');
	}

	const exitCode = exitCodeOf(result);
	output.write(options.isJson ? formatFixJson(fix, result, exitCode) : formatResult(fix, result));
	return exitCode;
};

/** `hairpin fix`. Resolves with the exit code: 0 where it acts and what failed works, 1 where something still fails. Throws `UserFacingError` where it was not made. */
export const fix = async (options: FixOptions, output: Output, signal: AbortSignal): Promise<number> => {
	const {id} = options;
	if (id === undefined) {
		output.write(formatChanges(listChanges()));
		return 0;
	}

	const isShown = options.isDryRun || options.render !== undefined;
	const session = createFixSession({
		options: {...options, id},
		kubectl: createKubectl(options),
		consent: !isShown && options.isAgreed ? giveConsent(options) : undefined,
		tellSession: tellProgress(output.warn),
		tellChange(news) {
			output.warn(stampLine(performance.now(), formatChangeNews(news)));
		},
		signal,
	});
	try {
		const prepared = await session.prepare();
		if (options.render === undefined && !options.isJson) {
			output.write(`${formatPreview(prepared.preview)}\n`);
		}

		if (isShown) {
			return showOnly(options, prepared, output);
		}

		if (isIdle(prepared)) {
			output.warn('nothing is to be done: all of it is so already');
			return prepared.before === undefined ? exitCodes.healthy : exitCodes[prepared.before.diagnosis?.conclusion ?? 'undecided'];
		}

		return await carryOut(session, prepared, await consentTo(options, signal), {options, output});
	} finally {
		await session.close();
	}
};

import {createReadStream} from 'node:fs';
import {performance} from 'node:perf_hooks';
import {text as readText} from 'node:stream/consumers';
import {createAccess} from './access/create-access.ts';
import {type Output, formatState} from './check-command.ts';
import {cleanText} from './clean.ts';
import {createKubectl} from './cluster/kubectl.ts';
import {chooseFrontEnd, explainLines, readTerminal} from './front-end.ts';
import {judgeAgain} from './judge-command.ts';
import {beginBundle} from './keep-bundle.ts';
import type {RunbookOptions, WalkOptions} from './options.ts';
import {formatChangeNews} from './report/fix-text.ts';
import {stampLine, tellProgress} from './report/progress.ts';
import {formatTable} from './report/table.ts';
import {composeSchema} from './runbook/json-schema.ts';
import {createLooker} from './runbook/look.ts';
import {createMender} from './runbook/mend.ts';
import {joinWords, suggestWord} from './runbook/mistakes.ts';
import {formatMistake, parseRunbook} from './runbook/parse-runbook.ts';
import {createPeople} from './runbook/people.ts';
import {
	type Runbook,
	kindOf,
	listSteps,
	targetVariables,
} from './runbook/runbook.ts';
import {runbookShape} from './runbook/runbook-shape.ts';
import type {People, WalkNews} from './runbook/scene.ts';
import {shippedRunbooks} from './runbook/shipped.ts';
import {fillText, listUses} from './runbook/variables.ts';
import {type Walk, walk} from './runbook/walk.ts';
import {formatWalkJson} from './runbook/walk-json.ts';
import {
	describeEnd,
	describeEndAlone,
	formatHead,
	formatNews,
	formatWalk,
} from './runbook/walk-text.ts';
import type {SessionEvent} from './session-state.ts';
import {showScreens} from './show-screens.ts';
import {UserFacingError} from './user-facing-error.ts';
import {createWalkSource} from './walk-source.ts';

const couldNotRun = 3;

type Source = {readonly text: string; readonly isShipped: boolean};

const largestBytes = 1_000_000;

/** A shipped runbook by its name, or a file. */
const readSource = async (file: string): Promise<Source> => {
	const shipped = shippedRunbooks.get(file);
	if (shipped !== undefined) {
		return {text: shipped, isShipped: true};
	}

	try {
		// What is longer is refused by its length; how long it is in full matters to nobody.
		return {text: await readText(createReadStream(file, {end: largestBytes})), isShipped: false};
	} catch (error) {
		throw new UserFacingError(`the runbook cannot be read: ${error instanceof Error ? error.message : String(error)}`, `name a file, or a shipped one: ${shippedRunbooks.keys().toArray().join(', ')}`);
	}
};

/** Throws `UserFacingError` with the first mistake. */
const requireRunbook = (file: string, {text}: Source): Runbook => {
	const parsed = parseRunbook(text);
	if ('runbook' in parsed) {
		return parsed.runbook;
	}

	const [first] = parsed.mistakes;
	const left = parsed.mistakes.length - 1;
	throw new UserFacingError(`${formatMistake(cleanText(file), first)}${left > 0 ? ` (and ${left} more)` : ''}`, `see all of them: hairpin runbook --check ${cleanText(file)}`);
};

const checkRunbook = (file: string, {text}: Source, {write}: Output): number => {
	const parsed = parseRunbook(text);
	if ('runbook' in parsed) {
		write(`${cleanText(file)}: no mistakes, ${listSteps(parsed.runbook.steps).length} steps\n`);
		return 0;
	}

	write(parsed.mistakes.map(mistake => `${formatMistake(cleanText(file), mistake)}\n`).join(''));
	return couldNotRun;
};

const listShipped = (): string => `${formatTable(shippedRunbooks.entries().map(([name, text]) => [name, requireRunbook(name, {text, isShipped: true}).title]).toArray()).join('\n')}\n`;

const refuseUnknown = (what: string, flag: string, given: readonly string[], known: readonly string[]): void => {
	const wrong = given.find(name => !known.includes(name));
	if (wrong !== undefined) {
		throw new UserFacingError(`the runbook has no ${what} "${wrong}"${suggestWord(wrong, known)}`, known.length === 0 ? `leave ${flag} out` : `${flag} takes ${joinWords(known)}`);
	}
};

const readValues = ({variables = {}}: Runbook, {values}: WalkOptions): ReadonlyMap<string, string> => {
	refuseUnknown('variable', '--set', values.keys().toArray(), Object.keys(variables));
	const missing = Object.keys(variables).find(name => !values.has(name) && variables[name]?.default === undefined);
	if (missing !== undefined) {
		throw new UserFacingError(`the runbook wants a value for "${missing}"${variables[missing]?.says === undefined ? '' : ` (${variables[missing].says})`}`, `give it: --set ${missing}=VALUE`);
	}

	return new Map([...Object.entries(variables).map(([name, variable]) => [name, variable?.default ?? ''] as const), ...values]);
};

const checkAnswers = ({steps}: Runbook, {answers}: WalkOptions): void => {
	const questions = new Map(listSteps(steps).flatMap(step => ('ask' in step && step.name !== undefined ? [[step.name, Object.keys(step.answers)] as const] : [])));
	refuseUnknown('question', '--answer', answers.keys().toArray(), questions.keys().toArray());
	for (const [name, answer] of answers) {
		refuseUnknown(`answer to "${name}"`, `--answer ${name}=…`, [answer], questions.get(name) ?? []);
	}
};

/** Commands of a file could do anything, whatever they are said to do: they run only where somebody agreed to it. */
const agreeToCommands = async ({steps}: Runbook, {isShipped}: Source, options: WalkOptions, {output, signal}: {readonly output: Output; readonly signal: AbortSignal}): Promise<void> => {
	const commands = listSteps(steps).flatMap(step => ('run' in step ? [`${step.at.padEnd(12)}  ${step.run.join(' ')}`] : []));
	if (isShipped || commands.length === 0 || (options.isTrusted && !options.isReadOnly)) {
		return;
	}

	output.warn(cleanText(`this runbook runs these commands, as root:\n${commands.map(command => `  ${command}`).join('\n')}`));
	const people = createPeople({...options, answers: new Map()}, signal);
	try {
		await people.agree('run them?');
	} catch (error) {
		throw error instanceof UserFacingError
			? new UserFacingError(options.isReadOnly ? 'its commands could change something, and nothing may be changed with --read-only' : 'nothing was done: nobody agreed to its commands', 'say --trust, which lets commands run and still asks for every change')
			: error;
	}
};

const lookingKinds: ReadonlySet<string> = new Set(['inventory', 'probe', 'check', 'capture', 'compare', 'run', 'verify']);

/** Whether any step needs a Service and a client. */
const isAboutTarget = ({steps}: Runbook): boolean => listSteps(steps).some(step => lookingKinds.has(kindOf(step)))
	|| listUses(JSON.stringify(steps)).some(name => (targetVariables as readonly string[]).includes(name));

/** The command line wins over the runbook. */
const readTarget = ({target = {}}: Runbook, options: WalkOptions, values: ReadonlyMap<string, string>) => {
	const filled = (text: string | undefined): string | undefined => (text === undefined ? undefined : fillText(text, values));
	// A client belongs to its Service: another Service is asked about from another client.
	return options.service === undefined
		? {service: filled(target.service), from: options.from ?? filled(target.from), namespace: options.namespace ?? filled(target.namespace)}
		: {service: options.service, from: options.from, namespace: options.namespace};
};

/** Who is told of a walk, and who is asked. */
type Hooks = {
	readonly session: (event: SessionEvent) => void;
	readonly walk: (news: WalkNews) => void;
	readonly warn: (line: string) => void;
	readonly people: People;
	readonly signal: AbortSignal;
};

type Prepared = {readonly runbook: Runbook; readonly options: WalkOptions; readonly values: ReadonlyMap<string, string>; readonly isShipped: boolean};

/** Walks, and closes what that opened. */
const performWalk = async ({runbook, options, values, isShipped}: Prepared, {session, walk: tellWalk, warn, people, signal}: Hooks): Promise<Walk> => {
	const kubectl = createKubectl(options);
	const bundle = beginBundle({...options, typed: [...values.values(), ...options.answers.values()]}, {warn, formatReport: formatState});
	const kept = bundle?.kept;
	const describe = !isShipped && options.isRedacted ? describeEndAlone : describeEnd;
	const tellSession = (event: SessionEvent): void => {
		kept?.event(event);
		session(event);
	};

	const looker = createLooker({
		...options,
		kubectl,
		createAccess: (addressOf, tell) => createAccess(options, {addressOf, kubectl, tell}),
		tell: tellSession,
		kept: kept && {
			access: kept.access,
			captures: kept.captures,
			kubectl: kept.kubectl(kubectl),
			judged(state) {
				kept.report(formatState(state));
			},
		},
		signal,
	});
	const mender = createMender({
		options,
		kubectl,
		tellSession,
		tellChange(news) {
			warn(stampLine(performance.now(), formatChangeNews(news)));
		},
		warn,
		signal,
	});
	try {
		return await walk(runbook, {
			looker, mender, people, now: () => performance.now(), values, tell(news) {
				if (news.type === 'step-ended') {
					kept?.note(news.type, describe(news.step));
				}

				tellWalk(news);
			},
		}, isAboutTarget(runbook));
	} finally {
		await looker.close();
		await bundle?.end(true);
	}
};

const walkInLines = async (prepared: Prepared, output: Output, signal: AbortSignal): Promise<number> => {
	const {runbook, options} = prepared;
	if (!options.isJson) {
		output.write(cleanText(formatHead(runbook)));
	}

	const walked = await performWalk(prepared, {
		session: tellProgress(output.warn),
		warn: output.warn,
		people: createPeople(options, signal),
		signal,
		walk(news) {
			if (!options.isJson) {
				output.write(cleanText(formatNews(news)));
			} else if (news.type !== 'step-begun') {
				output.warn(cleanText(news.type === 'step-ended' ? describeEnd(news.step) : formatNews(news)));
			}
		},
	});
	output.write(options.isJson ? formatWalkJson(runbook, options.file, walked) : cleanText(formatWalk(walked)));
	return walked.exitCode;
};

/** The same as a guided list beside the panes. */
const walkOnScreens = async (prepared: Prepared, output: Output, signal: AbortSignal): Promise<number> => {
	const {runbook, options} = prepared;
	const {service = '', from} = options;
	const {source, walked} = createWalkSource(runbook, async hooks => performWalk(prepared, {...hooks, people: hooks.people(options)}));
	await showScreens(source, {service, from}, output, signal);
	const ended = walked();
	output.write(ended ? cleanText(formatWalk(ended)) : '');
	return ended?.exitCode ?? couldNotRun;
};

const walkRunbook = async (asked: WalkOptions, output: Output, signal: AbortSignal): Promise<number> => {
	const source = await readSource(asked.file);
	const runbook = requireRunbook(asked.file, source);
	const values = readValues(runbook, asked);
	checkAnswers(runbook, asked);
	const options = {...asked, ...readTarget(runbook, asked, values)};
	await agreeToCommands(runbook, source, options, {output, signal});
	const prepared = {
		runbook, options, values, isShipped: source.isShipped,
	};
	const front = chooseFrontEnd(readTerminal(options.isPlain || options.isJson));
	if (front.kind === 'screens') {
		return walkOnScreens(prepared, output, signal);
	}

	if (!options.isPlain && !options.isJson) {
		output.warn(explainLines(front.because));
	}

	return walkInLines(prepared, output, signal);
};

const draft = async (file: string, output: Output, signal: AbortSignal): Promise<number> => {
	const {formatDraft} = await import('./runbook/draft.ts');
	const {state} = await judgeAgain(file, {warn: output.warn, onEvent: tellProgress(output.warn), onJudged: () => undefined}, signal);
	output.write(formatDraft(state, file));
	return 0;
};

/** `hairpin runbook`. Resolves with the exit code (design.md §9). */
export const runbook = async (options: RunbookOptions, output: Output, signal: AbortSignal): Promise<number> => {
	switch (options.task) {
		case 'list': {
			output.write(listShipped());
			return 0;
		}

		case 'schema': {
			output.write(composeSchema(runbookShape, 'hairpin/runbook/v1'));
			return 0;
		}

		case 'check': {
			return checkRunbook(options.file, await readSource(options.file), output);
		}

		case 'draft': {
			return draft(options.file, output, signal);
		}

		case 'walk': {
			return walkRunbook(options, output, signal);
		}
	}
};

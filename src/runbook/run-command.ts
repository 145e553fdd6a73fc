import {readFileSync} from 'node:fs';
import {runInNewContext} from 'node:vm';
import {type Access, type Point, pointLabel} from '../access/access.ts';
import {cleanLine, cleanText} from '../clean.ts';
import {type Judged, judgeNumber} from './expect.ts';
import type {CommandExpectation} from './runbook.ts';

const commandText = readFileSync(new URL('run-command.sh', import.meta.url), 'utf8');

/** A command that ran at a point, or why it did not. Output is clean. */
export type Ran = {
	readonly point: string;
	/** Undefined where it did not run. */
	readonly exitCode: number | undefined;
	readonly stdout: string;
	readonly stderr: string;
	readonly because: string;
};

const maxBytes = 1_000_000;
// What timeout(1) ends with when the time is over.
const timedOut = 124;

/** Runs a command, word by word, at a point whose node is connected. */
export const runCommandAt = async (access: Access, point: Point, argv: readonly string[], seconds: number, signal: AbortSignal): Promise<Ran> => {
	const answer = await access.run(point, {name: 'runbook', text: commandText, args: [String(seconds), ...argv]}, {timeoutMs: (seconds + 10) * 1000, maxBytes, signal});
	if (!answer.ok) {
		return {
			point: pointLabel(point), exitCode: undefined, stdout: '', stderr: '', because: cleanLine(answer.because),
		};
	}

	const {exitCode, stdout, stderr} = answer;
	return {
		point: pointLabel(point), exitCode, stdout: cleanText(stdout), stderr: cleanText(stderr), because: exitCode === timedOut ? `it may have run out of its ${seconds} s` : '',
	};
};

const patienceMs = 1000;

/** What an expression finds: its first group, else all of it. Undefined where it finds nothing, or takes longer than anybody waits. */
const findIn = (text: string, source: string): string | undefined => {
	try {
		// Some expressions take time without end on some texts; only this can end them.
		return runInNewContext('((found) => found === null ? undefined : found[1] ?? found[0])(new RegExp(source, "mv").exec(text))', {source, text}, {timeout: patienceMs}) as string | undefined;
	} catch {
		return undefined;
	}
};

const anyNumber = String.raw`-?\d+(?:\.\d+)?`;

const shorten = (text: string): string => (text.trim() === '' ? 'nothing' : `"${cleanLine(text, 120)}"`);

type Texts = {readonly what: string; readonly wanted: string; readonly isMet: boolean};

const judgeOutput = ({stdout}: Ran, {equals, contains, lacks, matches}: CommandExpectation): readonly Texts[] => [
	...(equals === undefined ? [] : [{what: 'the output', wanted: `exactly ${shorten(equals)}`, isMet: stdout.trim() === equals.trim()}]),
	...(contains === undefined ? [] : [{what: 'the output', wanted: `with ${shorten(contains)}`, isMet: stdout.includes(contains)}]),
	...(lacks === undefined ? [] : [{what: 'the output', wanted: `without ${shorten(lacks)}`, isMet: !stdout.includes(lacks)}]),
	...(matches === undefined ? [] : [{what: 'the output', wanted: `like /${cleanLine(matches, 120)}/`, isMet: findIn(stdout, matches) !== undefined}]),
];

const toNumber = (text: string | undefined): number | undefined => {
	const found = text === undefined || text.trim() === '' ? NaN : Number(text);
	return Number.isFinite(found) ? found : undefined;
};

/** What a command did beside what it must do. One that did not run can be judged by nothing. */
export const judgeCommand = (ran: Ran, expectation: CommandExpectation = {}): readonly Judged[] => {
	const {point, exitCode, stdout, because} = ran;
	if (exitCode === undefined) {
		return [{
			what: `the command on ${point}`, wanted: 'run', found: `not run: ${because}`, isMet: undefined,
		}];
	}

	const {exit = 0, number} = expectation;
	return [
		{
			what: `exit code on ${point}`, wanted: String(exit), found: `${exitCode}${because === '' ? '' : ` (${because})`}`, isMet: exitCode === exit,
		},
		...judgeOutput(ran, expectation).map(({what, wanted, isMet}) => ({
			what: `${what} on ${point}`, wanted, found: shorten(stdout), isMet,
		})),
		...(number ? judgeNumber(`the number on ${point}`, toNumber(findIn(stdout, number.find ?? anyNumber)), number) : []),
	];
};

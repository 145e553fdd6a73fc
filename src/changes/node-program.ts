import {readFileSync} from 'node:fs';
import type {Access, Script, Stream} from '../access/access.ts';
import {readTail} from '../access/run.ts';
import {cleanLine} from '../clean.ts';

const programText = readFileSync(new URL('node-program.sh', import.meta.url), 'utf8');
const leftoversText = readFileSync(new URL('proxy-leftovers.sh', import.meta.url), 'utf8');
const journalDirectory = '/var/lib/hairpin/changes';

/** One thing on a node that has a value: kind and name as node-program.sh takes them. */
export type Setting = {
	readonly kind: 'file' | 'sysctl' | 'module' | 'bridge-port' | 'bridge-flag' | 'rule';
	readonly name: string;
};

/** A setting with what it is and what it shall be: of a file `sha256:HEX` and `base64:BYTES`, of each `absent`. */
export type Step = Setting & {
	readonly before: string;
	readonly wanted: string;
};

/** `@@word number rest`: what the program says. A number that is not one is -1. */
export type Line = {readonly word: string; readonly number: number; readonly rest: string};

const parseLine = (text: string): Line | undefined => {
	const groups = /^@@(?<word>[\-a-z]+)(?: (?<rest>.*))?$/v.exec(text)?.groups;
	if (!groups) {
		return undefined;
	}

	const rest = groups.rest ?? '';
	const first = /^\d+/v.exec(rest)?.[0];
	return {word: groups.word, number: first === undefined ? -1 : Number(first), rest: first === undefined ? rest : rest.slice(first.length + 1)};
};

const splitLines = async function * (bytes: AsyncIterable<Uint8Array>): AsyncIterable<string> {
	const decoder = new TextDecoder();
	let rest = '';
	for await (const chunk of bytes) {
		const lines = (rest + decoder.decode(chunk, {stream: true})).split('\n');
		rest = lines.pop() ?? '';
		yield * lines;
	}

	yield rest;
};

/** What a run of the program came to. `lines` is what it said, as far as it was heard; `problem` what stood on its standard error at the end. */
export type Heard = {readonly lines: readonly Line[]; readonly problem: string};

/** The words with which the program ends. */
const finalWords: ReadonlySet<string> = new Set(['applied', 'rolled-back', 'undone', 'nothing', 'kept', 'end', 'changed', 'failed', 'restart-failed']);

/** Whether the program was heard to its end. */
export const isHeardToTheEnd = ({lines}: Heard): boolean => lines.some(({word}) => finalWords.has(word));

const hear = async (stream: Stream, onLine: (line: Line) => void): Promise<Heard> => {
	const lines: Line[] = [];
	const errors = readTail(stream.stderr, 4000);
	for await (const text of splitLines(stream.stdout)) {
		const line = parseLine(text);
		if (!line) {
			continue;
		}

		lines.push(line);
		onLine(line);
	}

	const {because} = await stream.ended;
	const said = (await errors).trim().split('\n').at(-1) ?? '';
	return {lines, problem: cleanLine(said === '' || said === 'hairpin: started' ? because ?? '' : said)};
};

const composeProgram = (verb: string, id: string, words: readonly string[]): Script => ({
	// The program is given its own text, to keep it on the node for the undo.
	text: 'exec sh -c "$1" hairpin-change "$@"',
	args: [programText, verb, id === '' ? '' : `${journalDirectory}/${id}`, ...words],
});

const readTimeoutMs = 60_000;

/** Reads settings without changing anything. */
export const readSettings = async (access: Access, node: string, settings: readonly Setting[]): Promise<Heard> => {
	const words = settings.flatMap(({kind, name}) => [kind, name]);
	// Nothing is kept on the node, so the program needs no copy of itself.
	const answer = await access.run({kind: 'node', node}, {name: 'settings', text: programText, args: ['', 'read', '', ...words]}, {timeoutMs: readTimeoutMs});
	return answer.ok
		? {lines: answer.stdout.split('\n').map(text => parseLine(text)).filter(line => line !== undefined), problem: cleanLine(answer.stderr.trim().split('\n').at(-1) ?? '')}
		: {lines: [], problem: answer.because};
};

export type ApplyOrder = {
	readonly id: string;
	readonly steps: readonly Step[];
	readonly units: readonly string[];
	/** Seconds after which the node itself undoes it; 0 for never. */
	readonly forSeconds: number;
};

/** Makes the steps on a node, or none of them. */
export const applySteps = async (access: Access, node: string, {id, steps, units, forSeconds}: ApplyOrder, onLine: (line: Line) => void): Promise<Heard> => {
	const words = steps.flatMap(({kind, name, before, wanted}) => [kind, name, before, wanted]);
	return hear(access.change(node, composeProgram('apply', id, [String(forSeconds), units.join(','), ...words])), onLine);
};

/** Another verb of the program about one change: undo, keep, or tell. */
export const askProgram = async (access: Access, node: string, verb: 'undo' | 'keep' | 'tell', id: string, onLine: (line: Line) => void = () => undefined): Promise<Heard> =>
	hear(access.change(node, composeProgram(verb, id, [])), onLine);

/** Removes what a proxy mode that does not act any more left on a node. Resolves with what is still there. */
export const removeLeftovers = async (access: Access, node: string, mode: string): Promise<readonly string[]> => {
	const {lines, problem} = await hear(access.change(node, {text: leftoversText, args: [mode]}), () => undefined);
	return lines.some(({word}) => word === 'end') ? lines.filter(({word}) => word === 'left').map(({rest}) => rest) : [problem];
};

import {
	chmod,
	copyFile,
	mkdtemp,
	readFile,
	rm,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import type {Kubectl} from '../../src/cluster/kubectl.ts';
import {explainKubectlFailure} from '../../src/cluster/kubectl-failure.ts';

/** What the fake prints and how it ends. */
export type FakeAnswer = {
	readonly stdout?: string;
	readonly stderr?: string;
	readonly exitCode?: number;
	readonly isHanging?: boolean;
	readonly isEndless?: boolean;
};

/** Keys are API paths, decoded for the reader, and `config` for `kubectl config view`. */
export type FakeAnswers = Readonly<Record<string, FakeAnswer>>;

export type FakeKubectl = {
	/** The program's path. */
	readonly kubectl: string;
	/** The command lines it was given, in the order in which they arrived. */
	commandLines(): Promise<readonly string[]>;
	/** The API paths among them, decoded. */
	requests(): Promise<readonly string[]>;
};

const notFound: FakeAnswer = {stderr: 'Error from server (NotFound): the server could not find the requested resource\n', exitCode: 1};

// The values of parameters go over the wire encoded; a parameter's name and its value are parted by the first `=`.
const encodePath = (decoded: string): string => decoded.replaceAll(/(?<=[&?][^&=]*=)[^&]*/gv, value => encodeURIComponent(value));

const fileName = (key: string): string => encodePath(key).replaceAll(/[^\d\-.A-Za-z]/gv, '_');

const writeAnswer = async (directory: string, key: string, answer: FakeAnswer): Promise<void> => {
	const base = path.join(directory, fileName(key));
	await Promise.all([
		writeFile(`${base}.out`, answer.stdout ?? ''),
		writeFile(`${base}.err`, answer.stderr ?? ''),
		writeFile(`${base}.code`, `${answer.exitCode ?? 0}\n`),
		...(answer.isHanging ? [writeFile(`${base}.hang`, '')] : []),
		...(answer.isEndless ? [writeFile(`${base}.endless`, '')] : []),
	]);
};

export const answerJson = (value: unknown): FakeAnswer => ({stdout: JSON.stringify(value)});

/** A recorded set of API answers, by decoded path. */
export const readRecordedAnswers = async (name: string): Promise<Readonly<Record<string, unknown>>> =>
	JSON.parse(await readFile(new URL(`../fixtures/cluster-objects/${name}.json`, import.meta.url), 'utf8')) as Readonly<Record<string, unknown>>;

/** A program that answers like kubectl, in a directory of its own that goes away with the test. */
export const createFakeKubectl = async (t: ExecutionContext, answers: FakeAnswers): Promise<FakeKubectl> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'fake-kubectl-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const kubectl = path.join(directory, 'kubectl');
	await copyFile(new URL('fake-kubectl.sh', import.meta.url), kubectl);
	await chmod(kubectl, 0o700);
	await Promise.all(Object.entries({missing: notFound, ...answers}).map(async ([key, answer]) => writeAnswer(directory, key, answer)));
	const commandLines = async () => {
		const text = await readFile(path.join(directory, 'asked'), 'utf8').catch(() => '');
		return text.split('\n').filter(line => line !== '');
	};

	return {
		kubectl,
		commandLines,
		async requests() {
			const lines = await commandLines();
			return lines.flatMap(line => / --raw (?<path>.*)$/v.exec(line)?.groups?.path ?? []).map(raw => decodeURIComponent(raw));
		},
	};
};

/** The same without a program, for what lies above it: answers in memory, and the paths that were asked for. */
export const createRecordedKubectl = (answers: FakeAnswers): Kubectl & {readonly asked: readonly string[]} => {
	const asked: string[] = [];
	return {
		asked,
		async getRaw(rawPath) {
			const decoded = decodeURIComponent(rawPath);
			asked.push(decoded);
			const {stdout = '', stderr = '', exitCode = 0} = answers[decoded] ?? notFound;
			return exitCode === 0 ? {ok: true, value: JSON.parse(stdout) as unknown} : explainKubectlFailure(stderr);
		},
		currentNamespace: async () => answers.config?.stdout ?? 'default',
		get requests() {
			return asked.length;
		},
	};
};

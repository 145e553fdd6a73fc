import {type CommandResult, runCommand} from '../access/run.ts';
import {cleanJson, cleanLine} from '../clean.ts';
import {type KubectlFailure, explainKubectlFailure, kubectlFailure} from './kubectl-failure.ts';
import {isObjectName, readSomeText} from './read-json.ts';

export type KubectlOptions = {
	readonly kubeconfig: string | undefined;
	readonly context: string | undefined;
	/** Wins over the namespace of the kubeconfig's context. */
	readonly namespace: string | undefined;
	/** Path of the program; `kubectl` of the PATH when left out. */
	readonly kubectl?: string;
	/** For one request; 10 s when left out. */
	readonly timeoutMs?: number;
};

export type KubectlAnswer = KubectlFailure | {readonly ok: true; readonly value: unknown};

export type KubectlText = KubectlFailure | {readonly ok: true; readonly text: string};

export type CommandInput = {
	/** What kubectl reads, such as a manifest. */
	readonly input?: string;
	readonly timeoutMs?: number;
	readonly signal?: AbortSignal;
};

/** The user's kubectl as a reader, so that every way to log in works. */
export type Kubectl = {
	/** One HTTP GET of an API path; the answer's JSON, cleaned. */
	getRaw(path: string): Promise<KubectlAnswer>;
	/** The namespace to look in; asks the kubeconfig only, never the cluster. */
	currentNamespace(): Promise<string>;
	/** How many requests were sent so far. */
	readonly requests: number;
};

/** The user's kubectl with all that it can do. */
export type KubectlProgram = Kubectl & {
	/** Posts one object; the answer's JSON, cleaned. */
	create(manifest: unknown): Promise<KubectlAnswer>;
	/** Any other command; what it printed, not cleaned. */
	command(words: readonly string[], input?: CommandInput): Promise<KubectlText>;
	/** The whole command line of a kubectl that somebody else starts. */
	argv(words: readonly string[]): readonly string[];
};

const englishMessages = Object.fromEntries([['LC_ALL', 'C']]);
const defaultTimeoutMs = 10_000;
const maxBytes = 8_000_000;
// Kubectl's own time-out tells more than being killed, so it may come first.
const killAfterMs = 1000;

const parseAnswer = (text: string): KubectlAnswer => {
	try {
		return {ok: true, value: cleanJson(JSON.parse(text))};
	} catch {
		const shown = readSomeText(cleanLine(text, 80)) ?? 'nothing';
		return kubectlFailure('garbage', `kubectl answered with something that is not JSON: ${shown}`, 'is a login page or a proxy in the way? Look at the output of: kubectl get --raw /version');
	}
};

const interpretResult = (file: string, timeoutMs: number, result: CommandResult): KubectlText => {
	if (result.isNotFound) {
		return kubectlFailure('no-kubectl', `${file} was not found`, 'install kubectl, or put it on the PATH');
	}

	if (!result.isTruncated && !result.isTimedOut && result.exitCode === undefined) {
		return kubectlFailure('no-kubectl', `${file} could not be run`, `can you run it by hand? ${file} version --client`);
	}

	if (result.isTimedOut) {
		return kubectlFailure('timeout', `kubectl did not end within ${Math.round(timeoutMs / 1000)} s`, 'does it wait for a login or for the network? Try: kubectl get --raw /version');
	}

	if (result.isTruncated) {
		return kubectlFailure('garbage', `kubectl answered with more than ${maxBytes / 1_000_000} MB`, `look at what it prints: ${cleanLine(result.command)} | head -c 1000`);
	}

	return result.exitCode === 0 ? {ok: true, text: result.stdout} : explainKubectlFailure(result.stderr, result.stdout);
};

const configArguments = ({kubeconfig, context}: KubectlOptions): readonly string[] => [
	...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
	...(context === undefined ? [] : [`--context=${context}`]),
];

/** Kubectl with the user's choice of cluster. Its failures are values. */
export const createKubectl = (options: KubectlOptions): KubectlProgram => {
	const {kubectl: file = 'kubectl', timeoutMs = defaultTimeoutMs} = options;
	const argv = (words: readonly string[]) => [file, ...configArguments(options), ...words];
	const run = async (words: readonly string[], input: CommandInput = {}) => runCommand(argv(words), {
		...input, timeoutMs: (input.timeoutMs ?? timeoutMs) + killAfterMs, maxBytes, env: englishMessages,
	});
	const command = async (words: readonly string[], input: CommandInput = {}) => {
		requests++;
		return interpretResult(file, input.timeoutMs ?? timeoutMs, await run([`--request-timeout=${input.timeoutMs ?? timeoutMs}ms`, ...words], input));
	};

	let requests = 0;
	const answer = (result: KubectlText): KubectlAnswer => (result.ok ? parseAnswer(result.text) : result);
	return {
		argv,
		command,
		getRaw: async path => answer(await command(['get', '--raw', path])),
		create: async manifest => answer(await command(['create', '--validate=ignore', '-o', 'json', '-f', '-'], {input: JSON.stringify(manifest)})),
		async currentNamespace() {
			if (options.namespace !== undefined) {
				return options.namespace;
			}

			const {exitCode, stdout} = await run(['config', 'view', '--minify', '-o', 'jsonpath={.contexts[0].context.namespace}']);
			return exitCode === 0 && isObjectName(stdout.trim()) ? stdout.trim() : 'default';
		},
		get requests() {
			return requests;
		},
	};
};

import {execa} from 'execa';
import type {Stream} from './access.ts';

export type CommandOptions = {
	readonly input?: string;
	readonly timeoutMs?: number;
	/** Output beyond this is cut, and `isTruncated` says so. */
	readonly maxBytes?: number;
	readonly signal?: AbortSignal;
	readonly env?: Readonly<Record<string, string>>;
};

/** How a local command went. A command that could not even start has `isNotFound` or an undefined exit code. */
export type CommandResult = {
	readonly command: string;
	readonly exitCode: number | undefined;
	readonly isTimedOut: boolean;
	readonly isNotFound: boolean;
	readonly isTruncated: boolean;
	readonly stdout: string;
	readonly stderr: string;
	readonly ms: number;
};

const killGraceMs = 1000;

/** Runs a command to its end. Never throws and never goes through a shell: `argv` is what the program gets. */
export const runCommand = async (argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> => {
	const [file, ...commandArguments] = argv;
	const result = await execa(file, commandArguments, {
		reject: false,
		input: options.input ?? '',
		timeout: options.timeoutMs,
		maxBuffer: options.maxBytes ?? 8_000_000,
		cancelSignal: options.signal,
		forceKillAfterDelay: killGraceMs,
		env: options.env,
		stripFinalNewline: false,
	});
	return {
		command: result.command,
		exitCode: result.exitCode,
		isTimedOut: result.timedOut,
		isNotFound: result.code === 'ENOENT',
		isTruncated: result.isMaxBuffer,
		stdout: result.stdout,
		stderr: result.stderr,
		ms: result.durationMs,
	};
};

export type StartOptions = {
	/** In a session of its own: it survives us, and no key of our terminal reaches it. */
	readonly isDetached?: boolean;
};

/** Starts a long-lived command. Its input stays open after `input` until `finish()`; its output is raw bytes. */
export const startCommand = (argv: readonly string[], input: string, {isDetached = false}: StartOptions = {}): Stream & {write(text: string): void} => {
	const [file, ...commandArguments] = argv;
	const child = execa(file, commandArguments, {
		reject: false, buffer: false, stdin: 'pipe', encoding: 'buffer', forceKillAfterDelay: false, detached: isDetached,
	});
	// The other side may be gone before it read its input; how it ended is told by `ended`.
	child.stdin.on('error', () => undefined);
	child.stdin.write(input);
	return {
		command: argv.join(' '),
		stdout: child.stdout,
		stderr: child.stderr,
		write(text) {
			child.stdin.write(text);
		},
		async send(bytes) {
			await new Promise<void>(resolve => {
				child.stdin.write(bytes, () => {
					resolve();
				});
			});
		},
		finish() {
			child.stdin.end();
		},
		kill(signal = 'SIGTERM') {
			child.kill(signal);
		},
		ended: (async () => {
			const result = await child;
			return {exitCode: result.exitCode, because: result.failed ? result.shortMessage : undefined};
		})(),
	};
};

/** The last so many characters of a stream that was read to its end. */
export const readTail = async (bytes: AsyncIterable<Uint8Array>, maxLength: number): Promise<string> => {
	const decoder = new TextDecoder();
	let text = '';
	for await (const chunk of bytes) {
		text = (text + decoder.decode(chunk, {stream: true})).slice(-maxLength);
	}

	return text;
};

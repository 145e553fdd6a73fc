import process from 'node:process';
import {type Pty, openPty} from '../../src/terminal/pty.ts';
import {type ShellScreen, type StyledRow, createShellScreen} from '../../src/terminal/screen.ts';

const longestWaitMs = 30_000;

/** Somebody at a terminal: reads the screen, presses keys. */
export type Robot = {
	readonly pid: number;
	/** Waits until the screen is so; the error shows the screen. */
	until(what: string, isTrue: (text: string) => boolean, longestMs?: number): Promise<void>;
	/** Waits until this text is on the screen. */
	sees(text: string): Promise<void>;
	press(...keys: readonly string[]): void;
	resize(columns: number, rows: number): void;
	lines(): readonly string[];
	rows(): readonly StyledRow[];
	readonly isAlternate: boolean;
	/** Everything that the program wrote, escapes and all. */
	readonly written: () => string;
	readonly ended: Promise<{readonly exitCode: number; readonly signal: number | undefined}>;
	close(): void;
};

const bytes: Readonly<Record<string, string>> = {
	enter: '\r', tab: '\t', esc: '\u{1B}', up: '\u{1B}[A', down: '\u{1B}[B', 'ctrl-c': '\u{3}', 'ctrl-z': '\u{1A}', 'ctrl-]': '\u{1D}', 'ctrl-^': '\u{1E}', backspace: '\u{7F}',
};

export type RobotOptions = {
	readonly columns?: number;
	readonly rows?: number;
	readonly env?: Readonly<Record<string, string>>;
	/** How long a screen is waited for where nothing else is said. */
	readonly patienceMs?: number;
};

/** Writes what the program wrote onto a screen, and wakes whoever waits for it. */
const watchScreen = (pty: Pty, screen: ShellScreen) => {
	const watchers = new Set<() => void>();
	let written = '';
	let pending: Promise<void> = Promise.resolve();
	pty.onData(text => {
		written += text;
		pending = (async () => {
			await pending;
			await screen.write(text);
			for (const watch of watchers) {
				watch();
			}
		})();
	});
	screen.onAnswer(text => {
		pty.write(text);
	});
	return {watchers, written: () => written, settled: async () => pending};
};

const waitUntil = async (watchers: Set<() => void>, isTrue: () => boolean, explain: () => string, longestMs: number): Promise<void> => {
	const {promise, resolve, reject} = Promise.withResolvers<undefined>();
	const watch = (): void => {
		if (isTrue()) {
			resolve(undefined);
		}
	};

	const timer = setTimeout(() => {
		reject(new Error(explain()));
	}, longestMs);
	watchers.add(watch);
	watch();
	try {
		await promise;
	} finally {
		clearTimeout(timer);
		watchers.delete(watch);
	}
};

/** Starts a program on a terminal of this size. */
export const startRobot = async (argv: readonly string[], {columns = 120, rows = 36, env = {}, patienceMs = longestWaitMs}: RobotOptions = {}): Promise<Robot> => {
	const pty = await openPty(argv, {
		columns, rows, env: {
			...process.env, TERM: 'xterm-256color', CI: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined, ...env,
		},
	});
	if ('because' in pty) {
		throw new Error(pty.because);
	}

	const screen = createShellScreen(columns, rows);
	const {watchers, written, settled} = watchScreen(pty, screen);
	const text = (): string => screen.lines().join('\n');
	const until: Robot['until'] = async (what, isTrue, longestMs = patienceMs) => waitUntil(watchers, () => isTrue(text()), () => `never saw ${what}; the screen is\n${text()}`, longestMs);
	return {
		pid: pty.pid,
		until,
		sees: async wanted => until(`"${wanted}"`, all => all.includes(wanted)),
		press(...keys) {
			pty.write(keys.map(key => bytes[key] ?? key).join(''));
		},
		resize(newColumns, newRows) {
			screen.resize(newColumns, newRows);
			pty.resize(newColumns, newRows);
		},
		lines: () => screen.lines(),
		rows: () => screen.rows(),
		get isAlternate() {
			return screen.isAlternate;
		},
		written,
		ended: (async () => {
			const how = await pty.ended;
			await settled();
			return how;
		})(),
		close() {
			pty.close();
		},
	};
};

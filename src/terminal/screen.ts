import xterm from '@xterm/headless';

/** Text of one style. Colours are numbers of the terminal's palette, or #rrggbb. */
export type StyledRun = {
	readonly text: string;
	readonly color: number | string | undefined;
	readonly background: number | string | undefined;
	readonly isBold: boolean;
	readonly isDim: boolean;
	readonly isInverse: boolean;
	readonly isUnderlined: boolean;
};

export type StyledRow = readonly StyledRun[];

/** What a terminal would show of the bytes that were written to it. */
export type ShellScreen = {
	write(bytes: string | Uint8Array): Promise<void>;
	resize(columns: number, rows: number): void;
	rows(): readonly StyledRow[];
	/** The lines as text, without what is blank at their ends. */
	lines(): readonly string[];
	readonly cursor: {readonly row: number; readonly column: number};
	readonly isAlternate: boolean;
	/** Called with what the terminal answers to queries of the program, such as its cursor's position. */
	onAnswer(answer: (text: string) => void): void;
	dispose(): void;
};

type Cell = NonNullable<ReturnType<NonNullable<ReturnType<xterm.Terminal['buffer']['active']['getLine']>>['getCell']>>;

const toHex = (rgb: number): string => `#${rgb.toString(16).padStart(6, '0')}`;

const readStyle = (cell: Cell, isCursor: boolean): Omit<StyledRun, 'text'> => ({
	color: cell.isFgDefault() ? undefined : (cell.isFgRGB() ? toHex(cell.getFgColor()) : cell.getFgColor()),
	background: cell.isBgDefault() ? undefined : (cell.isBgRGB() ? toHex(cell.getBgColor()) : cell.getBgColor()),
	isBold: cell.isBold() !== 0,
	isDim: cell.isDim() !== 0,
	isInverse: (cell.isInverse() !== 0) !== isCursor,
	isUnderlined: cell.isUnderline() !== 0,
});

const isSameStyle = (one: StyledRun, {color, background, isBold, isDim, isInverse, isUnderlined}: Omit<StyledRun, 'text'>): boolean =>
	one.color === color && one.background === background && one.isBold === isBold && one.isDim === isDim && one.isInverse === isInverse && one.isUnderlined === isUnderlined;

const readRow = (terminal: xterm.Terminal, y: number, cursorColumn: number | undefined): StyledRow => {
	const line = terminal.buffer.active.getLine(terminal.buffer.active.viewportY + y);
	const runs: StyledRun[] = [];
	for (let column = 0; column < terminal.cols; column++) {
		const cell = line?.getCell(column);
		// The second half of a wide character has no width of its own.
		if (cell === undefined || cell.getWidth() === 0) {
			continue;
		}

		const style = readStyle(cell, column === cursorColumn);
		const text = cell.getChars().padEnd(1);
		const last = runs.at(-1);
		if (last && isSameStyle(last, style)) {
			runs[runs.length - 1] = {...last, text: last.text + text};
		} else {
			runs.push({text, ...style});
		}
	}

	return runs;
};

/** DECTCEM, mode 25 of DEC's private modes: whether the cursor is to be seen. */
const cursorMode = 25;

const watchCursor = (terminal: xterm.Terminal): () => boolean => {
	let isShown = true;
	const follow = (final: string, isOn: boolean): void => {
		terminal.parser.registerCsiHandler({prefix: '?', final}, parameters => {
			isShown = parameters.includes(cursorMode) ? isOn : isShown;
			// The terminal itself handles it too.
			return false;
		});
	};

	follow('h', true);
	follow('l', false);
	return () => isShown;
};

/** A terminal without a window: it understands the escapes, and tells what would be on screen. */
export const createShellScreen = (columns: number, rows: number): ShellScreen => {
	const terminal = new xterm.Terminal({
		cols: Math.max(2, columns), rows: Math.max(1, rows), allowProposedApi: true, scrollback: 1000,
	});
	const isCursorShown = watchCursor(terminal);
	const numbers = () => Array.from({length: terminal.rows}, (_, y) => y);
	return {
		// Parsing is asynchronous: the buffer is right only after the callback.
		write: async bytes => new Promise(resolve => {
			terminal.write(bytes, resolve);
		}),
		resize(newColumns, newRows) {
			terminal.resize(Math.max(2, newColumns), Math.max(1, newRows));
		},
		rows: () => numbers().map(y => readRow(terminal, y, isCursorShown() && y === terminal.buffer.active.cursorY ? terminal.buffer.active.cursorX : undefined)),
		lines: () => numbers().map(y => terminal.buffer.active.getLine(terminal.buffer.active.viewportY + y)?.translateToString(true) ?? ''),
		get cursor() {
			return {row: terminal.buffer.active.cursorY, column: terminal.buffer.active.cursorX};
		},
		get isAlternate() {
			return terminal.buffer.active.type === 'alternate';
		},
		onAnswer(answer) {
			terminal.onData(answer);
		},
		dispose() {
			terminal.dispose();
		},
	};
};

import type {SessionState} from '../session-state.ts';

/** Text that is laid out for a window of so many columns. */
export type Fitted = (columns: number) => string;

/** One repair of a cause, step by step. What keeps a step from being done is thrown as a `UserFacingError`. */
export type Repair = {
	/** Resolves with the change as commands, diffs and predictions; changes nothing. `isNeeded`: whether anything is to be done; `isCutting`: whether that breaks connections. */
	readonly prepare: () => Promise<{readonly text: Fitted; readonly isNeeded: boolean; readonly isCutting?: boolean}>;
	/** Makes what was shown, after the person agreed. Resolves with what came of it, and with the same incident afterwards. */
	readonly make: () => Promise<{readonly text: Fitted; readonly after: SessionState | undefined}>;
	/** Puts back what was made. Resolves with a sentence. */
	readonly undo: () => Promise<string>;
	/** Ends what it holds open. */
	readonly close: () => Promise<void>;
};

export type RepairTools = {
	/** Gets progress, a line each. */
	readonly tell: (line: string) => void;
	/** Stops it where it can be stopped. */
	readonly signal: AbortSignal;
	/** A change that was named; undefined for the one that repairs the cause. */
	readonly change: string | undefined;
	/** Whether what is shown was found just now, and nothing was changed since. */
	readonly isFresh: boolean;
};

/** Begins a repair of the incident that is shown. */
export type BeginRepair = (state: SessionState, tools: RepairTools) => Repair;

/** A repair as it stands on the screen. `failed` keeps what was shown and told before. */
export type ShownChange = {
	readonly phase: 'preparing' | 'ready' | 'idle' | 'making' | 'made' | 'undoing' | 'undone' | 'failed';
	readonly preview: Fitted | undefined;
	/** Whether to make it, or to put it back, breaks connections: then it takes its key twice. */
	readonly isCutting?: boolean;
	/** What happened, a line each. */
	readonly news: readonly string[];
	readonly result: Fitted | undefined;
	readonly failure: {readonly because: string; readonly tryThis: string} | undefined;
};

const busyPhases: ReadonlySet<ShownChange['phase']> = new Set(['preparing', 'making', 'undoing']);

/** Whether something is being done at this moment. */
export const isBusy = (change: ShownChange | undefined): boolean => change !== undefined && busyPhases.has(change.phase);

import type {Finding} from '../check.ts';
import type {Cell} from '../probes/matrix.ts';
import type {SessionState} from '../session-state.ts';

/** What happened when, in milliseconds since the program was started. */
export type TimelineEntry = {readonly atMs: number; readonly text: string};

/** A change that was made, and every probe before and after it. */
export type MadeChange = {
	readonly id: string;
	readonly title: string;
	/** What was typed on which node, and the diffs. */
	readonly steps: readonly string[];
	readonly before: readonly Cell[];
	readonly after: readonly Cell[];
	readonly undo: string;
};

/** Everything that a report which leaves the house may tell. */
export type Incident = {
	readonly state: SessionState;
	readonly exitCode: number;
	/** What would repair a finding, as a person would type it. */
	readonly repairOf: (finding: Finding) => readonly string[];
	readonly timeline: readonly TimelineEntry[];
	readonly change: MadeChange | undefined;
	/** hairpin's own. */
	readonly version: string;
	/** ISO 8601, UTC. */
	readonly writtenAt: string;
};

import {cleanLine} from '../clean.ts';
import type {TimelineEntry} from '../report/incident.ts';

const longestText = 500;

const parseLine = (line: string): unknown => {
	try {
		return JSON.parse(line);
	} catch {
		return undefined;
	}
};

// The writer put the seconds in front, which a report does by itself.
const toEntry = (value: unknown): readonly TimelineEntry[] => {
	const {atMs, says} = (value ?? {}) as {readonly atMs?: unknown; readonly says?: unknown};
	return typeof atMs === 'number' && typeof says === 'string' && says !== ''
		? [{atMs, text: cleanLine(says.replace(/^ *\d+\.\d s {2}/v, ''), longestText)}]
		: [];
};

/** What a bundle's session told while it went, from the entries of its `timeline` folder in their order. Lines that say nothing are left out. */
export const readTimeline = (contents: ReadonlyMap<string, Uint8Array>): readonly TimelineEntry[] => contents.entries()
	.filter(([name]) => name.startsWith('timeline/'))
	.toArray()
	.toSorted(([a], [b]) => (a < b ? -1 : 1))
	.flatMap(([, bytes]) => new TextDecoder().decode(bytes).split('\n'))
	.flatMap(line => toEntry(parseLine(line)));

import {gunzipSync, gzipSync} from 'node:zlib';
import {readFileSync, writeFileSync} from 'node:fs';
import {checks} from '../../src/catalogue/index.ts';
import {diagnose} from '../../src/diagnosis.ts';
import {
	type SessionEvent,
	type SessionState,
	evidenceOf,
	initialState,
	reduce,
} from '../../src/session-state.ts';

const directory = new URL('../fixtures/sessions/', import.meta.url);

// Checks are functions: what was judged is judged again when it is played.
const withoutChecks = (event: SessionEvent): unknown => (event.type === 'diagnosed'
	? {type: event.type, atMs: event.atMs, isFinal: event.isFinal}
	: (event.type === 'checks-judged' ? {type: event.type, atMs: event.atMs} : event));

const packMaps = (_key: string, value: unknown): unknown => (value instanceof Map ? {$map: [...value]} : value);

const unpackMaps = (_key: string, value: unknown): unknown =>
	(typeof value === 'object' && value !== null && '$map' in value ? new Map(value.$map as ReadonlyArray<readonly [unknown, unknown]>) : value);

/** Keeps what a session told, as small as it gets. */
export const writeRecording = (name: string, events: readonly SessionEvent[]): void => {
	writeFileSync(new URL(`${name}.json.gz`, directory), gzipSync(JSON.stringify(events.map(event => withoutChecks(event)), packMaps), {level: 9}));
};

type RecordedEvent = SessionEvent | {readonly type: 'diagnosed'; readonly atMs: number; readonly isFinal: boolean} | {readonly type: 'checks-judged'; readonly atMs: number};

// What was read later than the recording was made.
const missing = {unknown: 'the recording is older than this reading'};

const withMissing = <T extends object>(evidence: T, keys: readonly string[]): T => ({...Object.fromEntries(keys.map(key => [key, missing])), ...evidence});

const complete = (event: RecordedEvent, state: SessionState): SessionEvent => {
	if (event.type === 'diagnosed') {
		return {...event, diagnosis: diagnose(checks, evidenceOf(state))};
	}

	if (event.type === 'node-read') {
		return {...event, evidence: withMissing(event.evidence, ['pinnedClients', 'network'])};
	}

	if (event.type === 'pod-read') {
		return {...event, evidence: withMissing(event.evidence, ['linkAddress'])};
	}

	return event.type === 'checks-judged' ? {...event, findings: diagnose(checks, evidenceOf(state)).findings} : event;
};

export type Told = {readonly event: SessionEvent; readonly state: SessionState};

/** The events of a recorded session, each with the state after it. */
export const readRecording = (name: string): readonly Told[] => {
	const text = gunzipSync(readFileSync(new URL(`${name}.json.gz`, directory))).toString('utf8');
	let state = initialState;
	return (JSON.parse(text, unpackMaps) as readonly RecordedEvent[]).map(recorded => {
		const event = complete(recorded, state);
		state = reduce(state, event);
		return {event, state};
	});
};

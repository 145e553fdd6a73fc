import {readdirSync} from 'node:fs';
import {readBundle} from '../../src/bundle/read-bundle.ts';
import type {Evidence} from '../../src/evidence/evidence.ts';
import {runRecorded} from '../../src/recorded-session.ts';
import {type SessionState, evidenceOf} from '../../src/session-state.ts';

const directory = new URL('../../recordings/', import.meta.url).pathname;

/** Every bundle of the repository, by its name under recordings/. */
export const recordedBundles: readonly string[] = readdirSync(directory, {recursive: true, encoding: 'utf8'}).filter(file => file.endsWith('.bundle')).toSorted();

/** What was seen in a bundle, judged with the checks of today. */
export const readRecordedState = async (name: string): Promise<SessionState> => runRecorded(await readBundle(directory + name), {
	speed: Infinity, onEvent: () => undefined, signal: new AbortController().signal,
});

export const readRecordedEvidence = async (name: string): Promise<Evidence> => evidenceOf(await readRecordedState(name));

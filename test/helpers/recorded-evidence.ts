import {readdirSync} from 'node:fs';
import {readBundle} from '../../src/bundle/read-bundle.ts';
import type {Evidence} from '../../src/evidence/evidence.ts';
import {runRecorded} from '../../src/recorded-session.ts';
import {type SessionState, evidenceOf} from '../../src/session-state.ts';

const directory = new URL('../../recordings/', import.meta.url).pathname;

/** Every bundle of the repository, by its name under recordings/. */
export const recordedBundles: readonly string[] = readdirSync(directory, {recursive: true, encoding: 'utf8'}).filter(file => file.endsWith('.bundle')).toSorted();

const readState = async (file: string): Promise<SessionState> => runRecorded(await readBundle(file), {
	speed: Infinity, onEvent: () => undefined, signal: new AbortController().signal,
});

/** What was seen in a bundle of the repository, judged with the checks of today. */
export const readRecordedState = async (name: string): Promise<SessionState> => readState(directory + name);

export const readRecordedEvidence = async (name: string): Promise<Evidence> => evidenceOf(await readRecordedState(name));

/** The same of any bundle, by its path. */
export const readEvidence = async (file: string): Promise<Evidence> => evidenceOf(await readState(file));

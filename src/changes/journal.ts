import {randomBytes} from 'node:crypto';
import {
	mkdir,
	open,
	readdir,
	readFile,
	rename,
} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import {performance} from 'node:perf_hooks';
import process from 'node:process';
import {UserFacingError} from '../user-facing-error.ts';
import type {NodePlan, ObjectPlan, Rollout} from './change.ts';
import type {Setting} from './node-program.ts';

/** planned: not begun · begun: it may be done, in part or not at all · the rest as it says. */
export type Progress = 'planned' | 'begun' | 'applied' | 'undone' | 'rolled-back';

export type NodeEntry = {
	readonly node: string;
	readonly address: string;
	readonly progress: Progress;
	readonly settings: readonly Setting[];
	readonly units: readonly string[];
	readonly leftoversOf: NodePlan['leftoversOf'];
};

export type ObjectEntry = ObjectPlan & {readonly progress: Progress};

/** How the nodes were reached, to be reached again from anywhere. */
export type JournalAccess = {
	readonly kubeconfig: string | undefined;
	readonly context: string | undefined;
	readonly via: 'ssh' | 'kubernetes' | 'local' | 'ephemeral' | undefined;
	readonly destinations: ReadonlyArray<readonly [node: string, destination: string | null]>;
	readonly sshConfig: string | undefined;
	readonly image: string | undefined;
	readonly pullSecret: string | undefined;
	readonly debugNamespace: string | undefined;
};

/** One change, in a file of its own. Originals are on the nodes, beside what was changed. */
export type Entry = {
	readonly schema: 'hairpin/journal/v1';
	readonly id: string;
	/** When it was begun, ISO 8601. */
	readonly at: string;
	readonly change: string;
	readonly title: string;
	/** `default/nginx from default/mars1`. */
	readonly subject: string | undefined;
	readonly access: JournalAccess;
	readonly nodes: readonly NodeEntry[];
	readonly objects: readonly ObjectEntry[];
	readonly rollouts: readonly Rollout[];
	/** Nodes on which the pods of a rollout act; entries of earlier versions have none. */
	readonly watched?: ReadonlyArray<Pick<NodeEntry, 'node' | 'address'>>;
	/** When the nodes undo it by themselves, ISO 8601. */
	readonly until: string | undefined;
};

/** Where the journal is. */
export const journalDirectory = (): string => {
	const {XDG_STATE_HOME: stateHome} = process.env;
	// Relative paths are to be ignored (XDG Base Directory Specification).
	return path.join(stateHome !== undefined && path.isAbsolute(stateHome) ? stateHome : path.join(homedir(), '.local/state'), 'hairpin/journal');
};

const describeError = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const syncDirectory = async (directory: string): Promise<void> => {
	const handle = await open(directory, 'r');
	await handle.sync();
	await handle.close();
};

/** The name of a change: when it was begun, and a few letters by chance. */
export const createId = (now: Date): string => `${now.toISOString().slice(0, 19).replaceAll(/[\-:]/gv, '').replace('T', '-')}-${randomBytes(2).toString('hex')}`;

/** Writes an entry so that it is on the disk when this resolves. Throws `UserFacingError` where it cannot be. */
export const writeEntry = async (entry: Entry): Promise<void> => {
	const directory = journalDirectory();
	const file = path.join(directory, `${entry.id}.json`);
	try {
		await mkdir(directory, {recursive: true, mode: 0o700});
		const handle = await open(`${file}.new`, 'w', 0o600);
		await handle.writeFile(`${JSON.stringify(entry, undefined, '\t')}\n`);
		await handle.sync();
		await handle.close();
		await rename(`${file}.new`, file);
		await syncDirectory(directory);
	} catch (error) {
		throw new UserFacingError(`the journal could not be written, so nothing more is changed: ${describeError(error)}`, 'name a directory with room for it: XDG_STATE_HOME=/var/tmp/hairpin-state hairpin …');
	}
};

const readEntry = async (file: string): Promise<Entry | undefined> => {
	try {
		const value = JSON.parse(await readFile(file, 'utf8')) as Partial<Entry>;
		return value.schema === 'hairpin/journal/v1' && Array.isArray(value.nodes) && Array.isArray(value.objects) ? value as Entry : undefined;
	} catch {
		return undefined;
	}
};

/** All entries, the oldest first. Files that are no entries are left out. */
export const readEntries = async (): Promise<readonly Entry[]> => {
	const directory = journalDirectory();
	const files = await readdir(directory).catch(() => []);
	const entries = await Promise.all(files.filter(file => file.endsWith('.json')).toSorted().map(async file => readEntry(path.join(directory, file))));
	return entries.filter(entry => entry !== undefined);
};

export const describeJournal = (id: string): string => path.join(journalDirectory(), `${id}.json`);

/** Whether something of it may still be in force. */
export const isOpen = ({nodes, objects}: Entry): boolean => [...nodes, ...objects].some(({progress}) => progress === 'begun' || progress === 'applied');

/** Changes that this very process made or began, as far as they may still be in force. */
export const readOwnOpen = async (): Promise<readonly Entry[]> => {
	const entries = await readEntries();
	return entries.filter(entry => isOpen(entry) && Date.parse(entry.at) >= performance.timeOrigin);
};

/** `in force: TITLE; put it back with: hairpin undo ID`. */
export const describeOpen = ({id, title, nodes, objects}: Entry): string =>
	`${[...nodes, ...objects].some(({progress}) => progress === 'applied') ? 'in force' : 'begun, perhaps in force'}: ${title}; put it back with: hairpin undo ${id}`;

export const withNode = (entry: Entry, node: string, progress: Progress): Entry => ({
	...entry, nodes: entry.nodes.map(candidate => (candidate.node === node ? {...candidate, progress} : candidate)),
});

export const withObjects = (entry: Entry, progress: Progress): Entry => ({...entry, objects: entry.objects.map(object => ({...object, progress}))});

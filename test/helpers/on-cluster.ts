/* eslint ava/no-ignored-test-files: "off" -- it has the hooks of files that do have tests */
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {isThorough} from './is-thorough.ts';
import {resetCluster, startCluster, whySkipped} from './real-cluster.ts';

const reason = await whySkipped();

if (reason !== undefined) {
	console.log(reason);
}

/** Whether the cluster can run on this machine. */
export const isPossible = reason === undefined;

/** A test on the real cluster, one at a time; skipped, with the reason told, where none can run. */
export const onCluster = reason === undefined ? test.serial : test.serial.skip;

/** As `onCluster`, for what takes longer than CI may take. */
export const onClusterThoroughly = isThorough ? onCluster : test.skip;

/** Starts the cluster where it does not run, in the founding state. */
export const prepareCluster = async (): Promise<void> => {
	if (reason !== undefined) {
		return;
	}

	await startCluster();
	await resetCluster();
};

/** Undoes what a test did to the cluster. */
export const restoreCluster = async (): Promise<void> => {
	if (reason === undefined) {
		await resetCluster();
	}
};

/** For a file of tests that change something: the cluster in its founding state before them and after each. Returns where the folder is in which hairpin keeps what it remembers; it is there while they run. */
export const useClusterAndState = (): (() => string) => {
	let directory = '';
	test.before(async () => {
		directory = await mkdtemp(path.join(tmpdir(), 'hairpin-state-'));
		await prepareCluster();
	});
	test.after.always(async () => {
		await rm(directory, {recursive: true, force: true});
	});
	test.afterEach.always(restoreCluster);
	return () => directory;
};

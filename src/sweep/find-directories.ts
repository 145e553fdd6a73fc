import {
	lstat,
	readFile,
	readdir,
	rm,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {isProcessAlive} from '../access/owner.ts';
import {ownerFile} from '../access/ssh.ts';
import type {Leftover} from './leftover.ts';

const isOurs = async (directory: string): Promise<boolean> => {
	const stats = await lstat(directory);
	return stats.isDirectory() && stats.uid === process.getuid?.();
};

const readOwner = async (directory: string): Promise<string | undefined> => {
	try {
		return await readFile(path.join(directory, ownerFile), 'utf8');
	} catch {
		return undefined;
	}
};

const describe = async (directory: string): Promise<Leftover | undefined> => {
	const owner = await isOurs(directory) ? await readOwner(directory) : undefined;
	return owner === undefined
		? undefined
		: {
			kind: 'directory',
			name: directory,
			detail: 'control sockets of ssh connections',
			isInUse: isProcessAlive(owner) !== false,
			command: `rm -r ${directory}`,
			async remove() {
				try {
					await rm(directory, {recursive: true});
					return undefined;
				} catch (error) {
					return (error as Error).message;
				}
			},
		};
};

/** The directories with control sockets that sessions of this user made on this machine. */
export const findDirectories = async (): Promise<readonly Leftover[]> => {
	const names = await readdir(tmpdir());
	const found = await Promise.all(names.filter(name => /^hairpin-[\dA-Za-z]{6}$/v.test(name)).map(async name => describe(path.join(tmpdir(), name))));
	return found.filter(leftover => leftover !== undefined);
};

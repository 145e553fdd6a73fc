import {
	chmodSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';

export type Part = {
	/** With slashes, below the directory. */
	readonly file: string;
	readonly bytes: Uint8Array;
};

const writableByOthers = 0o022;
const sticky = 0o1000;
const everyBitOfOthers = 0o077;

/** Whoever may rename entries of the directory above could put another in place of ours; the sticky bit forbids it (inode(7)). */
const isSafeParent = (directory: string): boolean => {
	const {uid, mode} = lstatSync(directory);
	return (uid === 0 || uid === process.getuid?.()) && ((mode & writableByOthers) === 0 || (mode & sticky) !== 0);
};

const isOurs = (file: string): boolean => {
	const {uid, mode} = lstatSync(file);
	return uid === process.getuid?.() && (mode & everyBitOfOthers) === 0;
};

const writePart = (directory: string, {file, bytes}: Part): void => {
	const target = path.join(directory, file);
	mkdirSync(path.dirname(target), {recursive: true, mode: 0o700});
	writeFileSync(target, bytes, {flag: 'wx', mode: 0o500});
};

const isAsWritten = (directory: string, {file, bytes}: Part): boolean => {
	const target = path.join(directory, file);
	return isOurs(target) && readFileSync(target).equals(bytes);
};

/** A directory with an unpredictable name that only this user can look into, with these files in it. Throws where it cannot be had. */
export const makePrivateDirectory = (parent: string, parts: readonly Part[]): string => {
	if (!isSafeParent(parent)) {
		throw new Error('others may rename what is in it');
	}

	const directory = mkdtempSync(path.join(parent, 'hairpin-parts-'));
	try {
		chmodSync(directory, 0o700);
		for (const part of parts) {
			writePart(directory, part);
		}

		if (!isOurs(directory) || parts.some(part => !isAsWritten(directory, part))) {
			throw new Error('what was written is not what is there');
		}

		return directory;
	} catch (error) {
		rmSync(directory, {recursive: true, force: true});
		throw error;
	}
};

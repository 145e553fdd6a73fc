import {access} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {cacheDirectory} from '../cache-directory.ts';
import {readAsset} from '../read-asset.ts';
import {UserFacingError} from '../user-facing-error.ts';

export type FoundArchive = {readonly origin: string} & ({readonly file: string} | {readonly bytes: Uint8Array});

// What nodes mostly are, whatever the machine that we run on is.
export const archiveName = 'hairpin-debug-amd64.tar';

const isThere = async (file: string): Promise<boolean> => {
	try {
		await access(file);
		return true;
	} catch {
		return false;
	}
};

const candidates = (): readonly string[] => [
	path.join(path.dirname(process.argv[1] ?? process.execPath), archiveName),
	path.join(path.dirname(process.execPath), archiveName),
	...[cacheDirectory()].filter(directory => directory !== undefined).map(directory => path.join(directory, archiveName)),
];

/** The archive that was named, or the first of: inside of the executable, beside the program, in the cache. */
export const findArchive = async (named = process.env.HAIRPIN_IMAGE_ARCHIVE): Promise<FoundArchive | undefined> => {
	if (named !== undefined && named !== '') {
		if (await isThere(named)) {
			return {file: named, origin: named};
		}

		throw new UserFacingError(`the image archive ${named} cannot be read`, 'is the name right? hairpin image build makes one');
	}

	const asset = readAsset(archiveName);
	if (asset) {
		return {bytes: asset, origin: 'inside of hairpin'};
	}

	for (const file of candidates()) {
		// eslint-disable-next-line no-await-in-loop
		if (await isThere(file)) {
			return {file, origin: file};
		}
	}

	return undefined;
};

import {rm, stat} from 'node:fs/promises';

/** Whether it is a file on a disk, and no device or pipe. */
export const isPlainFile = async (file: string): Promise<boolean> => {
	const found = await stat(file).catch(() => undefined);
	return found?.isFile() === true;
};

/** Removes what was written of a file; a device, such as /dev/full, stays. */
export const removeRemains = async (file: string): Promise<void> => {
	if (await isPlainFile(file)) {
		await rm(file, {force: true});
	}
};

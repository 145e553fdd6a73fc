import {realpathSync} from 'node:fs';
import {writeWholeBundle} from './bundle/write-bundle.ts';
import type {RedactedBundle} from './redact-bundle.ts';
import {otherVerdict, tellReplaced} from './redact-report.ts';
import {UserFacingError} from './user-facing-error.ts';

const findFile = (file: string): string | undefined => {
	try {
		return realpathSync(file);
	} catch {
		return undefined;
	}
};

/** The bundle itself is the only one that has the names. */
export const refuseSameFile = (file: string, redactedFile: string): void => {
	const found = findFile(file);
	if (found !== undefined && found === findFile(redactedFile)) {
		throw new UserFacingError(`${redactedFile} is the bundle itself`, 'name another file: hairpin open FILE --redact OTHER');
	}
};

/** Writes a redacted bundle, and tells what was replaced, and where it is judged otherwise. */
export const keepRedacted = async (file: string, {bytes, replaced, isSame}: RedactedBundle, warn: (line: string) => void): Promise<void> => {
	await writeWholeBundle(file, bytes);
	warn(`${file}: ${tellReplaced(replaced)}`);
	if (!isSame) {
		warn(otherVerdict);
	}
};

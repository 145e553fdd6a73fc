import {homedir} from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** The user's own cache, where `hairpin image build` leaves the archive; undefined for a user without a home. */
export const cacheDirectory = (): string | undefined => {
	if (process.env.XDG_CACHE_HOME !== undefined && process.env.XDG_CACHE_HOME !== '') {
		return path.join(process.env.XDG_CACHE_HOME, 'hairpin');
	}

	try {
		return path.join(homedir(), '.cache', 'hairpin');
	} catch {
		return undefined;
	}
};

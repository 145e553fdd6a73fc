import process from 'node:process';
import {openArchive} from './debug-image/open-archive.ts';
import {readBuild} from './read-build.ts';
import {loadPty} from './terminal/pty.ts';
import {UserFacingError} from './user-facing-error.ts';

const describeImage = async (): Promise<string> => {
	try {
		const archive = await openArchive();
		return archive ? `${archive.name} for ${archive.architecture}, ${archive.digest} (${archive.origin})` : 'none';
	} catch (error) {
		return error instanceof UserFacingError ? error.because : String(error);
	}
};

const describeShells = async (): Promise<string> => {
	const library = await loadPty();
	return 'because' in library ? `on the whole terminal, because ${library.because}` : 'in a pane of their own';
};

const runtime = process.versions.deno === undefined ? `Node    ${process.version}` : `Deno    ${process.versions.deno} as Node ${process.version}`;

/** What `hairpin --version` prints. */
export const describeVersion = async (): Promise<string> => {
	const {version, commit} = readBuild();
	return `hairpin ${version}\ncommit  ${commit}\n${runtime} ${process.platform} ${process.arch}\nimage   ${await describeImage()}\nshells  ${await describeShells()}\n`;
};

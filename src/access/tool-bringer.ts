import {type ImageArchive, openArchive} from '../debug-image/open-archive.ts';
import {UserFacingError} from '../user-facing-error.ts';
import type {Access, AccessNews} from './access.ts';
import {type Tools, bringTools} from './bring-tools.ts';

const noArchive = 'this hairpin carries no debug image, and none lies beside it (hairpin image build makes one)';

const explainDamage = (error: unknown): string => {
	if (error instanceof UserFacingError) {
		return error.because;
	}

	throw error;
};

/** Brings the tools of the debug image to nodes that lack some, and tells so. The image is read once, when the first node needs it. */
export const createToolBringer = (tell: (news: AccessNews) => void) => {
	let reading: Promise<ImageArchive | undefined> | undefined;
	const bring = async (access: Access, node: string): Promise<Tools> => {
		try {
			reading ??= openArchive();
			const archive = await reading;
			return archive ? await bringTools(access, node, archive) : {ok: false, because: noArchive};
		} catch (error) {
			return {ok: false, because: explainDamage(error)};
		}
	};

	return async (access: Access, node: string, missing: readonly string[]): Promise<Tools> => {
		const tools = await bring(access, node);
		tell({
			type: 'tools-missing', node, missing, directory: tools.ok ? tools.directory : undefined, because: tools.ok ? undefined : tools.because,
		});
		return tools;
	};
};

import type {AccessOptions} from '../options.ts';
import type {Access} from './access.ts';
import {createSshAccess} from './ssh.ts';

export type AccessTools = {
	/** The node's address, where the cluster told it. */
	readonly addressOf: (node: string) => string | undefined;
};

/** The user's ways onto nodes, as one. */
export const createAccess = async ({destinations, sshConfig}: AccessOptions, {addressOf}: AccessTools): Promise<Access> => createSshAccess({
	destinationsOf(node) {
		const given = destinations.get(node);
		return given === undefined ? [node, addressOf(node) ?? ''].filter(destination => destination !== '') : [given];
	},
	configFile: sshConfig,
});

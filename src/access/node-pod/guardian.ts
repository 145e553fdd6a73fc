import {readFileSync} from 'node:fs';
import type {KubectlProgram} from '../../cluster/kubectl.ts';
import {readTail, startCommand} from '../run.ts';

const guardianText = readFileSync(new URL('guardian.sh', import.meta.url), 'utf8');

/** Removes what a session made in the cluster, whatever becomes of us. */
export type Guardian = {
	/** Resolves when everything is removed, with what could not be. */
	finish(): Promise<string | undefined>;
};

/** Starts a process of its own that survives us and does its work when we are gone, or have finished. */
export const startGuardian = (kubectl: KubectlProgram, namespace: string, session: string): Guardian => {
	const stream = startCommand(['sh', '-c', guardianText, 'hairpin-guardian', session, namespace, ...kubectl.argv([])], '', {isDetached: true});
	const text = readTail(stream.stderr, 2000);
	return {
		async finish() {
			stream.finish();
			const {exitCode} = await stream.ended;
			return exitCode === 0 ? undefined : text;
		},
	};
};

import {setTimeout as sleep} from 'node:timers/promises';
import type {KubectlProgram} from '../../cluster/kubectl.ts';
import {dig} from '../../cluster/read-json.ts';
import type {Failure} from '../ssh-failure.ts';
import {type PodOwner, debugNamespace} from './manifest.ts';

const pollMs = 500;
const goneTimeoutMs = 60_000;

/** Makes the namespace where there is none. One that is just being removed is waited for. */
export const ensureNamespace = async (kubectl: KubectlProgram, name: string, owner: PodOwner): Promise<Failure | undefined> => {
	const end = performance.now() + goneTimeoutMs;
	for (;;) {
		// eslint-disable-next-line no-await-in-loop
		const found = await kubectl.getRaw(`/api/v1/namespaces/${encodeURIComponent(name)}`);
		if (!found.ok && found.kind === 'not-found') {
			break;
		}

		// Who may not look at the namespace may be allowed to make pods in it all the same.
		if (!found.ok || dig(found.value, 'metadata', 'deletionTimestamp') === undefined) {
			return undefined;
		}

		if (performance.now() > end) {
			return {because: `the namespace ${name} is being removed and does not go`, tryThis: `see what keeps it: kubectl get namespace ${name} -o yaml; or name another with --debug-namespace`};
		}

		// eslint-disable-next-line no-await-in-loop
		await sleep(pollMs);
	}

	const made = await kubectl.create(debugNamespace(name, owner));
	return made.ok || /AlreadyExists|already exists/v.test(made.because) ? undefined : made;
};

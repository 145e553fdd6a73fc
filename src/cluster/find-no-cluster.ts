import type {KubectlProgram} from './kubectl.ts';
import type {KubectlFailureKind} from './kubectl-failure.ts';

const clusterless: ReadonlySet<KubectlFailureKind> = new Set(['no-kubectl', 'no-kubeconfig']);

/** Why there is no cluster at all that could be asked: no kubectl, or nothing that names one. Resolves with undefined where there is one, whether or not it answers. */
export const findNoCluster = async (kubectl: KubectlProgram): Promise<string | undefined> => {
	const named = await kubectl.command(['config', 'current-context']);
	if (named.ok || !clusterless.has(named.kind)) {
		return undefined;
	}

	// Within a pod kubectl finds its cluster without a kubeconfig.
	const asked = named.kind === 'no-kubectl' ? named : await kubectl.getRaw('/version');
	return asked.ok || !clusterless.has(asked.kind) ? undefined : asked.because;
};

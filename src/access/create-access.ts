import type {KubectlProgram} from '../cluster/kubectl.ts';
import type {Consent} from '../consent.ts';
import type {AccessOptions, WayName} from '../options.ts';
import type {Access, AccessNews} from './access.ts';
import {createEphemeralAccess} from './ephemeral.ts';
import {createKubernetesAccess} from './kubernetes.ts';
import {createLocalAccess, isThisMachine} from './local.ts';
import {type Way, createMixedAccess} from './mixed.ts';
import {createSshAccess} from './ssh.ts';
import {createToolBringer} from './tool-bringer.ts';

export type AccessTools = {
	/** The node's address, where the cluster told it. */
	readonly addressOf: (node: string) => string | undefined;
	readonly kubectl: KubectlProgram;
	readonly tell: (news: AccessNews) => void;
	/** Without it, no node can be changed; with it, pods of our own are privileged. */
	readonly consent?: Consent;
};

const destinationsOf = (node: string, {destinations}: AccessOptions, {addressOf}: AccessTools): readonly string[] => {
	const given = destinations.get(node);
	return given === undefined ? [node, addressOf(node) ?? ''].filter(destination => destination !== '') : [given];
};

/** The names of the ways onto a node, in the order in which they are tried: what was said of this node, what is preferred, and the rest. */
export const orderWays = (node: string, address: string | undefined, {via, destinations, image, mayMakePods, mayEnterPods}: AccessOptions): readonly WayName[] => {
	const isHere = isThisMachine(node, address);
	const canMakePods = mayMakePods && (image !== undefined || via === 'kubernetes');
	const usual: readonly WayName[] = [...(isHere ? ['local'] as const : []), 'ssh', ...(canMakePods ? ['kubernetes'] as const : []), ...(mayEnterPods ? ['ephemeral'] as const : [])];
	const first: readonly WayName[] = [...(destinations.has(node) ? ['ssh'] as const : []), ...(via === undefined || (via === 'kubernetes' && !mayMakePods) ? [] : [via])];
	return [...new Set([...first, ...usual])];
};

/** The user's ways onto nodes, as one. Nothing is connected or made before it is asked for. */
export const createAccess = (options: AccessOptions, tools: AccessTools): Access => {
	const ways: Readonly<Record<WayName, Way>> = {
		ssh: {name: 'ssh', open: async () => createSshAccess({destinationsOf: node => destinationsOf(node, options, tools), configFile: options.sshConfig, bringTools: options.mayBringTools ? createToolBringer(tools.tell) : undefined})},
		kubernetes: {
			name: 'kubernetes',
			open: async () => createKubernetesAccess({
				...options, kubectl: tools.kubectl, tell: tools.tell, mayChange: tools.consent !== undefined,
			}),
		},
		ephemeral: {
			name: 'ephemeral',
			open: async () => createEphemeralAccess({kubectl: tools.kubectl, image: options.image, tell: tools.tell}),
		},
		local: {name: 'local', open: async () => createLocalAccess(tools.addressOf)},
	};
	return createMixedAccess(node => orderWays(node, tools.addressOf(node), options).map(name => ways[name]), tools.consent);
};

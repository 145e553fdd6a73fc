import {readFileSync} from 'node:fs';
import type {KubectlProgram} from '../../cluster/kubectl.ts';
import type {PodOptions} from '../../options.ts';
import type {AccessNews} from '../access.ts';
import {describeOwner} from '../owner.ts';
import type {Failure} from '../ssh-failure.ts';
import {type Guardian, startGuardian} from './guardian.ts';
import {
	type NodePodManifest,
	type PodRequest,
	changingPod,
	defaultDebugNamespace,
	readingPod,
	warmingPod,
} from './manifest.ts';
import {ensureNamespace} from './namespace.ts';
import {
	type NodePod,
	type PodMaking,
	type Refusal,
	openNodePod,
	runWarmingPod,
} from './open-pod.ts';
import {askPermission} from './rights.ts';

const keeperText = readFileSync(new URL('keeper.sh', import.meta.url), 'utf8');
// A pod that has not heard of us for so long ends by itself.
const silenceSeconds = 30;

/** What a container of ours runs: it ends when we are gone. */
export const keeperCommand: readonly string[] = ['sh', '-c', keeperText, 'hairpin-keeper', String(silenceSeconds)];

/** The pods of one session, one for each node that is asked for. */
export type NodePods = {
	podOf(node: string): Promise<NodePod | Refusal>;
	/** Throws for a node whose pod does not run. */
	openPodOf(node: string): NodePod;
	/** Resolves when everything is removed, with what could not be. */
	close(): Promise<string | undefined>;
};

const noImage: Refusal = {
	ok: false,
	because: 'no image is named for a pod of ours on the node',
	tryThis: 'name one that has sh, tcpdump, nsenter and bash (or nc): --image IMAGE, or the variable HAIRPIN_IMAGE',
};

/** What a session would make on a node. */
export const planNodePod = (options: PodOptions & {readonly image: string}, node: string, number: number, owner = describeOwner()): PodRequest => ({
	...owner,
	name: `hairpin-${owner.session}-${number}`,
	node,
	namespace: options.debugNamespace ?? defaultDebugNamespace,
	image: options.image,
	pullSecret: options.pullSecret,
	podDeadlineSeconds: options.podDeadlineSeconds,
	command: keeperCommand,
});

type Purpose = Extract<AccessNews, {readonly type: 'pods-announced'}>['purpose'];

/** Makes pods of one session and removes them. `number` tells a session's pods apart. */
export type PodMaker = {
	open(node: string, number: number, purpose: Exclude<Purpose, 'warm'>): Promise<NodePod | Refusal>;
	/** Lets a node pull the image. Resolves with why it did not. */
	warm(node: string, number: number): Promise<Failure | undefined>;
	/** Waits for no pod any longer. */
	stop(): void;
	/** Resolves when everything is removed, with what could not be. */
	removeAll(): Promise<string | undefined>;
};

/** Nothing is made before the rights are known and what will be made is told. */
export const createPodMaker = (kubectl: KubectlProgram, options: PodOptions & {readonly image: string}, tell: (news: AccessNews) => void): PodMaker => {
	const {image, debugNamespace: namespace = defaultDebugNamespace, podDeadlineSeconds: deadlineSeconds} = options;
	const owner = describeOwner();
	const stopping = new AbortController();
	let guardian: Guardian | undefined;
	let prepared: Promise<Refusal | undefined> | undefined;

	const prepare = async (purpose: Purpose): Promise<Refusal | undefined> => {
		const permission = await askPermission(kubectl, namespace);
		if ('because' in permission) {
			const {because, tryThis, isForbidden} = permission;
			tell({type: 'pods-refused', because, tryThis});
			return {
				ok: false, because: 'no pod of ours may be made', tryThis, isForbidden,
			};
		}

		tell({
			type: 'pods-announced', namespace, willMakeNamespace: permission.willMakeNamespace, image, deadlineSeconds, purpose,
		});
		guardian = startGuardian(kubectl, namespace, owner.session);
		return undefined;
	};

	const making = (node: string, manifest: NodePodManifest): PodMaking => ({
		manifest,
		signal: stopping.signal,
		ensureNamespace: async () => ensureNamespace(kubectl, namespace, owner),
		tell(doing) {
			tell({type: 'node-pod-waited', node, doing});
		},
	});
	const request = (node: string, number: number): PodRequest => planNodePod(options, node, number, owner);

	return {
		async open(node, number, purpose) {
			prepared ??= prepare(purpose);
			const podOf = purpose === 'change' ? changingPod : readingPod;
			return await prepared ?? openNodePod(kubectl, making(node, podOf(request(node, number))));
		},
		async warm(node, number) {
			prepared ??= prepare('warm');
			return await prepared ?? runWarmingPod(kubectl, making(node, warmingPod({...request(node, number), command: ['sh', '-c', 'exit 0']})));
		},
		stop() {
			stopping.abort();
		},
		removeAll: async () => guardian?.finish(),
	};
};

/** The pods of one session, each made when its node is first asked for. */
export const createNodePods = (kubectl: KubectlProgram, {image, mayChange, ...options}: PodOptions & {readonly mayChange?: boolean}, tell: (news: AccessNews) => void): NodePods => {
	const maker = image === undefined ? undefined : createPodMaker(kubectl, {...options, image}, tell);
	const pending = new Map<string, Promise<NodePod | Refusal>>();
	const open = new Map<string, NodePod>();

	const makeOn = async (node: string): Promise<NodePod | Refusal> => {
		const pod = await maker?.open(node, pending.size + 1, mayChange === true ? 'change' : 'look') ?? noImage;
		if (pod.ok) {
			open.set(node, pod);
		}

		return pod;
	};

	return {
		async podOf(node) {
			const pod = pending.get(node) ?? makeOn(node);
			pending.set(node, pod);
			return pod;
		},
		openPodOf(node) {
			const pod = open.get(node);
			if (!pod) {
				throw new Error(`no pod of ours runs on ${node}`);
			}

			return pod;
		},
		async close() {
			maker?.stop();
			await Promise.all(pending.values());
			await Promise.all(open.values().map(async pod => pod.close()));
			return maker?.removeAll();
		},
	};
};

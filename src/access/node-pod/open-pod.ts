import {readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import type {KubectlProgram} from '../../cluster/kubectl.ts';
import {cleanLine} from '../../clean.ts';
import {readTail, startCommand} from '../run.ts';
import type {Failure} from '../ssh-failure.ts';
import {type NodePodManifest, containerName} from './manifest.ts';
import {type PodState, readPodState} from './state.ts';

const beatText = readFileSync(new URL('beat.sh', import.meta.url), 'utf8');
const startTimeoutMs = 120_000;
const pollMs = 300;
const beatMs = 5000;

/** A pod of ours that runs and lives as long as we do. */
export type NodePod = {
	readonly ok: true;
	readonly name: string;
	/** The words that run `sh -s` in it. */
	readonly argv: readonly string[];
	/** The words that run `sh -s` on the node itself, in pods that may. */
	readonly hostArgv: readonly string[];
	/** Why it is gone, or undefined while it runs. */
	explainLoss(): Promise<Failure | undefined>;
	close(): Promise<void>;
};

export type Refusal = Failure & {readonly ok: false; readonly isForbidden?: boolean};

export type PodMaking = {
	readonly manifest: NodePodManifest;
	readonly ensureNamespace: () => Promise<Failure | undefined>;
	readonly tell: (doing: string) => void;
	/** Ends the waiting. */
	readonly signal: AbortSignal;
};

const readState = async (kubectl: KubectlProgram, {metadata: {namespace, name}}: NodePodManifest): Promise<PodState> => {
	const answer = await kubectl.getRaw(`/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`);
	if (answer.ok) {
		return readPodState(answer.value);
	}

	return answer.kind === 'not-found'
		? {kind: 'ended', exitCode: undefined, failure: {because: 'somebody deleted it', tryThis: 'run it again; is there a controller that removes unknown pods?'}}
		: {kind: 'waiting', doing: answer.because};
};

const maxCreations = 3;

/** Makes a pod. A namespace that somebody else is just removing is made again. */
const createPod = async (kubectl: KubectlProgram, manifest: NodePodManifest, ensureNamespace: () => Promise<Failure | undefined>): Promise<Refusal | undefined> => {
	for (let count = 1; ; count++) {
		// eslint-disable-next-line no-await-in-loop
		const [noNamespace, answer] = [await ensureNamespace(), await kubectl.create(manifest)];
		if (answer.ok) {
			return undefined;
		}

		const isGone = /being terminated|namespaces? "?[^ "]*"? not found/v.test(answer.because);
		if (!isGone || noNamespace !== undefined || count >= maxCreations) {
			const {because, tryThis} = noNamespace ?? answer;
			return {
				ok: false, because: `no pod of ours could be made: ${because}`, tryThis, isForbidden: answer.kind === 'forbidden',
			};
		}
	}
};

const startFailure = (doing: string): PodState => ({
	kind: 'ended',
	exitCode: undefined,
	failure: {
		because: `it did not start within ${startTimeoutMs / 1000} s${doing === '' ? '' : ` (${doing})`}`,
		tryThis: 'is the node well, and does it pull the image? hairpin warm --image IMAGE pulls it beforehand',
	},
});

const stopped: PodState = {kind: 'ended', exitCode: undefined, failure: {because: 'we were stopped while it started', tryThis: 'run it again'}};

/** Asks until a state is as wanted or the time is over. */
const waitForState = async (kubectl: KubectlProgram, {manifest, tell, signal}: PodMaking, isWanted: (state: PodState) => boolean): Promise<PodState> => {
	const end = performance.now() + startTimeoutMs;
	for (let told = ''; ;) {
		// eslint-disable-next-line no-await-in-loop
		const state = await readState(kubectl, manifest);
		if (isWanted(state)) {
			return state;
		}

		if (signal.aborted) {
			return stopped;
		}

		const doing = state.kind === 'waiting' ? state.doing : '';
		if (performance.now() > end) {
			return startFailure(doing);
		}

		if (doing !== told) {
			tell(doing);
			told = doing;
		}

		// eslint-disable-next-line no-await-in-loop
		await sleep(pollMs);
	}
};

const execArgv = (kubectl: KubectlProgram, {metadata: {namespace, name}}: NodePodManifest, command: readonly string[]) =>
	kubectl.argv(['exec', '--stdin', '--quiet', '--namespace', namespace, name, '--container', containerName, '--', ...command]);

/** Keeps something of ours alive. */
export type Beating = {end(): Promise<void>};

/** Keeps the pod alive from here. Resolves with why that does not work, or with what ends it. */
export const startBeating = async (argv: readonly string[]): Promise<Beating | {readonly failure: string}> => {
	const stream = startCommand(argv, '');
	const errors = readTail(stream.stderr, 2000);
	const timer = setInterval(() => {
		stream.write('\n');
	}, beatMs);
	const chunks = stream.stdout[Symbol.asyncIterator]();
	const first = await chunks.next();
	if (first.done === true) {
		clearInterval(timer);
		return {failure: cleanLine((await errors).trim().split('\n').at(-1) ?? '')};
	}

	return {
		async end() {
			clearInterval(timer);
			stream.finish();
			await stream.ended;
		},
	};
};

// In a unit of its own on the node: what runs in our container ends with it, which kubelet's restart is enough for.
const onNode: readonly string[] = [
	'nsenter',
	'--target',
	'1',
	'--mount',
	'--uts',
	'--ipc',
	'--net',
	'--cgroup',
	'sh',
	'-c',
	'if [ -d /run/systemd/system ]; then exec systemd-run --quiet --pipe --wait --collect sh -s; fi; exec setsid sh -s',
];

/** Makes the pod, waits until it runs, and keeps it alive until it is closed. */
export const openNodePod = async (kubectl: KubectlProgram, making: PodMaking): Promise<NodePod | Refusal> => {
	const {manifest} = making;
	const refusal = await createPod(kubectl, manifest, making.ensureNamespace);
	if (refusal) {
		return refusal;
	}

	const state = await waitForState(kubectl, making, ({kind}) => kind !== 'waiting');
	if (state.kind === 'ended') {
		return {ok: false, because: `the pod of ours does not run: ${state.failure.because}`, tryThis: state.failure.tryThis};
	}

	const beating = await startBeating(execArgv(kubectl, manifest, ['sh', '-c', beatText]));
	if ('failure' in beating) {
		return {ok: false, because: `nothing can be run in the pod of ours: ${beating.failure}`, tryThis: 'does the image have sh, and may the API server reach the kubelet? Try: kubectl exec in any pod of that node'};
	}

	return {
		ok: true,
		name: manifest.metadata.name,
		argv: execArgv(kubectl, manifest, ['sh', '-s']),
		hostArgv: execArgv(kubectl, manifest, onNode),
		async explainLoss() {
			const now = await readState(kubectl, manifest);
			return now.kind === 'ended' ? now.failure : undefined;
		},
		close: beating.end,
	};
};

/** Makes a pod that only has to pull its image and to end. Resolves with why it did not. */
export const runWarmingPod = async (kubectl: KubectlProgram, making: PodMaking): Promise<Failure | undefined> => {
	const refusal = await createPod(kubectl, making.manifest, making.ensureNamespace);
	if (refusal) {
		return refusal;
	}

	const state = await waitForState(kubectl, making, ({kind}) => kind === 'ended');
	return state.kind === 'ended' && state.exitCode !== 0 ? state.failure : undefined;
};

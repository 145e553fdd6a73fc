import {readFileSync} from 'node:fs';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {KubectlProgram} from '../cluster/kubectl.ts';
import {dig, readList} from '../cluster/read-json.ts';
import {
	type Access,
	type AccessNews,
	type Answer,
	type Point,
	type RunOptions,
	type Script,
	pointLabel,
} from './access.ts';
import {deferStream} from './defer-stream.ts';
import {explainEnd, interpretExec} from './interpret-exec.ts';
import {keeperCommand} from './node-pod/node-pods.ts';
import {type Beating, startBeating} from './node-pod/open-pod.ts';
import {readPodState} from './node-pod/state.ts';
import {describeOwner} from './owner.ts';
import {composeRemoteScript} from './remote-script.ts';
import {runCommand, startCommand} from './run.ts';
import type {Failure} from './ssh-failure.ts';

const beatText = readFileSync(new URL('node-pod/beat.sh', import.meta.url), 'utf8');
const pollMs = 300;
const startTimeoutMs = 90_000;

type PodPoint = Extract<Point, {readonly kind: 'pod'}>;
type Container = {readonly ok: true; readonly argv: readonly string[]; readonly explainLoss: () => Promise<Failure | undefined>; readonly beating: Beating};
type Refusal = Failure & {readonly ok: false};

const nodeRefusal: Failure = {
	because: 'only containers inside the pods may look, so the settings of the node are not known',
	tryThis: 'reach it with --ssh NODE=USER@HOST, or ask for the rights to make pods on nodes (see the README)',
};

/** The state of one ephemeral container, read as that of a pod with one container. */
const readContainerState = (pod: unknown, name: string) => {
	const statuses = readList(dig(pod, 'status', 'ephemeralContainerStatuses')).filter(status => dig(status, 'name') === name);
	return readPodState({...(pod as object), status: {phase: dig(pod, 'status', 'phase'), containerStatuses: statuses}});
};

const execArgv = (kubectl: KubectlProgram, {namespace, pod}: PodPoint, name: string, command: readonly string[]) =>
	kubectl.argv(['exec', '--stdin', '--quiet', '--namespace', namespace, pod, '--container', name, '--', ...command]);

const waitUntilItRuns = async (kubectl: KubectlProgram, {namespace, pod}: PodPoint, name: string): Promise<Failure | undefined> => {
	const end = performance.now() + startTimeoutMs;
	for (;;) {
		// eslint-disable-next-line no-await-in-loop
		const answer = await kubectl.getRaw(`/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`);
		const state = answer.ok ? readContainerState(answer.value, name) : undefined;
		if (state?.kind === 'running') {
			return undefined;
		}

		if (state?.kind === 'ended') {
			return {...state.failure, because: `the container of ours in ${namespace}/${pod} does not run: ${state.failure.because}`};
		}

		if (performance.now() > end) {
			return {because: `the container of ours in ${namespace}/${pod} did not start within ${startTimeoutMs / 1000} s`, tryThis: 'does its node pull the image? See: kubectl describe pod'};
		}

		// eslint-disable-next-line no-await-in-loop
		await sleep(pollMs);
	}
};

// A pod may run as somebody who can neither capture nor see other people's sockets.
const asRoot = JSON.stringify({securityContext: {runAsUser: 0, runAsNonRoot: false}});

/** Kubectl reads this from a file only, and not from a pipe of ours. */
const withRootFile = async <Result>(use: (file: string) => Promise<Result>): Promise<Result> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'hairpin-'));
	try {
		const file = path.join(directory, 'root.json');
		await writeFile(file, asRoot);
		return await use(file);
	} finally {
		await rm(directory, {recursive: true});
	}
};

const putContainer = async (kubectl: KubectlProgram, {namespace, pod}: PodPoint, image: string, name: string) => {
	const start = ['debug', `pod/${pod}`, '--namespace', namespace, `--image=${image}`, `--container=${name}`, '--image-pull-policy=IfNotPresent', '--profile=netadmin', '--attach=false', '--quiet'];
	const made = await withRootFile(async file => kubectl.command([...start, `--custom=${file}`, '--', ...keeperCommand]));
	const isOldKubectl = !made.ok && made.because.includes('unknown flag: --custom');
	return isOldKubectl ? kubectl.command([...start, '--', ...keeperCommand]) : made;
};

const openContainer = async (kubectl: KubectlProgram, point: PodPoint, image: string, name: string): Promise<Container | Refusal> => {
	const {namespace, pod} = point;
	const made = await putContainer(kubectl, point, image, name);
	if (!made.ok) {
		return {ok: false, because: `no container of ours could be put into ${namespace}/${pod}: ${made.because}`, tryThis: made.tryThis};
	}

	const failure = await waitUntilItRuns(kubectl, point, name);
	const beating = failure === undefined ? await startBeating(execArgv(kubectl, point, name, ['sh', '-c', beatText])) : {failure: ''};
	if ('failure' in beating) {
		return {ok: false, ...(failure ?? {because: `nothing can be run in the container of ours in ${namespace}/${pod}: ${beating.failure}`, tryThis: 'does the image have sh?'})};
	}

	return {
		ok: true,
		argv: execArgv(kubectl, point, name, ['sh', '-s']),
		beating,
		async explainLoss() {
			const answer = await kubectl.getRaw(`/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`);
			const state = answer.ok ? readContainerState(answer.value, name) : undefined;
			return state?.kind === 'ended' ? {...state.failure, because: `the container of ours in ${namespace}/${pod} is gone: ${state.failure.because}`} : undefined;
		},
	};
};

// We are in the pod's network namespace already, so it is not entered again.
const here = ({node}: Point): Point => ({kind: 'node', node});

export type EphemeralOptions = {
	readonly kubectl: KubectlProgram;
	readonly image: string | undefined;
	readonly tell: (news: AccessNews) => void;
};

/** Looks from within the pods, with containers that Kubernetes cannot remove again. Nodes stay out of reach. */
export const createEphemeralAccess = ({kubectl, image, tell}: EphemeralOptions): Access => {
	const {session} = describeOwner();
	const containers = new Map<string, Promise<Container | Refusal>>();
	const containerOf = async (point: PodPoint): Promise<Container | Refusal> => {
		if (image === undefined) {
			return {ok: false, because: 'no image is named for a container of ours in the pod', tryThis: 'name one that has sh, tcpdump and bash (or nc): --image IMAGE'};
		}

		const label = pointLabel(point);
		if (!containers.has(label)) {
			tell({type: 'container-announced', pod: label, image});
		}

		const container = containers.get(label) ?? openContainer(kubectl, point, image, `hairpin-${session}`);
		containers.set(label, container);
		return container;
	};

	const openAt = async (point: Point): Promise<Container | Refusal> => (point.kind === 'pod' ? containerOf(point) : {ok: false, ...nodeRefusal});
	const describe = (point: Point): string => `kubectl exec -i ${pointLabel(point)} -c hairpin-${session} -- sh -s`;

	const run = async (point: Point, script: Script, options: RunOptions = {}): Promise<Answer> => {
		const container = await openAt(point);
		if (!container.ok) {
			return {...container, command: describe(point)};
		}

		const result = await runCommand(container.argv, {...options, input: composeRemoteScript(here(point), script)});
		return interpretExec(point, describe(point), result, container.explainLoss);
	};

	return {
		connect: async () => ({ok: true, way: 'ephemeral'}),
		run,
		stream: (point, script) => deferStream(describe(point), (async () => {
			const container = await openAt(point);
			return container.ok
				? {stream: explainEnd(startCommand(container.argv, composeRemoteScript(here(point), script)), container.explainLoss)}
				: {because: container.because};
		})()),
		change: () => deferStream('kubectl exec', Promise.resolve({because: nodeRefusal.because})),
		async close() {
			const all = await Promise.all(containers.values());
			await Promise.all(all.map(async container => (container.ok ? container.beating.end() : undefined)));
		},
	};
};

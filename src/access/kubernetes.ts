import {cleanLine} from '../clean.ts';
import type {PodOptions} from '../options.ts';
import type {KubectlProgram} from '../cluster/kubectl.ts';
import {explainKubectlFailure} from '../cluster/kubectl-failure.ts';
import {
	type Access,
	type AccessNews,
	type Answer,
	type Point,
	type RunOptions,
	type Script,
	type Stream,
	pointLabel,
} from './access.ts';
import {type Gate, createGate} from './gate.ts';
import {createNodePods} from './node-pod/node-pods.ts';
import {defaultDebugNamespace} from './node-pod/manifest.ts';
import type {NodePod} from './node-pod/open-pod.ts';
import {composeRemoteScript, startMarker} from './remote-script.ts';
import {type CommandResult, runCommand, startCommand} from './run.ts';
import type {Failure} from './ssh-failure.ts';

// Each one is a kubectl of its own.
const maxCommandsPerNode = 12;
// Files of the node, seen from a container in its process namespace.
const nodeRoot = '/proc/1/root';

const describe = ({name}: NodePod, point: Point): string =>
	`kubectl exec -i ${name} -- sh -s${point.kind === 'pod' ? ` (in the network namespace of ${pointLabel(point)})` : ''}`;

const interpretResult = async (pod: NodePod, point: Point, result: CommandResult): Promise<Answer> => {
	const command = describe(pod, point);
	const start = result.stderr.indexOf(`${startMarker}\n`);
	if (start === -1 || result.isTimedOut) {
		const loss = await pod.explainLoss();
		const slow: Failure = {because: `${pointLabel(point)} did not answer within ${Math.round(result.ms / 1000)} s`, tryThis: 'is the node overloaded, or the way from the API server to it? Try: kubectl exec in any pod of that node'};
		return {ok: false, command, ...(loss ? explainLostPod(point.node, loss) : (result.isTimedOut ? slow : explainKubectlFailure(result.stderr)))};
	}

	// What kubectl itself says about the exit code stands on the same stream.
	const stderr = result.stderr.slice(start + startMarker.length + 1).replace(/command terminated with exit code \d+\n$/v, '');
	return {
		ok: true, command, stdout: result.stdout, stderr, exitCode: result.exitCode ?? 1, ms: result.ms,
	};
};

const explainLostPod = (node: string, {because, tryThis}: Failure): Failure => ({because: `the pod of ours on ${node} is gone: ${because}`, tryThis});

/** A stream whose end is explained by the end of the pod where that was the reason. */
const explainEnd = (stream: Stream, pod: NodePod, node: string): Stream => ({
	...stream,
	ended: (async () => {
		const end = await stream.ended;
		const loss = end.exitCode === 0 ? undefined : await pod.explainLoss();
		return loss ? {...end, because: explainLostPod(node, loss).because} : end;
	})(),
});

export type KubernetesOptions = PodOptions & {
	readonly kubectl: KubectlProgram;
	readonly tell: (news: AccessNews) => void;
};

/** Reaches nodes through the Kubernetes API: by a pod of our own on each, in a namespace of our own. `close` removes them. */
export const createKubernetesAccess = ({kubectl, tell, ...options}: KubernetesOptions): Access => {
	const pods = createNodePods(kubectl, options, tell);
	const gates = new Map<string, Gate>();
	const gateOf = (node: string): Gate => {
		const gate = gates.get(node) ?? createGate(maxCommandsPerNode);
		gates.set(node, gate);
		return gate;
	};

	const run = async (point: Point, script: Script, runOptions: RunOptions = {}): Promise<Answer> => {
		const pod = await pods.podOf(point.node);
		if (!pod.ok) {
			return {...pod, command: 'kubectl exec'};
		}

		const gate = gateOf(point.node);
		await gate.enter();
		try {
			return await interpretResult(pod, point, await runCommand(pod.argv, {...runOptions, input: composeRemoteScript(point, script, nodeRoot)}));
		} finally {
			gate.leave();
		}
	};

	return {
		async connect(node) {
			const pod = await pods.podOf(node);
			return pod.ok ? {ok: true, way: 'kubernetes'} : pod;
		},
		run,
		stream(point, script) {
			const pod = pods.openPodOf(point.node);
			return explainEnd(startCommand(pod.argv, composeRemoteScript(point, script, nodeRoot)), pod, point.node);
		},
		async close() {
			const leftover = await pods.close();
			if (leftover !== undefined) {
				tell({type: 'pods-left', namespace: options.debugNamespace ?? defaultDebugNamespace, because: cleanLine(leftover)});
			}
		},
	};
};

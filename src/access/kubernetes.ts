import {cleanLine} from '../clean.ts';
import type {PodOptions} from '../options.ts';
import type {KubectlProgram} from '../cluster/kubectl.ts';
import {
	type Access,
	type AccessNews,
	type Answer,
	type Point,
	type RunOptions,
	type Script,
	pointLabel,
} from './access.ts';
import {type Gate, createGate} from './gate.ts';
import {type ExplainLoss, explainEnd, interpretExec} from './interpret-exec.ts';
import {createNodePods} from './node-pod/node-pods.ts';
import {defaultDebugNamespace} from './node-pod/manifest.ts';
import type {NodePod} from './node-pod/open-pod.ts';
import {composeRemoteScript, composeShellScript} from './remote-script.ts';
import {runCommand, startCommand} from './run.ts';

// Each one is a kubectl of its own.
const maxCommandsPerNode = 12;
// Files of the node, seen from a container in its process namespace.
const nodeRoot = '/proc/1/root';

const describe = ({name}: NodePod, point: Point): string =>
	`kubectl exec -i ${name} -- sh -s${point.kind === 'pod' ? ` (in the network namespace of ${pointLabel(point)})` : ''}`;

const explainLoss = (pod: NodePod, node: string): ExplainLoss => async () => {
	const loss = await pod.explainLoss();
	return loss && {because: `the pod of ours on ${node} is gone: ${loss.because}`, tryThis: loss.tryThis};
};

const shellArgv = ({argv}: NodePod, point: Point): readonly string[] => {
	const words = argv.flatMap(word => (word === '--stdin' ? ['--stdin', '--tty'] : [word]));
	return [...words.slice(0, -1), '-c', composeShellScript(point)];
};

export type KubernetesOptions = PodOptions & {
	readonly kubectl: KubectlProgram;
	readonly tell: (news: AccessNews) => void;
	/** Whether its pods may change their nodes: these are privileged. */
	readonly mayChange?: boolean;
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
			const result = await runCommand(pod.argv, {...runOptions, input: composeRemoteScript(point, script, nodeRoot)});
			return await interpretExec(point, describe(pod, point), result, explainLoss(pod, point.node));
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
			return explainEnd(startCommand(pod.argv, composeRemoteScript(point, script, nodeRoot)), explainLoss(pod, point.node));
		},
		change(node, script) {
			const pod = pods.openPodOf(node);
			return explainEnd(startCommand(pod.hostArgv, composeRemoteScript({kind: 'node', node}, script)), explainLoss(pod, node));
		},
		shell: point => shellArgv(pods.openPodOf(point.node), point),
		async close() {
			const leftover = await pods.close();
			if (leftover !== undefined) {
				tell({type: 'pods-left', namespace: options.debugNamespace ?? defaultDebugNamespace, because: cleanLine(leftover)});
			}
		},
	};
};

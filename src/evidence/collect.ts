import {
	type Access,
	type Answer,
	type Point,
	pointLabel,
} from '../access/access.ts';
import type {Pod} from '../cluster/cluster.ts';
import {podLabel} from '../cluster/pod-label.ts';
import {pointOfPod, probedBackends, probedEndpoints} from '../probes/plan.ts';
import type {Target} from '../target.ts';
import type {NodeEvidence, PodEvidence} from './evidence.ts';
import {parseNodeEvidence} from './parse-node.ts';
import {parsePodEvidence} from './parse-pod.ts';
import {nodeScript, podScript} from './scripts.ts';

export type EvidenceNews =
	| {readonly type: 'node-read'; readonly evidence: NodeEvidence}
	| {readonly type: 'pod-read'; readonly evidence: PodEvidence}
	| {readonly type: 'point-unreachable'; readonly point: string; readonly because: string; readonly tryThis: string};

export type NodeQuestion = {readonly vip: string; readonly endpointIps: readonly string[]; readonly signal?: AbortSignal};

type Tell = (news: EvidenceNews) => void;

const readTimeoutMs = 60_000;

/** What went wrong with a round trip that should have printed evidence, or undefined. */
const failureOf = (point: Point, answer: Answer): EvidenceNews | undefined => {
	if (!answer.ok) {
		return {
			type: 'point-unreachable', point: pointLabel(point), because: answer.because, tryThis: answer.tryThis,
		};
	}

	if (answer.stdout.trim() === '') {
		const said = answer.stderr.trim().split('\n').at(-1) ?? '';
		return {
			type: 'point-unreachable',
			point: pointLabel(point),
			because: said === '' ? `nothing was printed (exit code ${answer.exitCode})` : said.replace(/^hairpin: /v, ''),
			tryThis: point.kind === 'pod'
				? `was the pod just replaced? Look, and run it again: kubectl get pod ${point.pod} -n ${point.namespace} -o wide`
				: `does a shell work there? Try: ${answer.command} </dev/null`,
		};
	}

	return undefined;
};

/** Reads one node that was reached: what decides the path to a ClusterIP, or with an empty one, to any. */
export const readNode = async (access: Access, node: string, {vip, endpointIps, signal}: NodeQuestion): Promise<EvidenceNews> => {
	const point: Point = {kind: 'node', node};
	const answer = await access.run(point, nodeScript(vip, endpointIps), {timeoutMs: readTimeoutMs, signal});
	return failureOf(point, answer) ?? {type: 'node-read', evidence: parseNodeEvidence(node, answer.ok ? answer.stdout : '')};
};

const readPod = async (access: Access, pod: Pod, tell: Tell): Promise<void> => {
	const point = pointOfPod(pod);
	const answer = await access.run(point, podScript(), {timeoutMs: readTimeoutMs});
	tell(failureOf(point, answer) ?? {
		type: 'pod-read',
		evidence: parsePodEvidence({
			namespace: pod.namespace, pod: pod.name, text: answer.ok ? answer.stdout : '',
		}),
	});
};

/** Reads every reached node, the client and the backends, each in one round trip, all at the same time. */
export const collectEvidence = async (access: Access, target: Target, reached: ReadonlySet<string>, tell: Tell): Promise<void> => {
	const pods = new Map([target.client, ...probedBackends(target)].map(pod => [podLabel(pod), pod]));
	const question = {vip: target.service.clusterIp, endpointIps: probedEndpoints(target).map(({ip}) => ip)};
	await Promise.all([
		...reached.keys().map(async node => {
			tell(await readNode(access, node, question));
		}),
		...pods.values().filter(pod => reached.has(pod.node)).map(async pod => readPod(access, pod, tell)),
	]);
};

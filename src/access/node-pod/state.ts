import {cleanLine} from '../../clean.ts';
import {dig, readText} from '../../cluster/read-json.ts';
import type {Failure} from '../ssh-failure.ts';

/** How far a pod of ours has come. */
export type PodState =
	| {readonly kind: 'running'}
	| {readonly kind: 'waiting'; readonly doing: string}
	| {readonly kind: 'ended'; readonly exitCode: number | undefined; readonly failure: Failure};

const reasonWith = (reason: unknown, message: unknown): string => {
	const said = cleanLine(readText(message), 240);
	return `${cleanLine(readText(reason, 'no reason was given'))}${said === '' ? '' : `: ${said}`}`;
};

const imageReasons = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'ImageInspectError', 'RegistryUnavailable']);
const containerReasons = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError', 'CrashLoopBackOff', 'StartError']);

const explainWaiting = (waiting: unknown): PodState => {
	const reason = readText(dig(waiting, 'reason'), 'ContainerCreating');
	const because = reasonWith(reason, dig(waiting, 'message'));
	if (imageReasons.has(reason)) {
		return {
			kind: 'ended', exitCode: undefined, failure: {because: `the image cannot be pulled (${because})`, tryThis: 'name an image that the nodes have or can pull with --image, and its --pull-secret; hairpin warm --image IMAGE tries it on every node'},
		};
	}

	return containerReasons.has(reason)
		? {kind: 'ended', exitCode: undefined, failure: {because: `its container does not start (${because})`, tryThis: 'does the image have sh? Try another --image'}}
		: {kind: 'waiting', doing: because};
};

const explainEnd = (status: unknown): Failure => {
	const reason = readText(dig(status, 'reason'));
	const because = reasonWith(reason === '' ? dig(status, 'containerStatuses', 0, 'state', 'terminated', 'reason') : reason, dig(status, 'message') ?? dig(status, 'containerStatuses', 0, 'state', 'terminated', 'message'));
	if (reason === 'DeadlineExceeded') {
		return {because: `its time was over (${because})`, tryThis: 'give it more with --pod-deadline SECONDS'};
	}

	return {because: `it ended (${because})`, tryThis: 'look at the node: kubectl describe node NODE; or reach it with --ssh NODE=USER@HOST'};
};

/** Reads the state of a pod with one container from its object. */
export const readPodState = (pod: unknown): PodState => {
	const status = dig(pod, 'status');
	const container = dig(status, 'containerStatuses', 0, 'state');
	const exitCode = dig(container, 'terminated', 'exitCode');
	const phase = readText(dig(status, 'phase'));
	if (typeof exitCode === 'number' || phase === 'Failed' || phase === 'Succeeded') {
		return {kind: 'ended', exitCode: typeof exitCode === 'number' ? exitCode : undefined, failure: explainEnd(status)};
	}

	if (dig(pod, 'metadata', 'deletionTimestamp') !== undefined) {
		return {kind: 'ended', exitCode: undefined, failure: {because: 'somebody deletes it', tryThis: 'run it again; is there a controller that removes unknown pods?'}};
	}

	return dig(container, 'running') === undefined ? explainWaiting(dig(container, 'waiting')) : {kind: 'running'};
};

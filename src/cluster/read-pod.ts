import type {Container, ContainerPort, Pod} from './cluster.ts';
import {
	type IpFamily,
	addressOf,
	dig,
	hasCondition,
	readList,
	readName,
	readPort,
	readSomeText,
	readText,
	readTexts,
} from './read-json.ts';

const readContainerPort = (value: unknown): ContainerPort | undefined => {
	const containerPort = readPort(dig(value, 'containerPort'));
	return containerPort === undefined
		? undefined
		: {
			name: readText(dig(value, 'name')), containerPort, protocol: readText(dig(value, 'protocol'), 'TCP'),
		};
};

/** `running`, `waiting: CrashLoopBackOff`, `terminated: Error (exit code 1)`. */
const describeState = (state: unknown): string => {
	if (dig(state, 'running') !== undefined) {
		return 'running';
	}

	const terminated = dig(state, 'terminated');
	if (terminated !== undefined) {
		return `terminated: ${readText(dig(terminated, 'reason'), 'no reason given')} (exit code ${String(dig(terminated, 'exitCode'))})`;
	}

	return `waiting: ${readText(dig(state, 'waiting', 'reason'), 'no reason given')}`;
};

const readContainer = (value: unknown, statuses: readonly unknown[]): Container => {
	const name = readText(dig(value, 'name'));
	const status = statuses.find(item => dig(item, 'name') === name);
	return {
		name,
		ports: readList(dig(value, 'ports')).map(port => readContainerPort(port)).filter(port => port !== undefined),
		isReady: dig(status, 'ready') === true,
		state: describeState(dig(status, 'state')),
	};
};

/** `podIPs` holds one address per family; API servers before 1.16 have `podIP` only. */
const addressIn = (status: unknown, family: IpFamily): string =>
	addressOf(family, [...readList(dig(status, 'podIPs')).map(item => dig(item, 'ip')), dig(status, 'podIP')]);

const hostAddressIn = (status: unknown, family: IpFamily): string =>
	addressOf(family, [...readList(dig(status, 'hostIPs')).map(item => dig(item, 'ip')), dig(status, 'hostIP')]);

/** A Pod as the API gives it, with its address of one family; undefined when it has no name. */
export const readPod = (value: unknown, family: IpFamily): Pod | undefined => {
	const name = readName(dig(value, 'metadata', 'name'));
	const [spec, status] = [dig(value, 'spec'), dig(value, 'status')];
	const statuses = readList(dig(status, 'containerStatuses'));
	return name === ''
		? undefined
		: {
			namespace: readName(dig(value, 'metadata', 'namespace')),
			name,
			ip: addressIn(status, family),
			node: readName(dig(spec, 'nodeName')),
			phase: dig(value, 'metadata', 'deletionTimestamp') === undefined ? readText(dig(status, 'phase'), 'Unknown') : 'Terminating',
			isReady: hasCondition(value, 'Ready'),
			isHostNetwork: dig(spec, 'hostNetwork') === true,
			labels: readTexts(dig(value, 'metadata', 'labels')),
			containers: readList(dig(spec, 'containers')).map(container => readContainer(container, statuses)),
			hostIp: readSomeText(hostAddressIn(status, family)),
		};
};

/** The pods of a PodList. */
export const readPods = (list: unknown, family: IpFamily): readonly Pod[] =>
	readList(dig(list, 'items')).map(item => readPod(item, family)).filter(pod => pod !== undefined);

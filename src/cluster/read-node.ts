import type {Node} from './cluster.ts';
import {
	type IpFamily,
	addressOf,
	dig,
	familyOf,
	hasCondition,
	readList,
	readName,
	readSomeText,
	readText,
} from './read-json.ts';

const internalAddressIn = (status: unknown, family: IpFamily): string => {
	const addresses = readList(dig(status, 'addresses'))
		.filter(item => dig(item, 'type') === 'InternalIP')
		.map(item => readText(dig(item, 'address')))
		.filter(address => familyOf(address) !== undefined);
	return readSomeText(addressOf(family, addresses)) ?? addresses[0] ?? '';
};

const podCidrsIn = (spec: unknown): readonly string[] => {
	const cidrs = readList(dig(spec, 'podCIDRs')).map(cidr => readText(cidr));
	return (cidrs.length > 0 ? cidrs : [readText(dig(spec, 'podCIDR'))]).filter(cidr => cidr !== '');
};

/** A Node as the API gives it, preferring its address of one family; undefined when it has no name. */
export const readNode = (value: unknown, family: IpFamily): Node | undefined => {
	const name = readName(dig(value, 'metadata', 'name'));
	if (name === '') {
		return undefined;
	}

	const status = dig(value, 'status');
	const info = (key: string) => readText(dig(status, 'nodeInfo', key));
	return {
		name,
		internalIp: internalAddressIn(status, family),
		podCidrs: podCidrsIn(dig(value, 'spec')),
		kernel: info('kernelVersion'),
		osImage: info('osImage'),
		os: info('operatingSystem'),
		kubeletVersion: info('kubeletVersion'),
		// Empty since Kubernetes 1.33 (KEP-4004); it only ever repeated the kubelet's version.
		kubeProxyVersion: info('kubeProxyVersion'),
		runtime: info('containerRuntimeVersion'),
		isReady: hasCondition(value, 'Ready'),
	};
};

/** Stands for a node whose object could not be read: nothing is known but its name, and its address where a pod told it. */
export const unreadNode = (name: string, internalIp: string): Node => ({
	name, internalIp, podCidrs: [], kernel: '', osImage: '', os: '', kubeletVersion: '', kubeProxyVersion: '', runtime: '', isReady: true,
});

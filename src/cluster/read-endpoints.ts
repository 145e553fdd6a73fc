import type {Endpoint, ServicePort} from './cluster.ts';
import {
	type IpFamily,
	addressOf,
	dig,
	familyOf,
	readList,
	readName,
	readPort,
	readSomeText,
	readText,
} from './read-json.ts';

/**
The number behind a Service port in one slice or subset, where named target ports are resolved by the port's name.
A slice without ports belongs to pods that do not have the named port; a port without a number means all ports.
*/
const resolvePort = (ports: unknown, {name, protocol, port, targetPort}: ServicePort): number | undefined => {
	const found = readList(ports).find(item => readText(dig(item, 'name')) === name && readText(dig(item, 'protocol'), 'TCP') === protocol);
	if (found === undefined) {
		return undefined;
	}

	return readPort(dig(found, 'port')) ?? (typeof targetPort === 'number' ? targetPort : port);
};

const podOf = (targetRef: unknown): string | undefined =>
	(dig(targetRef, 'kind') === 'Pod' ? readSomeText(readName(dig(targetRef, 'name'))) : undefined);

const nodeOf = (item: unknown): string | undefined => readSomeText(readName(dig(item, 'nodeName')));

const readSlice = (slice: unknown, servicePort: ServicePort, family: IpFamily): readonly Endpoint[] => {
	const port = resolvePort(dig(slice, 'ports'), servicePort);
	if (port === undefined) {
		return [];
	}

	return readList(dig(slice, 'endpoints')).map(item => ({
		ip: addressOf(family, readList(dig(item, 'addresses'))),
		port,
		// "A nil value should be interpreted as true" (EndpointConditions of discovery.k8s.io/v1).
		isReady: dig(item, 'conditions', 'ready') !== false,
		node: nodeOf(item),
		pod: podOf(dig(item, 'targetRef')),
	}));
};

const readAddresses = (addresses: unknown, port: number, isReady: boolean): readonly Endpoint[] => readList(addresses).map(item => ({
	ip: readText(dig(item, 'ip')), port, isReady, node: nodeOf(item), pod: podOf(dig(item, 'targetRef')),
}));

const readSubset = (subset: unknown, servicePort: ServicePort): readonly Endpoint[] => {
	const port = resolvePort(dig(subset, 'ports'), servicePort);
	return port === undefined
		? []
		: [...readAddresses(dig(subset, 'addresses'), port, true), ...readAddresses(dig(subset, 'notReadyAddresses'), port, false)];
};

/** An endpoint may be in two slices while its Service is being updated; it is ready when one of them says so. */
const withoutDuplicates = (endpoints: readonly Endpoint[]): readonly Endpoint[] => {
	const byAddress = new Map<string, Endpoint>();
	for (const endpoint of endpoints) {
		const address = `${endpoint.ip} ${endpoint.port}`;
		if (!byAddress.get(address)?.isReady) {
			byAddress.set(address, endpoint);
		}
	}

	return byAddress.values().toArray();
};

/** The endpoints of one Service port and address family, from an EndpointSliceList. */
export const readEndpointSlices = (list: unknown, port: ServicePort, family: IpFamily): readonly Endpoint[] =>
	withoutDuplicates(readList(dig(list, 'items')).flatMap(slice => readSlice(slice, port, family)).filter(({ip}) => ip !== ''));

/** The same from an Endpoints object, for API servers before discovery.k8s.io/v1 (Kubernetes 1.21). */
export const readEndpoints = (value: unknown, port: ServicePort, family: IpFamily): readonly Endpoint[] =>
	withoutDuplicates(readList(dig(value, 'subsets')).flatMap(subset => readSubset(subset, port)).filter(({ip}) => familyOf(ip) === family));

import type {Service, ServicePort} from './cluster.ts';
import {
	dig,
	readList,
	readName,
	readPort,
	readSomeText,
	readText,
	readTexts,
} from './read-json.ts';

const protocols = ['TCP', 'UDP', 'SCTP'] as const;

const readServicePort = (value: unknown): ServicePort | undefined => {
	const port = readPort(dig(value, 'port'));
	const protocol = protocols.find(known => known === readText(dig(value, 'protocol'), 'TCP'));
	const targetPort = dig(value, 'targetPort');
	return port === undefined || protocol === undefined
		? undefined
		: {
			name: readText(dig(value, 'name')),
			protocol,
			port,
			targetPort: readPort(targetPort) ?? readSomeText(targetPort) ?? port,
		};
};

const topologyAnnotations = ['service.kubernetes.io/topology-mode', 'service.kubernetes.io/topology-aware-hints'];

const isTopologyAware = (value: unknown): boolean => readText(dig(value, 'spec', 'trafficDistribution')) !== ''
	|| topologyAnnotations.some(name => /^auto$/iv.test(readText(dig(value, 'metadata', 'annotations', name))));

const readOtherIps = (spec: unknown): Pick<Service, 'otherIps'> => {
	const otherIps = readList(dig(spec, 'clusterIPs')).map(ip => readText(ip)).filter(ip => ip !== '' && ip !== readText(dig(spec, 'clusterIP')));
	return otherIps.length > 0 ? {otherIps} : {};
};

/** A Service as the API gives it, with the API's defaults filled in; undefined when it has no name. */
export const readService = (value: unknown): Service | undefined => {
	const name = readName(dig(value, 'metadata', 'name'));
	const spec = dig(value, 'spec');
	return name === ''
		? undefined
		: {
			namespace: readName(dig(value, 'metadata', 'namespace')),
			name,
			type: readText(dig(spec, 'type'), 'ClusterIP'),
			clusterIp: readText(dig(spec, 'clusterIP')),
			...readOtherIps(spec),
			...(isTopologyAware(value) && {isTopologyAware: true}),
			selector: readTexts(dig(spec, 'selector')),
			ports: readList(dig(spec, 'ports')).map(port => readServicePort(port)).filter(port => port !== undefined),
			internalTrafficPolicy: readText(dig(spec, 'internalTrafficPolicy'), 'Cluster'),
			sessionAffinity: readText(dig(spec, 'sessionAffinity'), 'None'),
		};
};

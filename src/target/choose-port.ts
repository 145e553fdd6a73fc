import type {Service, ServicePort} from '../cluster/cluster.ts';
import {familyOf} from '../cluster/read-json.ts';
import {UserFacingError} from '../user-facing-error.ts';

export type ChosenPort = {
	readonly port: ServicePort;
	readonly notes: readonly string[];
};

const describePort = ({name, port, protocol}: ServicePort): string => `${port}/${protocol}${name === '' ? '' : ` (${name})`}`;

const describePorts = (ports: readonly ServicePort[]): string => ports.map(port => describePort(port)).join(', ');

/** Throws for Services that kube-proxy does nothing for: those without a ClusterIP. */
export const requireClusterIp = ({name, namespace, type, clusterIp}: Service): void => {
	if (type === 'ExternalName') {
		throw new UserFacingError(
			`svc/${name} is of type ExternalName: a DNS alias, with no ClusterIP and no endpoints for kube-proxy to translate to`,
			'look up the name in the pod, and probe the address that it gives: nslookup, then nc -vz ADDRESS PORT',
		);
	}

	if (clusterIp === 'None') {
		throw new UserFacingError(
			`svc/${name} is headless (clusterIP: None): DNS gives the addresses of its pods, and there is no virtual address that could fail`,
			`probe a pod's own address from the client; the addresses: kubectl get endpointslices -n ${namespace} -l kubernetes.io/service-name=${name}`,
		);
	}

	if (familyOf(clusterIp) === undefined) {
		throw new UserFacingError(`svc/${name} has no ClusterIP that could be probed${clusterIp === '' ? '' : ` (${clusterIp})`}`, `look at it: kubectl get svc ${name} -n ${namespace} -o yaml`);
	}
};

const requireProbeable = (service: Service, port: ServicePort): ServicePort => {
	if (port.protocol === 'SCTP') {
		throw new UserFacingError(
			`port ${describePort(port)} of svc/${service.name} is SCTP, which hairpin cannot probe`,
			`name a TCP or UDP port; svc/${service.name} has ${describePorts(service.ports)}`,
		);
	}

	return port;
};

const noteSharedNumber = (port: ServicePort, matching: readonly ServicePort[]): readonly string[] =>
	(matching.length > 1 ? [`port ${port.port} exists as ${describePorts(matching)}: ${port.protocol} is examined; name another by its name`] : []);

const chooseNamed = (service: Service, wanted: string): ChosenPort => {
	const matching = service.ports.filter(({port, name}) => String(port) === wanted || name === wanted);
	const port = matching.find(({protocol}) => protocol === 'TCP') ?? matching.at(0);
	if (port === undefined) {
		throw new UserFacingError(`svc/${service.name} has no port ${wanted}`, `it has ${describePorts(service.ports)}`);
	}

	return {port: requireProbeable(service, port), notes: noteSharedNumber(port, matching)};
};

/** The port that is meant: by number or name, else the only one, else the first TCP one with a note that names the others. */
export const choosePort = (service: Service, wanted: string | undefined): ChosenPort => {
	if (service.ports.length === 0) {
		throw new UserFacingError(`svc/${service.name} has no ports`, `look at it: kubectl get svc ${service.name} -n ${service.namespace} -o yaml`);
	}

	if (wanted !== undefined) {
		return chooseNamed(service, wanted);
	}

	const port = service.ports.find(({protocol}) => protocol === 'TCP') ?? service.ports.find(({protocol}) => protocol === 'UDP') ?? service.ports[0];
	const others = service.ports.filter(other => other !== port);
	return {
		port: requireProbeable(service, port),
		notes: others.length === 0 ? [] : [`svc/${service.name} has several ports: ${describePort(port)} is examined, not ${describePorts(others)}; name one with svc/${service.name}:PORT`],
	};
};

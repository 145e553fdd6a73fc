import {isObjectName} from '../cluster/read-json.ts';
import {UserFacingError} from '../user-facing-error.ts';

/** A Service as the command line names it. */
export type ServiceArgument = {
	readonly name: string;
	/** Where it was named as cluster DNS does. */
	readonly namespace: string | undefined;
	/** A number or the name of a port. */
	readonly port: string | undefined;
};

/** Where the client comes from: one pod, or a workload of apps/v1 that has some. */
export type FromArgument = {
	readonly resource: 'pods' | 'deployments' | 'statefulsets' | 'daemonsets' | 'replicasets';
	readonly name: string;
	/** Undefined is the Service's. */
	readonly namespace: string | undefined;
	/** As a person would type it, such as `deploy/web`. */
	readonly label: string;
};

const serviceWords = new Set(['svc', 'service', 'services']);

const resources = new Map<string, FromArgument['resource']>([
	...['pod', 'pods', 'po'].map(word => [word, 'pods'] as const),
	...['deploy', 'deployment', 'deployments'].map(word => [word, 'deployments'] as const),
	...['sts', 'statefulset', 'statefulsets'].map(word => [word, 'statefulsets'] as const),
	...['ds', 'daemonset', 'daemonsets'].map(word => [word, 'daemonsets'] as const),
	...['rs', 'replicaset', 'replicasets'].map(word => [word, 'replicasets'] as const),
]);

// A Service's port has a name of RFC 1123 too, so a number is never taken for one.
const isPortText = (text: string): boolean => (/^\d+$/v.test(text) ? Number(text) > 0 && Number(text) < 65_536 : isObjectName(text));

/**
 `svc/NAME[:PORT]`, `service/NAME[:PORT]` or `NAME[:PORT]`; throws when it is none of them.
 NAME may be followed by its namespace, with or without `.svc` and the cluster's domain, as in a client's configuration: a Service's own name has no dots.
 */
export const parseServiceArgument = (text: string): ServiceArgument => {
	const {kind, name = '', namespace, port} = /^(?:(?<kind>[^\/]*)\/)?(?<name>[^.\/:]*)(?:\.(?<namespace>[^.\/:]*)(?:\.svc(?:\.[^\/:]*)?)?)?(?::(?<port>[^\/:]*))?$/v.exec(text)?.groups ?? {};
	const areNames = [name, ...(namespace === undefined ? [] : [namespace])].every(word => isObjectName(word));
	if (!areNames || (kind !== undefined && !serviceWords.has(kind)) || (port !== undefined && !isPortText(port))) {
		throw new UserFacingError(`"${text}" does not name a Service`, 'write svc/NAME or svc/NAME:PORT, where PORT is the number or the name of one of its ports, such as svc/nginx:8080');
	}

	return {name, namespace, port};
};

/** `pod/NAME`, a bare pod name, or `deploy/NAME` and the other workloads, each with `NAMESPACE/` before it where that is not the Service's; throws when it is none of them. */
export const parseFromArgument = (text: string): FromArgument => {
	const {namespace, word = 'pod', name = ''} = /^(?:(?:(?<namespace>[^\/]*)\/)?(?<word>[^\/]*)\/)?(?<name>[^\/]*)$/v.exec(text)?.groups ?? {};
	const resource = resources.get(word);
	if (resource === undefined || !isObjectName(name) || (namespace !== undefined && !isObjectName(namespace))) {
		throw new UserFacingError(`--from "${text}" names neither a pod nor a workload`, 'write --from pod/NAME, or deploy/NAME, sts/NAME, ds/NAME, rs/NAME to take one of its pods; with its namespace before it where that is not the Service\'s: NAMESPACE/pod/NAME');
	}

	return {
		resource, name, namespace, label: `${word}/${name}`,
	};
};

/** Throws when a namespace could not exist. */
export const checkNamespace = (namespace: string): string => {
	if (!isObjectName(namespace)) {
		throw new UserFacingError(`"${namespace}" cannot be the name of a namespace`, 'list them with: kubectl get namespaces');
	}

	return namespace;
};

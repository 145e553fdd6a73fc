import type {Pod, Service} from './cluster.ts';

/** How a pod is called wherever it is named: `default/mars1`; by its address, `pod/10.244.0.18`, where no API server told its name. */
export const podLabel = ({namespace, name}: Pick<Pod, 'namespace' | 'name'>): string => `${namespace === '' ? 'pod' : namespace}/${name}`;

/** How a Service is called: `default/nginx`, or by its virtual address where no API server told its name. */
export const serviceLabel = ({namespace, name}: Pick<Service, 'namespace' | 'name'>): string => (namespace === '' ? name : `${namespace}/${name}`);

/** How `--from` names a pod, for a Service of that namespace. */
export const formatFrom = (pod: {readonly namespace: string; readonly name: string}, namespace: string): string =>
	`${pod.namespace === namespace || pod.namespace === '' ? '' : `${pod.namespace}/`}pod/${pod.name}`;

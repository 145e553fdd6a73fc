import {distance} from 'fastest-levenshtein';
import type {Endpoint, Pod, ServicePort} from '../cluster/cluster.ts';
import type {Target} from '../target.ts';

const maxLabelLength = 63;

/** Whether one label's value is the other one with a slip of the hand, or its beginning. */
export const isNearLabel = (wanted: string, found: string): boolean => {
	const [a, b] = [wanted, found].map(word => word.slice(0, maxLabelLength));
	return a.startsWith(b) || b.startsWith(a) || distance(a, b) <= 2;
};

const isMeant = (selector: Readonly<Record<string, string>>, {labels, ip, isHostNetwork}: Pod): boolean => ip !== '' && !isHostNetwork
	&& Object.entries(selector).every(([key, value]) => labels[key] !== undefined && labels[key] !== '' && isNearLabel(value, labels[key]));

/** As many as are probed one by one. */
const maxMeant = 4;

/** The pods that a selector which finds none was probably meant for: each of its labels comes near. */
export const findMeantPods = (selector: Readonly<Record<string, string>>, pods: readonly Pod[]): readonly Pod[] => (Object.keys(selector).length === 0
	? []
	: new Map(pods.filter(pod => isMeant(selector, pod)).map(pod => [pod.name, pod])).values().take(maxMeant).toArray());

/** Where a pod would be reached if the Service found it; nowhere where it has no port of that name. */
export const endpointOfMeant = (pod: Pod, {targetPort}: ServicePort): readonly Endpoint[] => {
	const port = typeof targetPort === 'number' ? targetPort : pod.containers.flatMap(({ports}) => ports).find(({name}) => name === targetPort)?.containerPort;
	return port === undefined
		? []
		: [{
			ip: pod.ip, port, isReady: false, node: pod.node, pod: pod.name,
		}];
};

const plainLabel = /^[\w\-.]+$/v;

/** `app=nginx`: the selector that finds the pods that were meant, where they agree on it. */
export const meantSelector = ({service: {selector}, backends, isMeant: isFound}: Pick<Target, 'service' | 'backends' | 'isMeant'>): string | undefined => {
	const pairs = Object.keys(selector).map(key => ({key, values: [...new Set(backends.map(({labels}) => labels[key] ?? ''))]}));
	return isFound === true && pairs.every(({values}) => values.length === 1 && plainLabel.test(values[0]))
		? pairs.map(({key, values}) => `${key}=${values[0]}`).join(',')
		: undefined;
};

import {distance} from 'fastest-levenshtein';
import type {Pod} from '../../cluster/cluster.ts';
import type {Target} from '../../target.ts';
import {joinWords, podLabel} from './words.ts';

const maxLabelLength = 63;

const isNear = (wanted: string, found: string): boolean => {
	const [a, b] = [wanted, found].map(word => word.slice(0, maxLabelLength));
	return a.startsWith(b) || b.startsWith(a) || distance(a, b) <= 2;
};

const nearLabels = (selector: Readonly<Record<string, string>>, {labels}: Pod): readonly string[] => Object.entries(selector)
	.filter(([key, value]) => labels[key] !== undefined && labels[key] !== value && labels[key] !== '' && isNear(value, labels[key]))
	.map(([key]) => `${key}=${labels[key]}`);

/** `; near it: default/nginx-app has app=nginx-app`, from the pods at hand; empty where none comes near. */
export const suggestLabels = ({service, backends, client, otherClient}: Target): string => {
	const pods = [...backends, client, ...(otherClient ? [otherClient] : [])].filter(({namespace}) => namespace === service.namespace);
	const near = pods.map(pod => ({pod, labels: nearLabels(service.selector, pod)})).filter(({labels}) => labels.length > 0);
	return near.length === 0 ? '' : `; near it: ${joinWords(near.map(({pod, labels}) => `${podLabel(pod)} has ${labels.join(',')}`))}`;
};

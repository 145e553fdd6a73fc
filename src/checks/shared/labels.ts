import type {Pod} from '../../cluster/cluster.ts';
import type {Target} from '../../target.ts';
import {isNearLabel} from '../../target/meant-pods.ts';
import {joinWords, podLabel} from './words.ts';

const nearLabels = (selector: Readonly<Record<string, string>>, {labels}: Pod): readonly string[] => Object.entries(selector)
	.filter(([key, value]) => labels[key] !== undefined && labels[key] !== value && labels[key] !== '' && isNearLabel(value, labels[key]))
	.map(([key]) => `${key}=${labels[key]}`);

/** `; near it: default/nginx-app has app=nginx-app`, from the pods at hand; empty where none comes near. */
export const suggestLabels = ({service, backends, client, otherClient}: Target): string => {
	const pods = [...backends, client, ...(otherClient ? [otherClient] : [])].filter(({namespace}) => namespace === service.namespace);
	const near = pods.map(pod => ({pod, labels: nearLabels(service.selector, pod)})).filter(({labels}) => labels.length > 0);
	return near.length === 0 ? '' : `; near it: ${joinWords(near.map(({pod, labels}) => `${podLabel(pod)} has ${labels.join(',')}`))}`;
};

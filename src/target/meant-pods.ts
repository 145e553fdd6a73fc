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

const lettersOf = (word: string): string => [...word].toSorted().join('');

/** One letter too few or too many, or two that changed places, in a word that is long enough for it; the beginning of a word is another word. */
const isSlipOfWord = (wanted: string, found: string): boolean => {
	const isLong = Math.min(wanted.length, found.length) > 4 && !/\d/v.test(wanted + found);
	const isOneLetter = distance(wanted, found) === 1 && wanted.length !== found.length && !wanted.startsWith(found) && !found.startsWith(wanted);
	const isSwapped = distance(wanted, found) === 2 && lettersOf(wanted) === lettersOf(found);
	return isLong && (isOneLetter || isSwapped);
};

/** Whether one value is the other one with a slip of the hand in one of its words. `web` and `db` are two applications, `worker-a` and `worker-b` as well. */
const isSlip = (wanted: string, found: string): boolean => {
	const [words, others] = [wanted, found].map(value => value.split(/[\-._]/v));
	const different = words.map((word, index) => [word, others[index]] as const).filter(([word, other]) => word !== other);
	return words.length === others.length && different.every(([word, other]) => isSlipOfWord(word, other)) && different.length <= 1;
};

const plainKey = /^[\w\-.\/]+$/v;
const plainLabel = /^[\w\-.]+$/v;

/** `app=nginx`: the selector that finds the pods that were meant, where they agree on it, one of them is Ready, and nothing but a slip is between it and the selector of now. */
export const meantSelector = ({service: {selector}, backends, isMeant: isFound}: Pick<Target, 'service' | 'backends' | 'isMeant'>): string | undefined => {
	const pairs = Object.entries(selector).map(([key, value]) => ({key, value, found: [...new Set(backends.map(({labels}) => labels[key] ?? ''))]}));
	const isCertain = isFound === true && backends.some(({isReady}) => isReady) && pairs.every(({key, value, found}) =>
		found.length === 1 && plainKey.test(key) && plainLabel.test(found[0]) && isSlip(value, found[0]));
	return isCertain ? pairs.map(({key, found}) => `${key}=${found[0]}`).join(',') : undefined;
};

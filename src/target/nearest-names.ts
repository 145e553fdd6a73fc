import {distance} from 'fastest-levenshtein';
import {dig, readList, readName} from '../cluster/read-json.ts';

const maxShown = 3;

/** Pods are named for their workload, so the beginning of a name counts as near. */
const distanceOf = (wanted: string, name: string): number =>
	(name.startsWith(wanted) || wanted.startsWith(name) ? distance(wanted, name) / 100 : distance(wanted, name));

/** The names that were most likely meant, best first. */
export const nearestNames = (wanted: string, names: readonly string[]): readonly string[] => names
	.map(name => ({name, away: distanceOf(wanted, name)}))
	.filter(({away}) => away <= Math.max(2, Math.floor(wanted.length / 2)))
	.toSorted((a, b) => a.away - b.away)
	.slice(0, maxShown)
	.map(({name}) => name);

/** The names of the objects in a list of the API. */
export const namesIn = (list: unknown): readonly string[] =>
	readList(dig(list, 'items')).map(item => readName(dig(item, 'metadata', 'name'))).filter(name => name !== '');

/** What to try instead of a name that does not exist, given at least one that does: the nearest ones, else the first few. */
export const suggestNames = (wanted: string, names: readonly string[], prefix = ''): string => {
	const nearest = nearestNames(wanted, names);
	if (nearest.length > 0) {
		return `did you mean ${nearest.map(name => `${prefix}${name}`).join(' or ')}?`;
	}

	const shown = names.slice(0, 2 * maxShown);
	const more = names.length - shown.length;
	return `there ${names.length === 1 ? 'is' : 'are'} ${shown.map(name => `${prefix}${name}`).join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
};

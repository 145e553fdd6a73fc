import {cleanLine} from '../clean.ts';
import type {Known, Origin} from './evidence.ts';

const maxExcerpt = 2000;

/** Where a value came from, with as much of what was printed as a person wants to see. */
export const originOf = (point: string, command: string, excerpt: string): Origin => ({
	point, command, excerpt: excerpt.length > maxExcerpt ? `${excerpt.slice(0, maxExcerpt)}…` : excerpt,
});

export const known = <T>(value: T, origin: Origin): Known<T> => ({value, origin});

export const unknown = <T>(because: string): Known<T> => ({unknown: cleanLine(because)});

/** The same value read further; what was unknown stays unknown for the same reason. */
export const mapKnown = <T, U>(reading: Known<T>, read: (value: T) => U): Known<U> =>
	('unknown' in reading ? reading : {value: read(reading.value), origin: reading.origin});

export const valueOf = <T>(reading: Known<T> | undefined): T | undefined =>
	(reading === undefined || 'unknown' in reading ? undefined : reading.value);

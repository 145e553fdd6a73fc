import type {Report} from '../../helpers/real-cluster.ts';

/** Probes by what the walk through the rules foretold of them; undefined where it was not asked. */
export type WalkCount = {readonly agrees: number; readonly unknown: number; readonly disagrees: number} | undefined;

export const countWalks = (...reports: readonly Report[]): WalkCount => {
	const all = reports.flatMap(({walk}) => walk.probes.map(({agreement}) => agreement));
	const count = (wanted: typeof all[number]): number => all.filter(agreement => agreement === wanted).length;
	return {agrees: count('agrees'), unknown: count('unknown'), disagrees: count('disagrees')};
};

/** `5 · 1 · 0`: as foretold, not known beforehand, otherwise. */
export const formatWalkCount = (count: WalkCount): string => (count === undefined ? '-' : `${count.agrees} · ${count.unknown} · ${count.disagrees}`);

export const parseWalkCount = (text: string): WalkCount => {
	const [agrees, unknown, disagrees] = text.split(' · ').map(Number);
	return disagrees === undefined ? undefined : {agrees, unknown, disagrees};
};

/** The heading of the column. */
export const walkHeading = 'probes that the rules foretold · did not tell · told otherwise';

/** One sentence about all rows. */
export const sumWalks = (counts: readonly WalkCount[]): string => {
	const known = counts.filter(count => count !== undefined);
	const sum = (part: keyof NonNullable<WalkCount>): number => known.reduce((total, count) => total + count[part], 0);
	return `Of ${sum('agrees') + sum('unknown') + sum('disagrees')} probes that packets were walked through the rules for (rows: ${known.length}): ${sum('agrees')} as foretold, ${sum('unknown')} of which the rules do not tell, ${sum('disagrees')} otherwise.`;
};

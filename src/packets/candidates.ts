/** Things that share a key, the latest first. Looking one up visits a bounded number of them: a port scan gives thousands of packets the same number. */
export type Candidates<Thing> = {
	add(key: number, thing: Thing): void;
	find(key: number): readonly Thing[];
};

const MOST_CANDIDATES = 16;

/** An empty collection. */
export const createCandidates = <Thing>(): Candidates<Thing> => {
	const things = new Map<number, Thing[]>();
	return {
		add(key, thing) {
			const list = things.get(key);
			if (list) {
				list.unshift(thing);
				list.length = Math.min(list.length, MOST_CANDIDATES);
			} else {
				things.set(key, [thing]);
			}
		},
		find: key => things.get(key) ?? [],
	};
};

/** The candidate of highest weight, where that is at least `least`. */
export const chooseBest = <Thing>(candidates: readonly Thing[], weigh: (thing: Thing) => number, least: number): Thing | undefined => {
	let best: Thing | undefined;
	let bestWeight = least - 1;
	for (const candidate of candidates) {
		const weight = weigh(candidate);
		if (!(weight > bestWeight)) {
			continue;
		}

		best = candidate;
		bestWeight = weight;
	}

	return best;
};

/** Numbered things that share a key, the latest first. Looking one up visits a bounded number of them: a port scan gives thousands of packets the same number. */
export type Candidates = {
	add(key: number, thing: number): void;
	/** The candidate of highest weight, where that is at least `least`, else -1. */
	chooseBest(key: number, weigh: (thing: number) => number, least: number): number;
};

const MOST_CANDIDATES = 16;

/** An empty collection for things with numbers below `size`. Those of one key are linked by number: one key is one entry in the map, whatever shares it. */
export const createCandidates = (size: number): Candidates => {
	const latest = new Map<number, number>();
	const earlier = new Int32Array(size);
	return {
		add(key, thing) {
			earlier[thing] = (latest.get(key) ?? -1) + 1;
			latest.set(key, thing);
		},
		chooseBest(key, weigh, least) {
			let best = -1;
			let bestWeight = least - 1;
			let thing = latest.get(key) ?? -1;
			for (let visited = 0; thing >= 0 && visited < MOST_CANDIDATES; visited++) {
				const weight = weigh(thing);
				best = weight > bestWeight ? thing : best;
				bestWeight = Math.max(weight, bestWeight);
				thing = earlier[thing] - 1;
			}

			return best;
		},
	};
};

/** Which legs belong to one conversation: disjoint sets that are joined pair by pair. */
export type LegGroups = {
	readonly parents: Int32Array;
	/** 1 where a leg's first packet is an answer, so that it begins against the conversation's direction. */
	readonly isReversed: Uint8Array;
};

/** Every leg on its own. */
export const createLegGroups = (total: number): LegGroups => ({
	parents: Int32Array.from({length: total}, (_, leg) => leg),
	isReversed: new Uint8Array(total),
});

/** The leg that stands for a leg's whole group. Halves the paths on the way. */
export const rootOf = ({parents}: LegGroups, leg: number): number => {
	while (parents[leg] !== leg) {
		parents[leg] = parents[parents[leg]];
		leg = parents[leg];
	}

	return leg;
};

/** Puts two legs, and all that belongs to them, into one conversation. */
export const joinPair = (groups: LegGroups, one: number, two: number): void => {
	const [first, second] = [rootOf(groups, one), rootOf(groups, two)];
	groups.parents[Math.max(first, second)] = Math.min(first, second);
};

/** The groups, in the order of their first legs. A group's root is its first leg. */
export const listGroups = (groups: LegGroups): ReadonlyArray<readonly number[]> => {
	const found: number[][] = [];
	const positions = new Int32Array(groups.parents.length);
	for (let leg = 0; leg < positions.length; leg++) {
		const root = rootOf(groups, leg);
		if (root === leg) {
			positions[leg] = found.length;
			found.push([leg]);
		} else {
			found[positions[root]].push(leg);
		}
	}

	return found;
};

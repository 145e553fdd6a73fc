/** Pseudo-random choices that a seed repeats. */
export type Random = {
	/** An integer from 0 to `limit` - 1. */
	below(limit: number): number;
	between(lowest: number, highest: number): number;
	chance(probability: number): boolean;
	pick<Value>(values: readonly Value[]): Value;
	bytes(length: number): Uint8Array;
};

/** mulberry32. */
export const createRandom = (seed: number): Random => {
	let state = seed;
	const next = (): number => {
		state = (state + 0x6D_2B_79_F5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
		return (mixed ^ (mixed >>> 14)) >>> 0;
	};

	const below = (limit: number): number => Math.floor((next() / 4_294_967_296) * limit);
	return {
		below,
		between: (lowest, highest) => lowest + below(highest - lowest + 1),
		chance: probability => next() < probability * 4_294_967_296,
		pick: values => values[below(values.length)],
		bytes(length) {
			const bytes = new Uint8Array(length);
			for (let at = 0; at < length; at++) {
				bytes[at] = next();
			}

			return bytes;
		},
	};
};

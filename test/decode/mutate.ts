import {concatBytes} from '../helpers/bytes.ts';
import type {Random} from '../helpers/random.ts';

type Mutation = (random: Random, bytes: Uint8Array, other: Uint8Array) => Uint8Array;

const extremes = [0, 1, 2, 3, 4, 5, 8, 15, 16, 20, 0x45, 0x7F, 0x80, 0xFE, 0xFF];

/** Headers are at the beginning, so that is where half of the changes go. */
const pickOffset = (random: Random, length: number): number => random.below(random.chance(0.5) ? Math.min(length, 96) : length);

const truncate: Mutation = (random, bytes) => bytes.subarray(0, random.below(bytes.length + 1));

const flipBits: Mutation = (random, bytes) => {
	const changed = new Uint8Array(bytes);
	for (let flips = random.between(1, 8); flips > 0; flips--) {
		changed[pickOffset(random, bytes.length)] ^= 1 << random.below(8);
	}

	return changed;
};

const setBytes: Mutation = (random, bytes) => {
	const changed = new Uint8Array(bytes);
	for (let changes = random.between(1, 4); changes > 0; changes--) {
		changed[pickOffset(random, bytes.length)] = random.pick(extremes);
	}

	return changed;
};

const setRange: Mutation = (random, bytes) => {
	const start = pickOffset(random, bytes.length);
	return new Uint8Array(bytes).fill(random.pick(extremes), start, Math.min(bytes.length, start + random.pick([2, 4, 8, 40])));
};

const grow: Mutation = (random, bytes) => concatBytes([bytes, random.bytes(random.pick([1, 2, 3, 4, 16, 300]))]);

const insert: Mutation = (random, bytes) => {
	const at = pickOffset(random, bytes.length);
	return concatBytes([bytes.subarray(0, at), random.bytes(random.pick([1, 2, 4, 8, 20])), bytes.subarray(at)]);
};

const remove: Mutation = (random, bytes) => {
	const at = pickOffset(random, bytes.length);
	return concatBytes([bytes.subarray(0, at), bytes.subarray(at + random.pick([1, 2, 4, 8, 20, 100]))]);
};

const splice: Mutation = (random, bytes, other) => concatBytes([bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length + 1))]);

const mutations: readonly Mutation[] = [truncate, flipBits, flipBits, setBytes, setBytes, setRange, grow, insert, remove, splice];

/** Damages bytes in one to three ways. `other`: what may be spliced in. */
export const mutate = (random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array => {
	let mutated = bytes;
	for (let rounds = random.pick([1, 1, 1, 2, 3]); rounds > 0 && mutated.length > 0; rounds--) {
		mutated = random.pick(mutations)(random, mutated, other);
	}

	return mutated;
};

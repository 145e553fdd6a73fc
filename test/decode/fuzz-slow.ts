import process from 'node:process';
import {createRandom} from '../helpers/random.ts';
import {createCorpus} from './fuzz-corpus.ts';
import {fuzzFlows, fuzzLadder} from './fuzz-flows.ts';
import {fuzz} from './fuzz.ts';
import {readIncidents} from './incidents.ts';

// Run by itself: a million damaged frames and files, or as many as HAIRPIN_FUZZ_INPUTS says, and in proportion damaged incidents. HAIRPIN_FUZZ_SEED repeats a run.
const inputs = Number(process.env.HAIRPIN_FUZZ_INPUTS ?? 1_000_000);
const seed = Number(process.env.HAIRPIN_FUZZ_SEED ?? (Date.now() % 1_000_000_000));
console.log(`seed ${seed}`);
/** Pairing the captures of an incident takes as long as decoding that many frames. */
const PACKETS_TO_INCIDENTS = 500;
const PACKETS_TO_LADDERS = 5000;
const startedAt = performance.now();
const incidents = readIncidents();
const failures = [
	...fuzz({seed, inputs, corpus: createCorpus(createRandom(seed))}),
	...fuzzFlows({seed, inputs: Math.ceil(inputs / PACKETS_TO_INCIDENTS), incidents}),
	...await fuzzLadder({seed, inputs: Math.ceil(inputs / PACKETS_TO_LADDERS), incidents}),
];
const seconds = (performance.now() - startedAt) / 1000;
for (const {because, input} of failures) {
	console.log(`${because}\n${input}`);
}

console.log(`${inputs} inputs in ${seconds.toFixed(1)} s, ${Math.round(inputs / seconds)} a second, ${failures.length} failures`);
process.exitCode = failures.length > 0 ? 1 : 0;

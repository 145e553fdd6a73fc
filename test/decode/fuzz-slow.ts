import process from 'node:process';
import {createRandom} from '../helpers/random.ts';
import {createCorpus} from './fuzz-corpus.ts';
import {fuzz} from './fuzz.ts';

// Run by itself: a million damaged frames and files, or as many as HAIRPIN_FUZZ_INPUTS says. HAIRPIN_FUZZ_SEED repeats a run.
const inputs = Number(process.env.HAIRPIN_FUZZ_INPUTS ?? 1_000_000);
const seed = Number(process.env.HAIRPIN_FUZZ_SEED ?? (Date.now() % 1_000_000_000));
console.log(`seed ${seed}`);
const startedAt = performance.now();
const failures = fuzz({seed, inputs, corpus: createCorpus(createRandom(seed))});
const seconds = (performance.now() - startedAt) / 1000;
for (const {because, input} of failures) {
	console.log(`${because}\n${input}`);
}

console.log(`${inputs} inputs in ${seconds.toFixed(1)} s, ${Math.round(inputs / seconds)} a second, ${failures.length} failures`);
process.exitCode = failures.length > 0 ? 1 : 0;

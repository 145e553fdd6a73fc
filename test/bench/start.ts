import {existsSync} from 'node:fs';
import path from 'node:path';
import {performance} from 'node:perf_hooks';
import process from 'node:process';
import {runCommand} from '../../src/access/run.ts';

// How long the program takes to its first output next to the runtime alone, which prints one word.
const dist = path.join(import.meta.dirname, '../../dist');
const rounds = 15;
const bare = [process.execPath, '--eval', 'process.stdout.write("x")'];
const candidates = [
	['the sources', [process.execPath, path.join(import.meta.dirname, '../../src/hairpin.ts'), '--help']],
	['the bundle', [process.execPath, path.join(dist, 'hairpin.mjs'), '--help']],
	['the executable', [path.join(dist, 'hairpin'), '--help']],
] as const;

const timeOf = async (argv: readonly string[]): Promise<number> => {
	const startedAt = performance.now();
	const {exitCode, stdout} = await runCommand(argv);
	if (exitCode !== 0 || stdout === '') {
		throw new Error(`${argv.join(' ')} printed nothing`);
	}

	return performance.now() - startedAt;
};

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

for (const [name, argv] of candidates) {
	if (!existsSync(argv.at(-2) ?? '')) {
		console.log(`${name}: not built (npm run build)`);
		continue;
	}

	// In turn, so that whatever else the machine does slows both alike.
	const [ours, theirs]: [number[], number[]] = [[], []];
	for (let round = 0; round < rounds; round++) {
		// eslint-disable-next-line no-await-in-loop
		theirs.push(await timeOf(bare));
		// eslint-disable-next-line no-await-in-loop
		ours.push(await timeOf(argv));
	}

	console.log(`${name} starts in ${(median(ours) / median(theirs)).toFixed(2)} of the time of the bare runtime (${median(ours).toFixed(0)} and ${median(theirs).toFixed(0)} ms here)`);
}

import process from 'node:process';
import test from 'ava';
import {concatBytes} from '../helpers/bytes.ts';
import {createCaptureScanner} from '../../src/packets/scan-capture.ts';
import {createFieldWriter} from '../helpers/capture-writer.ts';
import {createRandom} from '../helpers/random.ts';
import {createCorpus} from './fuzz-corpus.ts';
import {fuzzFlows, fuzzLadder} from './fuzz-flows.ts';
import {fuzz} from './fuzz.ts';
import {readIncidents} from './incidents.ts';

test('damaged frames and files are decoded without a throw, alike in any chunks and whatever lies around them', t => {
	t.deepEqual(fuzz({seed: 1, inputs: 30_000, corpus: createCorpus(createRandom(1))}), []);
});

test('damaged captures of an incident are paired without a throw, and alike by both ways of reading them', async t => {
	const incidents = readIncidents();
	t.deepEqual(fuzzFlows({seed: 1, inputs: 200, incidents}), []);
	t.deepEqual(await fuzzLadder({seed: 1, inputs: 20, incidents}), []);
});

const {number16, number32} = createFieldWriter(true);
const pcapHeader = concatBytes([number32(0xA1_B2_C3_D4), number16(2), number16(4), new Uint8Array(8), number32(262_144), number32(1)]);
const section = concatBytes([number32(0x0A_0D_0D_0A), number32(28), number32(0x1A_2B_3C_4D), number16(1), number16(0), new Uint8Array(8).fill(0xFF), number32(28)]);
const describedInterface = concatBytes([number32(1), number32(20), number16(1), number16(0), number32(0), number32(20)]);

/** The beginning of a record that claims a length. */
const claims: ReadonlyArray<readonly [name: string, write: (length: number) => Uint8Array]> = [
	['a pcap record', length => concatBytes([pcapHeader, new Uint8Array(8), number32(length), number32(length)])],
	['a section', length => concatBytes([section.subarray(0, 4), number32(length), section.subarray(8)])],
	['an interface', length => concatBytes([section, number32(1), number32(length), new Uint8Array(12)])],
	['an enhanced packet', length => concatBytes([section, describedInterface, number32(6), number32(length), new Uint8Array(24)])],
	['a simple packet', length => concatBytes([section, describedInterface, number32(3), number32(length), number32(length)])],
	['an unknown block', length => concatBytes([section, number32(0x80_00_00_00), number32(length), new Uint8Array(24)])],
];

test('a claimed length does not make the reader hold more than a record can have', t => {
	for (const [name, write] of claims) {
		for (const length of [0x10_00, 262_144, 1_000_000, 0x10_00_00_00, 0x7F_FF_FF_FC, 0xFF_FF_FF_FC]) {
			const before = process.memoryUsage().arrayBuffers;
			const scanner = createCaptureScanner();
			// Longer than any record may be.
			const rest = new Uint8Array(20_000);
			scanner.push(write(length), () => undefined);
			for (let chunk = 0; chunk < 100; chunk++) {
				scanner.push(rest, () => undefined);
			}

			scanner.end();
			t.true(process.memoryUsage().arrayBuffers - before < 4_000_000, `${name} of ${length} bytes`);
			t.true(name === 'an unknown block' || length < 2_000_000 || scanner.problem !== undefined, `${name} of ${length} bytes`);
		}
	}
});

test('a file that goes on after a damaged record is read no further, and held no longer', t => {
	const scanner = createCaptureScanner();
	scanner.push(claims[0][1](0xFF_FF_FF_FF), () => undefined);
	const {problem} = scanner;
	const chunk = new Uint8Array(1_000_000);
	const before = process.memoryUsage().arrayBuffers;
	for (let count = 0; count < 100; count++) {
		scanner.push(chunk, () => {
			t.fail('a packet after the damage');
		});
	}

	scanner.end();
	t.is(scanner.problem, problem);
	t.true(process.memoryUsage().arrayBuffers - before < 1_000_000);
});

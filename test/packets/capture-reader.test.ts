import {readFileSync} from 'node:fs';
import test from 'ava';
import {createCaptureReader} from '../../src/packets/capture-reader.ts';
import {readRawPackets, writePcapng} from '../../src/packets/write-pcapng.ts';
import {hex, pcap, tcp} from '../helpers/packet-builder.ts';
import {readPackets, recording} from '../helpers/read-packets.ts';

const bytes = tcp({from: '10.0.0.1:1', to: '10.0.0.2:2', flags: 'S'});
const packets = [{ms: 1_700_000_000_123.5, bytes}, {ms: 1_700_000_001_000, bytes}];

const problemOf = (file: Uint8Array) => {
	const reader = createCaptureReader();
	reader.push(file);
	reader.end();
	return reader.problem;
};

const block = (type: number, body: string): string => {
	const content = body.replaceAll(/\s+/gv, '');
	const length = ((content.length / 2) + 12).toString(16).padStart(8, '0');
	return `${type.toString(16).padStart(8, '0')}${length}${content}${length}`;
};

const section = block(0x0A_0D_0D_0A, '1a2b3c4d 0001 0000 ffffffffffffffff');

test('both byte orders and both time units of pcap give the same packets', t => {
	for (const isBigEndian of [false, true]) {
		for (const isNanoseconds of [false, true]) {
			const [first, second] = readPackets(pcap(packets, {isBigEndian, isNanoseconds, linkType: 101}));
			t.deepEqual(first.time, {seconds: 1_700_000_000, nanoseconds: 123_500_000});
			t.like(second, {frame: 2, capturedLength: 40, linkType: 101});
		}
	}
});

test('chunks of any size give what the whole file gives', t => {
	const raw = readRawPackets(readFileSync(recording('same-node-masquerade-all.b')));
	const files = [readFileSync(recording('same-node-brnf-absent.a')), writePcapng([{interfaceName: 'x', description: 'y', ...raw}], new Map())];
	for (const file of files) {
		const whole = readPackets(file);
		t.true(whole.length > 10);
		for (const size of [1, 3, 17, 64, 1000]) {
			const reader = createCaptureReader();
			const parts = Array.from({length: Math.ceil(file.length / size)}, (_, part) => reader.push(file.subarray(part * size, (part + 1) * size)));
			reader.end();
			t.deepEqual(parts.flat(), whole);
			t.is(reader.problem, undefined);
		}
	}
});

test('a truncated tail is told after the packets before it', t => {
	const file = pcap(packets, {linkType: 101});
	t.is(readPackets(file.subarray(0, -1)).length, 1);
	t.deepEqual(problemOf(file.subarray(0, -1)), {malformed: 'ends inside the record after packet 1', at: 80});
	t.deepEqual(problemOf(file.subarray(0, 20)), {malformed: 'ends inside its header', at: 0});
	t.is(problemOf(file.subarray(0, 2))?.malformed, 'too short for a capture');
	t.is(problemOf(new Uint8Array())?.malformed, 'empty');
});

test('what is no capture is refused by its first bytes', t => {
	t.is(problemOf(new TextEncoder().encode('hello world'))?.at, 0);
});

test('a record that claims 4 GB is refused before anything is held for it', t => {
	const file = pcap(packets, {linkType: 101});
	file.set([0xFF, 0xFF, 0xFF, 0xFF], 24 + 8);
	t.deepEqual(problemOf(file), {malformed: 'record 1 claims 4294967295 captured bytes', at: 32});
	const claim = hex(`${section} 00000006 7ffffffc`);
	t.like(problemOf(Uint8Array.from([...claim, ...new Uint8Array(20)])), {malformed: 'a block claims 2147483644 bytes'});
});

test('pcapng: resolutions, offsets, sections and unknown blocks', t => {
	const packet = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
	const microseconds = block(1, '0065 0000 00010000');
	const milliseconds = block(1, '0065 0000 00010000 0009 0001 03000000 000e 0008 ffffffffffffff9c 0000 0000');
	const binary = block(1, '0065 0000 00010000 0009 0001 8a000000 0000 0000');
	const enhanced = (interfaceNumber: number, high: string, low: string) => block(6, `0000000${interfaceNumber} ${high} ${low} 00000028 00000028 ${packet}`);
	const file = hex([
		section,
		microseconds,
		milliseconds,
		block(0x0B_AD, '00112233'),
		enhanced(0, '00060a24', '181e4000'),
		enhanced(1, '0000018b', 'cfe56801'),
		section,
		binary,
		enhanced(0, '00000000', '00000600'),
		block(3, `00000028 ${packet}`),
	].join(''));
	const read = readPackets(file);
	t.deepEqual(read.map(({time}) => [time.seconds, time.nanoseconds]), [[1_700_000_000, 0], [1_699_999_900, 1_000_000], [1, 500_000_000], [0, 0]]);
	t.deepEqual(read.map(({captureInterface}) => captureInterface), [0, 1, 2, 2]);
	t.is(read[3].tcp?.flagText, 'S');
});

test('pcapng: a packet of no interface, lengths that differ and a missing magic stop the file there', t => {
	t.is(problemOf(hex(section + block(6, '00000000 00000000 00000000 00000000 00000000')))?.malformed, 'packet 1 belongs to an interface that is not described');
	t.is(problemOf(hex(`${section}00000001 00000014 00650000 00010000 00000018`))?.malformed, 'the two lengths of a block differ');
	t.is(problemOf(hex(block(0x0A_0D_0D_0A, '00000000 0001 0000 ffffffffffffffff')))?.malformed, 'a section has no byte-order magic');
});

test('written pcapng reads back packet for packet, to the nanosecond and with its names', t => {
	const raw = readRawPackets(readFileSync(recording('same-node-brnf-absent.c')));
	const file = writePcapng([{interfaceName: 'default/mars1', description: 'client eth0', ...raw}], new Map([['10.244.0.3', 'mars1'], ['fd00::1', 'mars6']]));
	const reader = createCaptureReader();
	const read = reader.push(file);
	reader.end();
	t.is(reader.problem, undefined);
	t.like(reader.interfaces[0], {name: 'default/mars1', description: 'client eth0', linkType: 1});
	t.deepEqual(read, readPackets(readFileSync(recording('same-node-brnf-absent.c'))));
});

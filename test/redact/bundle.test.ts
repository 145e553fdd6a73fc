import {Buffer} from 'node:buffer';
import {
	createReadStream,
	globSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {Readable} from 'node:stream';
import {gunzipSync, gzipSync} from 'node:zlib';
import test from 'ava';
import {execa} from 'execa';
import type {Manifest} from '../../src/bundle/format.ts';
import {createMemoryFile} from '../../src/bundle/memory-file.ts';
import {unpackBundle} from '../../src/bundle/read-bundle.ts';
import {createBundleWriter} from '../../src/bundle/write-bundle.ts';
import {formatState} from '../../src/check-command.ts';
import {runRecorded} from '../../src/recorded-session.ts';
import {type RedactedBundle, redactBundle} from '../../src/redact-bundle.ts';
import type {SessionState} from '../../src/session-state.ts';
import {UserFacingError} from '../../src/user-facing-error.ts';
import {isThorough} from '../helpers/is-thorough.ts';
import {
	everythingIn,
	findAgain,
	originalsIn,
	shared,
} from '../helpers/originals.ts';
import {
	type TsharkRow,
	createTshark,
	hasTshark,
	noTshark,
} from '../decode/tshark.ts';

const {signal} = new AbortController();
// Other incidents, and what each change led to, take two minutes more: HAIRPIN_EVERY=1.
const isKept = (file: string): boolean => isThorough || /(?:founding|target-port|two-backends)\/found\.bundle$/v.test(file);
const bundles = globSync('recordings/**/*.bundle').filter(file => isKept(file)).toSorted();
const canAskTshark = await hasTshark();
const testWithTshark = canAskTshark ? test.serial : test.skip;
const tshark = canAskTshark ? await createTshark() : noTshark;
const directory = mkdtempSync(path.join(tmpdir(), 'hairpin-redact-'));
test.after.always(() => {
	tshark.remove();
	rmSync(directory, {recursive: true});
});

const redact = async (file: string): Promise<RedactedBundle> => redactBundle(file, createReadStream(file), {names: [], formatReport: formatState, signal});

const redactions = new Map<string, Promise<RedactedBundle>>();

/** The same for each test that asks for it. */
const redactOnce = async (file: string): Promise<RedactedBundle> => {
	const redaction = redactions.get(file) ?? redact(file);
	redactions.set(file, redaction);
	return redaction;
};

const judge = async (bytes: Buffer): Promise<SessionState> => runRecorded((await unpackBundle('it', Readable.from([bytes]))).bundle, {speed: Infinity, onEvent: () => undefined, signal});

for (const file of bundles) {
	test(`${file}: redacted it is judged as before, word for word`, async t => {
		const [redacted, before] = await Promise.all([redactOnce(file), judge(readFileSync(file))]);
		const after = await judge(redacted.bytes);
		t.true(redacted.isSame);
		t.is(after.diagnosis?.conclusion, before.diagnosis?.conclusion);
		t.is(after.diagnosis?.cause?.check.id, before.diagnosis?.cause?.check.id);
		t.is(after.diagnosis?.sentence, redacted.text(before.diagnosis?.sentence ?? ''));
		t.deepEqual(
			after.matrix.map(({role, path: way, attempts}) => [role, way, attempts.map(({outcome}) => outcome)]),
			before.matrix.map(({role, path: way, attempts}) => [role, way, attempts.map(({outcome}) => outcome)]),
		);
		t.deepEqual(after.findings.map(({verdict}) => verdict.status), before.findings.map(({verdict}) => verdict.status));
	});

	test(`${file}: no address and no name is in the redacted bytes, in whatever form`, async t => {
		const original = readFileSync(file);
		const words = originalsIn(original);
		t.true(words.length > 20);
		t.deepEqual(findAgain(everythingIn(original), words), words);
		const {bytes} = await redactOnce(file);
		t.deepEqual(findAgain(everythingIn(bytes), words), []);
	});
}

const addressFields = ['eth.src', 'eth.dst', 'arp.src.hw_mac', 'arp.dst.hw_mac', 'arp.src.proto_ipv4', 'arp.dst.proto_ipv4', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst'];

const addressesIn = (rows: readonly TsharkRow[]): ReadonlySet<string> =>
	new Set(rows.flatMap(row => addressFields.flatMap(field => row[field])).filter(address => !shared.test(address) && !/^(?:ff0|33:33|::$)/v.test(address)));

const keptFields = ['tcp.srcport', 'tcp.seq_raw', 'tcp.flags', 'tcp.options.timestamp.tsval', 'frame.len', 'frame.time_epoch', 'ip.id', 'icmp.type'];

type Captures = ReadonlyArray<{readonly name: string; readonly file: string}>;

const unpackCaptures = async (bytes: Buffer, label: string): Promise<Captures> => {
	const {entries} = await unpackBundle('it', Readable.from([bytes]));
	return entries.entries().filter(([name]) => name.startsWith('captures/')).map(([name, content], index) => {
		const file = path.join(directory, `${label}-${index}.pcapng`);
		writeFileSync(file, content);
		return {name, file};
	}).toArray();
};

const askTshark = async (file: string, filter: string): Promise<string> => {
	const {stdout} = await execa('tshark', ['-n', '-r', file, '-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE', '-Y', filter, '-T', 'fields', '-e', 'frame.number']);
	return stdout;
};

for (const [index, file] of bundles.entries()) {
	testWithTshark(`${file}: tshark and capinfos read every redacted capture, with right checksums and none of the original addresses`, async t => {
		const [before, after] = await Promise.all([unpackCaptures(readFileSync(file), `before-${index}`), unpackCaptures((await redactOnce(file)).bytes, `after-${index}`)]);
		t.is(after.length, before.length);
		for (const [position, capture] of after.entries()) {
			/* eslint-disable no-await-in-loop -- one tshark at a time is enough for two processors */
			const [was, is] = [await tshark.read(before[position].file), await tshark.read(capture.file)];
			const wanted = addressesIn(was);
			t.deepEqual([...addressesIn(is)].filter(address => wanted.has(address)), []);
			t.is(addressesIn(is).size, wanted.size);
			t.deepEqual(is.map(row => keptFields.map(field => row[field])), was.map(row => keptFields.map(field => row[field])));
			// Neighbour discovery without what it says is malformed to it, before as after.
			t.is(await askTshark(capture.file, 'ip.checksum.status == 0 or tcp.checksum.status == 0 or (_ws.malformed and not icmpv6)'), '');
			/* eslint-enable no-await-in-loop -- as above */
		}

		await Promise.all(after.map(async capture => execa('capinfos', [capture.file])));
	});
}

testWithTshark('Wireshark shows pseudonyms for the addresses of a redacted capture', async t => {
	const [capture] = await unpackCaptures((await redactOnce('recordings/practice/founding/found.bundle')).bytes, 'named');
	const {stdout} = await execa('tshark', ['-N', 'n', '-r', capture.file]);
	t.regex(stdout, /(?:pod|node|svc)-\d/v);
});

test('the same bundle gets other pseudonyms each time, and the same ones within it', async t => {
	const file = bundles[0];
	const [one, two] = await Promise.all([redact(file), redact(file)]);
	t.not(one.text('10.244.0.18'), two.text('10.244.0.18'));
	t.is(one.text('10.244.0.18'), one.text('host 10.244.0.18').slice(5));
	t.true(one.replaced.counts.addresses > 10);
});

test('a bundle that was cut off is redacted up to there, and still says so', async t => {
	const file = path.join(directory, 'cut.bundle');
	const whole = readFileSync('recordings/practice/founding/found.bundle');
	for (const part of [0.1, 0.3, 0.5, 0.7, 0.9]) {
		writeFileSync(file, whole.subarray(0, Math.floor(whole.length * part)));
		const {bytes} = await redact(file); // eslint-disable-line no-await-in-loop
		const {bundle} = await unpackBundle('it', Readable.from([bytes])); // eslint-disable-line no-await-in-loop
		t.false(bundle.isWhole);
		t.true(bundle.manifest.redacted);
		t.deepEqual(findAgain(everythingIn(bytes), originalsIn(whole)), []);
	}
});

test('a bundle that is all addresses is refused with one sentence, in little memory', async t => {
	const {entries} = await unpackBundle('it', createReadStream('recordings/founding.bundle'));
	const memory = createMemoryFile();
	const writer = createBundleWriter(memory.target, JSON.parse(entries.get('manifest.json')?.toString() ?? '') as Manifest);
	const addresses = Array.from({length: 300_000}, (_, index) => `10.${index >> 16}.${(index >> 8) & 0xFF}.${index & 0xFF}`).join(' ');
	writer.add('record/000000.jsonl', `${JSON.stringify({
		world: 'found', id: 0, atMs: 0, came: {
			kind: 'run', wasAborted: false, answer: {
				ok: true, command: 'ssh x', stdout: addresses, stderr: '', exitCode: 0, ms: 1,
			},
		},
	})}\n`);
	await writer.end();
	const error = await t.throwsAsync(redactBundle('huge.bundle', Readable.from([memory.bytes()]), {names: [], formatReport: formatState, signal}), {instanceOf: UserFacingError});
	t.is(error.because, 'huge.bundle cannot be redacted: it holds more than any incident does');
});

test('hostile bundles are redacted or refused with one sentence, never a crash', async t => {
	const tar = gunzipSync(readFileSync('recordings/founding.bundle'));
	const file = path.join(directory, 'hostile.bundle');
	const ways: string[] = [];
	const crashes: unknown[] = [];
	for (let round = 0; round < 40; round++) {
		const changed = Buffer.from(tar);
		// Without the last entry, whose hashes would refuse everything.
		const end = changed.indexOf('end.json');
		changed[1024 + ((round * 2_654_435_761) % (end - 2048))] = '"{}[]0,:'.codePointAt(round % 8) ?? 0;
		writeFileSync(file, gzipSync(changed.subarray(0, end - (end % 512))));
		try {
			await redact(file); // eslint-disable-line no-await-in-loop
			ways.push('redacted');
		} catch (error) {
			ways.push('refused');
			crashes.push(...(error instanceof UserFacingError ? [] : [error]));
		}
	}

	t.deepEqual(crashes, []);

	t.true(ways.includes('redacted') && ways.includes('refused'), ways.join(' '));
});

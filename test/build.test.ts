import {Buffer} from 'node:buffer';
import {createHash, randomBytes} from 'node:crypto';
import {
	chmodSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {parse} from 'yaml';
import {makeBundle} from '../build/make-bundle.ts';
import {makeExecutable} from '../build/make-executable.ts';
import {formatKrew, makeArchive} from '../build/make-krew.ts';
import {makePty} from '../build/make-pty.ts';
import {packRecordings} from '../build/pack-recordings.ts';
import {ownTarget, whyNotHere} from '../build/targets.ts';
import {type CommandResult, runCommand} from '../src/access/run.ts';
import {checks} from '../src/catalogue/index.ts';
import {archiveName} from '../src/debug-image/find-archive.ts';
import {listChecks} from '../src/explain/describe-checks.ts';
import {parseOptions} from '../src/options.ts';
import {makeImageArchive} from './helpers/image-archive.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'build-test-'));
const bundle = path.join(directory, 'hairpin.mjs');

test.before(async () => {
	await makeBundle(bundle);
});
test.after.always(() => {
	rmSync(directory, {recursive: true, force: true});
});

/** Runs a command with these variables alone. */
const runBare = async (argv: readonly string[], variables: readonly string[] = []): Promise<CommandResult> => {
	const result = await runCommand(['env', '-i', ...variables, ...argv], {timeoutMs: 60_000});
	return result;
};

test('the bundle is one file under a megabyte, and every command in it starts with nothing beside it', async t => {
	t.true(statSync(bundle).size - packRecordings().length < 1_000_000);
	const place = path.join(directory, 'bundle-alone');
	mkdirSync(place);
	const copy = path.join(place, 'hairpin.mjs');
	copyFileSync(bundle, copy);
	for (const words of [['check', 'svc/x', '--from', 'pod/y'], ['fix', '--list'], ['nodes'], ['warm', '--image', 'x'], ['image', 'list', '--all-nodes'], ['ladder', 'no.pcap', 'no.pcap'], ['open', copy], ['check', 'svc/x', '--from', 'pod/y', '--bundle', path.join(place, 'made.bundle')], ['svc/x', '--from', 'pod/y']]) {
		// eslint-disable-next-line no-await-in-loop
		const {exitCode, stdout, stderr} = await runBare([process.execPath, copy, ...words]);
		t.true(exitCode === 3 || exitCode === 0, `${words.join(' ')}: ${exitCode}`);
		t.notRegex(stdout + stderr, /defect|ENOENT/v);
	}

	const practice = await runBare([process.execPath, copy, 'demo', '--json']);
	t.is((JSON.parse(practice.stdout) as {readonly cause: string}).cause, 'br-netfilter-not-loaded');
	const {stdout} = await runBare([process.execPath, copy, '--version']);
	t.regex(stdout, /^shells {2}on the whole terminal, because node-pty cannot be loaded: Cannot find module 'node-pty'$/mv);
});

test('two builds of the same sources are the same bytes', async t => {
	const other = path.join(directory, 'other.mjs');
	await makeBundle(other);
	t.true(readFileSync(bundle).equals(readFileSync(other)));
});

test('the bundle alone says what the sources say, with no environment at all', async t => {
	const help = await runBare([process.execPath, bundle, '--help']);
	const expected = parseOptions(['--help']);
	t.is(help.stdout, expected.command === 'print' ? expected.text : '');
	const explained = await runBare([process.execPath, bundle, 'explain']);
	t.is(explained.stdout, listChecks(checks));
	const version = await runBare([process.execPath, bundle, '--version']);
	t.regex(version.stdout, /^hairpin \d+\.\d+\.\d+\ncommit {2}[0-9a-f]{12}.*\nNode {4}v\d+/v);
});

test('a home that is not there, or cannot be written to, keeps nobody from looking at packets', async t => {
	const captures = ['c', 'b'].map(end => path.join(import.meta.dirname, `../recordings/founding-incident/same-node-brnf-absent.${end}.pcap`));
	for (const home of [path.join(directory, 'nothing'), '/dev/null', '', 'relative']) {
		// eslint-disable-next-line no-await-in-loop
		const {exitCode, stdout, stderr} = await runBare([process.execPath, bundle, 'ladder', ...captures], [`HOME=${home}`]);
		t.is(exitCode, 1, `with ${home}: ${stderr}`);
		t.regex(stdout, /impossible/v);
		t.is(stderr, '');
	}
});

const asRoot = process.getuid?.() === 0 && process.platform === 'linux' ? test : test.skip;

/** A copy of the bundle, changed. */
const changeBundle = (name: string, change: (bytes: Buffer) => Uint8Array): string => {
	const file = path.join(directory, name);
	writeFileSync(file, change(readFileSync(bundle)));
	return file;
};

test('a bundle that was cut off says so wherever it ends behind its opening, and never that a fault was found', async t => {
	const whole = readFileSync(bundle);
	const opening = whole.indexOf('\n//');
	t.true(opening < 10_000);
	for (const length of [opening, opening + 3, opening + 1000, whole.length >> 1, whole.length - 1]) {
		const file = changeBundle('cut.mjs', bytes => bytes.subarray(0, length));
		// eslint-disable-next-line no-await-in-loop
		const {exitCode, stdout, stderr} = await runBare([process.execPath, file, '--help']);
		t.deepEqual([exitCode, stdout], [3, '']);
		t.is(stderr.trimEnd(), `hairpin: this file is not complete (${length} of ${whole.length} bytes)\ntry: copy it again, and compare: sha256sum -c SHA256SUMS`);
	}
});

test('a bundle of the right length with a wrong byte, and one whose line ends were changed, are refused as well', async t => {
	const damaged = changeBundle('damaged.mjs', bytes => bytes.fill('x', bytes.length - 200_000, bytes.length - 199_999));
	const {exitCode, stderr} = await runBare([process.execPath, damaged, 'fix', '--list']);
	t.is(exitCode, 3);
	t.regex(stderr, /^hairpin: this file is damaged: .*\ntry: copy it again/v);
	const broken = changeBundle('broken.mjs', bytes => bytes.fill('(', bytes.indexOf('\n//') + 10, bytes.indexOf('\n//') + 20));
	t.regex((await runBare([process.execPath, broken, '--help'], ['HOME=/dev/null'])).stderr, /^hairpin: this file is damaged: /v);
	const converted = changeBundle('converted.mjs', bytes => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'));
	t.regex((await runBare([process.execPath, converted, '--help'])).stderr, /^hairpin: this file is not as it was made \(\d+ instead of \d+ bytes\)\ntry: /v);
});

test('compiled code is kept for the next run, and is believed only where nobody else could have written it', async t => {
	const home = mkdtempSync(path.join(directory, 'home-'));
	const cache = path.join(home, '.cache/hairpin');
	const run = async (): Promise<CommandResult> => runBare([process.execPath, bundle, 'fix', '--list'], [`HOME=${home}`]);
	const first = await run();
	const kept = readdirSync(cache).find(file => file.includes('-fix-command-')) ?? '';
	const file = path.join(cache, kept);
	const {ino, mode} = statSync(file);
	t.is(mode & 0o777, 0o600);
	t.is((await run()).stdout, first.stdout);
	t.is(statSync(file).ino, ino);
	// What is not whole is compiled anew, and kept again.
	truncateSync(file, 1000);
	t.is((await run()).stdout, first.stdout);
	t.true(statSync(file).size > 1000);
	chmodSync(file, 0o666);
	t.is((await run()).stdout, first.stdout);
	t.is(statSync(file).mode & 0o777, 0o600);
	t.is(readdirSync(cache).length, 2);
});

asRoot('a full disk under standard output is told, and the end of a reader is not', async t => {
	const full = await runCommand(['sh', '-c', '"$@" >/dev/full', 'sh', process.execPath, bundle, '--help']);
	t.is(full.exitCode, 3);
	t.regex(full.stderr, /^hairpin: standard output cannot be written \(ENOSPC: .*\)\ntry: /v);
	const closed = await runCommand(['sh', '-c', '{ "$@"; echo $? >&2; } | true', 'sh', process.execPath, bundle, 'man']);
	t.notRegex(closed.stderr, /hairpin: /v);
});

/** Runs the bundle with a disk of this size at /mnt, and tells what is on that disk afterwards. */
const runOnSmallDisk = async (size: string, words: readonly string[]): Promise<CommandResult> => {
	const script = 'mount -t tmpfs -o size="$1" none /mnt && shift && "$@"; status=$?; ls /mnt >&2; exit $status';
	return runCommand(['unshare', '--mount', 'sh', '-c', script, 'sh', size, process.execPath, bundle, ...words]);
};

asRoot('a full disk leaves no image that is cut off', async t => {
	const archive = await makeImageArchive(directory, randomBytes(400_000));
	const {exitCode, stdout, stderr} = await runOnSmallDisk('200k', ['image', 'save', '/mnt/image.tar', '--archive', archive]);
	t.deepEqual([exitCode, stdout], [3, '']);
	t.regex(stderr, /^hairpin: \/mnt\/image\.tar cannot be written \(ENOSPC: [^\n]*\)\ntry: name another file; is the disk full\?\s*$/v);
	const device = await runOnSmallDisk('200k', ['image', 'save', '/dev/full', '--archive', archive]);
	t.regex(device.stderr, /ENOSPC/v);
	t.true(existsSync('/dev/full'));
});

asRoot('a read-only home keeps nobody, either', async t => {
	const script = 'mount -t tmpfs -o ro none /mnt && exec env -i HOME=/mnt "$@"';
	const {exitCode, stdout, stderr} = await runCommand(['unshare', '--mount', 'sh', '-c', script, 'sh', process.execPath, bundle, '--version']);
	t.is(exitCode, 0, `it said: ${stderr}`);
	t.regex(stdout, /^hairpin /v);
	t.is(stderr, '');
});

const withExecutable = whyNotHere(ownTarget) === undefined && process.platform === 'linux' ? test : test.skip;

withExecutable('the executable carries its image, works alone in an empty directory, and refuses a damaged image in a sentence', async t => {
	const archive = path.join(directory, 'broken.tar');
	copyFileSync(bundle, archive);
	truncateSync(archive, 2000);
	const place = path.join(directory, 'alone');
	mkdirSync(place);
	const executable = path.join(place, 'hairpin');
	makeExecutable(executable, bundle, {...await makePty(path.join(directory, 'node-pty.cjs')), [archiveName]: archive});
	const version = await runBare([executable, '--version']);
	t.regex(version.stdout, /^image {3}the image archive inside of hairpin is damaged: it ends early, or is no image archive$/mv);
	t.regex(version.stdout, /^shells {2}in a pane of their own$/mv);
	t.deepEqual(readdirSync(place), ['hairpin']);
	const bytes = readFileSync(executable);
	t.false(bytes.includes(directory));
	const other = path.join(directory, 'elsewhere');
	mkdirSync(other);
	// Where npm run build puts it: beside the bundle, which stays.
	copyFileSync(bundle, path.join(other, 'hairpin.mjs'));
	makeExecutable(path.join(other, 'hairpin'), path.join(other, 'hairpin.mjs'), {...await makePty(path.join(directory, 'node-pty.cjs')), [archiveName]: archive});
	t.true(readFileSync(path.join(other, 'hairpin')).equals(bytes));
	t.deepEqual(readdirSync(other), ['hairpin', 'hairpin.mjs']);
	const saved = await runBare([executable, 'image', 'save', path.join(place, 'image.tar')]);
	t.is(saved.exitCode, 3);
	t.regex(saved.stderr, /damaged.*\ntry: /v);
	t.false(existsSync(path.join(place, 'image.tar')));
	const plugin = path.join(place, 'kubectl-hairpin');
	copyFileSync(executable, plugin);
	chmodSync(plugin, 0o755);
	t.regex((await runBare([plugin, '--help'])).stdout, /^Usage: kubectl hairpin /v);
});

test('executables are refused for other machines with the reason, not made wrongly', t => {
	const others = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64'].filter(target => target !== ownTarget);
	for (const target of others) {
		t.regex(whyNotHere(target) ?? '', /run npm run build there$/v);
	}

	t.regex(whyNotHere('sunos-sparc') ?? '', /is made for linux-x64/v);
});

test('krew finds the archive by its hash, and the same executable gives the same archive', t => {
	const place = path.join(directory, 'krew');
	mkdirSync(place);
	const file = path.join(place, 'hairpin');
	copyFileSync(bundle, file);
	const archive = makeArchive(file, 'linux-x64');
	const [bytes, manifest] = [readFileSync(archive), formatKrew(new Map([['linux-x64', archive]]), 'https://example.org/v1/')];
	t.true(readFileSync(makeArchive(file, 'linux-x64')).equals(bytes));
	const smaller = makeArchive(file, 'linux-x64', 'tar.xz');
	t.is(path.basename(smaller), 'kubectl-hairpin-linux-amd64.tar.xz');
	t.deepEqual([...readFileSync(smaller).subarray(0, 6)], [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]);
	t.true(readFileSync(makeArchive(file, 'linux-x64', 'tar.xz')).equals(readFileSync(smaller)));
	const {spec} = parse(manifest) as {readonly spec: {readonly version: string; readonly platforms: ReadonlyArray<{readonly uri: string; readonly sha256: string}>}};
	t.regex(spec.version, /^v\d+\.\d+\.\d+$/v);
	t.is(spec.platforms[0].uri, 'https://example.org/v1/kubectl-hairpin-linux-amd64.tar.gz');
	t.is(spec.platforms[0].sha256, createHash('sha256').update(bytes).digest('hex'));
});

test('what k9s runs on a Service or a pod is a command line of ours', t => {
	const {plugins} = parse(readFileSync(new URL('../build/k9s-plugins.yaml', import.meta.url), 'utf8')) as {readonly plugins: Readonly<Record<string, {readonly args: readonly string[]}>>};
	const lines = Object.values(plugins).map(({args}) => parseOptions(args.map(word => word.replace(/\$[A-Z]+/v, 'web'))));
	t.deepEqual(lines.map(options => (options.command === 'incident' ? [options.service, options.from, options.namespace] : [])), [['svc/web', undefined, 'web'], [undefined, 'pod/web', 'web']]);
});

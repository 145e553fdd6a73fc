import {Buffer} from 'node:buffer';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	readdirSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {createHash} from 'node:crypto';
import {gzipSync} from 'node:zlib';
import test from 'ava';
import type {Access} from '../../src/access/access.ts';
import {bringTools} from '../../src/access/bring-tools.ts';
import {composeRemoteScript} from '../../src/access/remote-script.ts';
import {runCommand, startCommand} from '../../src/access/run.ts';
import {upload} from '../../src/access/upload.ts';
import {type ImageArchive, readArchive} from '../../src/debug-image/open-archive.ts';

const isLinux = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
const onLinux = isLinux ? test : test.skip;
const node = {kind: 'node', node: 'here'} as const;

/** A root file system with the loader and libc of this machine, sh as its busybox and `true` under the name of a program that is nowhere. */
const makeArchive = async (directory: string): Promise<Uint8Array> => {
	const script = `set -e
		cd "$1"
		mkdir -p root/lib64 root/usr/bin image
		cp -L /bin/true root/usr/bin/ipvsadm
		cp -L /bin/true root/usr/bin/busybox
		for library in $(ldd /bin/true | grep -oE '/[^ ]+'); do
			case $library in */ld-linux*) cp -L "$library" root/lib64/ ;; *) mkdir -p root/usr/lib/any; cp -L "$library" root/usr/lib/any/ ;; esac
		done
		tar --create --file layer.tar --directory root .`;
	const made = await runCommand(['sh', '-c', script, 'sh', directory]);
	if (made.exitCode !== 0) {
		throw new Error(made.stderr);
	}

	const plain = readFileSync(path.join(directory, 'layer.tar'));
	const hash = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
	const config = JSON.stringify({architecture: process.arch === 'x64' ? 'amd64' : 'arm64', rootfs: {diff_ids: [`sha256:${hash(plain)}`]}});
	const files = {'manifest.json': JSON.stringify([{Config: `${hash(config)}.json`, RepoTags: ['test/debug:1'], Layers: ['layer.tar.gz']}]), [`${hash(config)}.json`]: config, 'layer.tar.gz': gzipSync(plain)};
	for (const [name, content] of Object.entries(files)) {
		writeFileSync(path.join(directory, 'image', name), content);
	}

	await runCommand(['tar', '--create', '--format=ustar', '--file', path.join(directory, 'archive.tar'), '--directory', path.join(directory, 'image'), ...Object.keys(files)]);
	return readFileSync(path.join(directory, 'archive.tar'));
};

/** A machine on which only the named programs are. */
const accessWith = (directory: string, programs: readonly string[]): Access => {
	const bin = path.join(directory, 'bin');
	mkdirSync(bin);
	for (const program of programs) {
		const found = ['/usr/bin', '/bin'].map(place => path.join(place, program)).find(file => existsSync(file));
		symlinkSync(found ?? `/usr/bin/${program}`, path.join(bin, program));
	}

	const place = path.join(directory, 'place');
	mkdirSync(place);
	// Not the usual way of composing: that one adds the directories in which this machine has the programs.
	const input = (text: string): string => text.replace(/PATH="\$PATH[^"]*"/v, () => `PATH=${bin}`);
	return {
		connect: async () => ({ok: true, way: 'test'}),
		run: async () => ({
			ok: false, command: '', because: 'not asked', tryThis: '',
		}),
		stream: (point, script) => startCommand(['env', `HAIRPIN_TOOLS_PLACE=${place}`, 'sh', '-s'], input(composeRemoteScript(point, script))),
		change: () => startCommand(['false'], ''),
		close: async () => undefined,
	};
};

const shellTools = ['sh', 'cat', 'chmod', 'gzip', 'head', 'mkdir', 'mktemp', 'rm', 'sha256sum', 'tail', 'tar', 'uname'];

const inDirectory = async (body: (directory: string, archive: ImageArchive) => Promise<void>): Promise<void> => {
	const directory = mkdtempSync(path.join(tmpdir(), 'tools-test-'));
	try {
		await body(directory, readArchive(await makeArchive(directory), 'a test'));
	} finally {
		rmSync(directory, {recursive: true, force: true});
	}
};

const placeOf = (directory: string): readonly string[] => readdirSync(path.join(directory, 'place'));

const untilEmpty = async (directory: string): Promise<void> => {
	const end = performance.now() + 20_000;
	while (placeOf(directory).length > 0) {
		if (performance.now() > end) {
			throw new Error(`left: ${placeOf(directory).join(' ')}`);
		}

		// eslint-disable-next-line no-await-in-loop
		await runCommand(['sleep', '0.05']);
	}
};

onLinux('tools are unpacked where only we can look, start with their own libraries, and go when we close', async t => {
	await inDirectory(async (directory, archive) => {
		const tools = await bringTools(accessWith(directory, shellTools), 'here', archive);
		if (!tools.ok) {
			t.fail(tools.because);
			return;
		}

		t.is((await runCommand(['stat', '-c', '%a', path.dirname(tools.directory)])).stdout, '700\n');
		t.deepEqual(readdirSync(tools.directory), ['ipvsadm']);
		t.is((await runCommand([path.join(tools.directory, 'ipvsadm')])).exitCode, 0);
		await tools.close();
		t.deepEqual(placeOf(directory), []);
	});
});

onLinux('they go also when nobody closes them and the way to them ends', async t => {
	await inDirectory(async (directory, archive) => {
		const access = accessWith(directory, shellTools);
		const streams: Array<ReturnType<Access['stream']>> = [];
		const tools = await bringTools({
			...access,
			stream(point, script) {
				const stream = access.stream(point, script);
				streams.push(stream);
				return stream;
			},
		}, 'here', archive);
		t.true(tools.ok);
		t.is(placeOf(directory).length, 1);
		streams[0].finish();
		await untilEmpty(directory);
		t.pass();
	});
});

onLinux('what arrives damaged is not used, and nothing is left', async t => {
	await inDirectory(async (directory, archive) => {
		const layer = new Uint8Array(archive.layer);
		const access = accessWith(directory, shellTools);
		// The hash is that of what was read; on its way a byte changes.
		const tools = await bringTools({
			...access,
			stream(point, script) {
				const stream = access.stream(point, {...script, args: script.args.map(word => (word.length === 64 ? '0'.repeat(64) : word))});
				return stream;
			},
		}, 'here', {...archive, layer});
		t.false(tools.ok);
		t.regex(tools.ok ? '' : tools.because, /arrived damaged/v);
		t.deepEqual(placeOf(directory), []);
	});
});

onLinux('a node of another kind, and one without tar, are told in a sentence', async t => {
	await inDirectory(async (directory, archive) => {
		const other = await bringTools(accessWith(directory, shellTools), 'here', {...archive, architecture: 's390x'});
		t.regex(other.ok ? '' : other.because, /^the tools are for s390x, and this node is \w+$/v);
	});
	await inDirectory(async (directory, archive) => {
		const tools = await bringTools(accessWith(directory, shellTools.filter(name => name !== 'tar')), 'here', archive);
		t.regex(tools.ok ? '' : tools.because, /no tar/v);
	});
});

test('bytes of any kind reach a script unchanged, behind its own text', async t => {
	const bytes = new Uint8Array(1_000_000).map((_, index) => (index * 7919) % 256);
	const access: Access = {
		connect: async () => ({ok: true, way: 'test'}),
		run: async () => ({
			ok: false, command: '', because: 'not asked', tryThis: '',
		}),
		stream: (point, script) => startCommand(['sh', '-s'], composeRemoteScript(point, script)),
		change: () => startCommand(['false'], ''),
		close: async () => undefined,
	};
	const sent: number[] = [];
	const {stdout, exitCode} = await upload(access, node, {text: 'sha256sum', args: []}, bytes, count => {
		sent.push(count);
	});
	t.is(exitCode, 0);
	t.is(stdout.split(' ', 1)[0], createHash('sha256').update(bytes).digest('hex'));
	t.is(sent.at(-1), bytes.length);
});

test('a damaged archive is refused in a sentence, wherever it is damaged', async t => {
	await inDirectory(async (_directory, archive) => {
		for (const length of [0, 300, 600, 2000, Math.floor(archive.bytes.length / 2)]) {
			t.throws(() => readArchive(archive.bytes.subarray(0, length), 'cut.tar'), {message: /cut\.tar is damaged/v});
		}

		const changed = new Uint8Array(archive.bytes);
		changed.set([255, 255, 255], Buffer.from(changed).indexOf('diff_ids') + 20);
		t.throws(() => readArchive(changed, 'changed.tar'), {message: /changed\.tar is damaged/v});
	});
});

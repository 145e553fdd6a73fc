import {
	chmodSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {makePty} from '../../build/make-pty.ts';
import {runCommand} from '../../src/access/run.ts';
import {type Part, makePrivateDirectory} from '../../src/terminal/private-directory.ts';
import {loadUnpacked} from '../../src/terminal/unpack-pty.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'unpack-pty-test-'));
let parts: readonly Part[] = [];

test.before(async () => {
	const assets = await makePty(path.join(directory, 'node-pty.cjs'));
	parts = Object.entries(assets).map(([file, source]) => ({file, bytes: readFileSync(source)}));
});
test.after.always(() => {
	rmSync(directory, {recursive: true, force: true});
});

const makeParent = (name: string, mode: number): string => {
	const parent = path.join(directory, name);
	mkdirSync(parent);
	chmodSync(parent, mode);
	return parent;
};

test('what is unpacked can be read by its owner alone, under a name of its own each time', t => {
	const parent = makeParent('twice', 0o700);
	const [one, two] = [makePrivateDirectory(parent, parts), makePrivateDirectory(parent, parts)];
	t.not(one, two);
	for (const file of ['', 'lib', 'lib/node-pty.cjs', 'build/Release/pty.node']) {
		t.is(statSync(path.join(one, file)).mode & 0o077, 0, `nobody else may use ${file}`);
	}
});

test('a directory in which others could put theirs in place of ours is not used', t => {
	const open = makeParent('open', 0o777);
	t.throws(() => makePrivateDirectory(open, parts), {message: /others may rename/v});
	t.notThrows(() => makePrivateDirectory(makeParent('sticky', 0o1777), parts));
	t.deepEqual(readdirSync(open), []);
});

test('it is loaded from the first directory that lets it, and nothing is left there', t => {
	const good = makeParent('good', 0o700);
	const library = loadUnpacked(parts, [path.join(directory, 'nothing'), makeParent('bad', 0o777), good]);
	t.true('library' in library && 'spawn' in (library.library as Record<string, unknown>));
	t.deepEqual(readdirSync(good), []);
});

test('a part that is no program, and no place at all, are told in a sentence', t => {
	const place = makeParent('damaged', 0o700);
	const damaged = parts.map(part => (part.file.endsWith('.node') ? {...part, bytes: part.bytes.with(0, 0)} : part));
	t.regex(JSON.stringify(loadUnpacked(damaged, [place])), /could be unpacked nowhere/v);
	t.deepEqual(readdirSync(place), []);
	t.regex(JSON.stringify(loadUnpacked(parts, [path.join(directory, 'nothing')])), /ENOENT/v);
});

const asRoot = process.getuid?.() === 0 && process.platform === 'linux' ? test : test.skip;

asRoot('a noexec file system is told as such, and a full one leaves nothing', async t => {
	const script = 'mount -t tmpfs -o noexec none /mnt && mkdir /mnt/full && mount -t tmpfs -o size=4k none /mnt/full && exec "$@"';
	const program = `
		import {loadUnpacked} from ${JSON.stringify(path.join(import.meta.dirname, '../../src/terminal/unpack-pty.ts'))};
		import {readdirSync, readFileSync} from 'node:fs';
		const parts = ${JSON.stringify(parts.map(({file}) => file))}.map(file => ({file, bytes: readFileSync(process.argv.at(file.endsWith('.cjs') ? -2 : -1))}));
		console.log(JSON.stringify([loadUnpacked(parts, ['/mnt', '/mnt/full']), readdirSync('/mnt'), readdirSync('/mnt/full')]));`;
	const assets = await makePty(path.join(directory, 'again.cjs'));
	const {stdout, stderr} = await runCommand(['unshare', '--mount', 'sh', '-c', script, 'sh', process.execPath, '--input-type=module', '--eval', program, '--', ...Object.values(assets)]);
	const [outcome, ...left] = JSON.parse(stdout) as [unknown, string[], string[]];
	t.regex(JSON.stringify(outcome), /\/mnt: it lets no program run \(mounted noexec\?\); \/mnt\/full: ENOSPC/v, stderr);
	t.deepEqual(left, [['full'], []]);
});

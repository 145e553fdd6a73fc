import {execFileSync, spawn} from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {runCommand, startCommand} from '../../src/access/run.ts';
import {createRandom} from '../helpers/random.ts';

const program = readFileSync(new URL('../../src/changes/node-program.sh', import.meta.url), 'utf8');
const asRoot = process.getuid?.() === 0 ? test : test.skip;
const oldText = 'mode: ipvs\n# kept\n';
const newText = 'mode: iptables\n# kept\n';

type Place = {readonly root: string; readonly lib: string; readonly journal: string; readonly old: string; readonly fresh: string};

const makePlace = (): Place => {
	const root = mkdtempSync(path.join(tmpdir(), 'hairpin-faults-'));
	const [etc, lib] = ['etc', 'lib'].map(name => path.join(root, name));
	mkdirSync(etc);
	mkdirSync(lib);
	writeFileSync(path.join(etc, 'config.yaml'), oldText, {mode: 0o640});
	return {
		root, lib, journal: path.join(lib, 'hairpin/changes/one'), old: path.join(etc, 'config.yaml'), fresh: path.join(etc, 'new.conf'),
	};
};

const argvOf = (verb: string, {journal}: Place, words: readonly string[], shell: readonly string[] = ['sh']): readonly string[] =>
	[...shell, '-c', program, 'hairpin-change', program, verb, journal, ...words];

const run = async (verb: string, place: Place, words: readonly string[] = [], shell?: readonly string[]): Promise<readonly string[]> => {
	const {stdout} = await runCommand(argvOf(verb, place, words, shell));
	return stdout.split('\n').filter(line => line.startsWith('@@'));
};

const encode = (text: string): string => `base64:${Buffer.from(text).toString('base64')}`; // eslint-disable-line n/prefer-global/buffer

const hash = (file: string): string => `sha256:${execFileSync('sha256sum', [file], {encoding: 'utf8'}).split(' ', 1)[0]}`;

const order = ({old, fresh}: Place, seconds = '0'): readonly string[] => [seconds, '', 'file', old, hash(old), encode(newText), 'file', fresh, 'absent', encode('a = 1\n')];

/** Every file with its bytes and mode. */
const tell = ({root}: Place): readonly string[] => readdirSync(root, {recursive: true, encoding: 'utf8'}).toSorted()
	.map(name => path.join(root, name))
	.filter(file => statSync(file).isFile())
	.map(file => `${path.relative(root, file)} ${statSync(file).mode.toString(8)} ${readFileSync(file, 'utf8')}`);

for (const shell of [['dash'], ['bash'], ['busybox', 'sh']]) {
	asRoot(`the same under ${shell.join(' ')}, also told twice`, async t => {
		if ((await runCommand([...shell, '-c', ':'])).exitCode !== 0) {
			t.pass('not installed here');
			return;
		}

		const place = makePlace();
		const before = tell(place);
		const words = order(place);
		t.deepEqual(await run('apply', place, words, shell), ['@@begun 0', '@@done 0', '@@begun 1', '@@done 1', '@@applied']);
		const after = tell(place);
		t.is((await run('apply', place, words, shell)).at(-1), '@@applied');
		t.deepEqual(tell(place), after);
		t.deepEqual(await run('undo', place, [], shell), ['@@restored 1', '@@restored 0', '@@undone']);
		t.deepEqual(await run('undo', place, [], shell), ['@@nothing']);
		t.deepEqual(tell(place), before);
		rmSync(place.root, {recursive: true});
	});
}

asRoot('a link stays a link, and the file behind it changes with its attributes', async t => {
	const place = makePlace();
	const link = path.join(place.root, 'link.yaml');
	symlinkSync('etc/config.yaml', link);
	// Where the file system has extended attributes.
	const hasAttributes = (await runCommand(['setfattr', '-n', 'user.hairpin', '-v', 'kept', place.old])).exitCode === 0;
	const attributes = async () => (await runCommand(['getfattr', '-d', '--absolute-names', place.old])).stdout;
	const before = await attributes();
	t.is((await run('apply', place, ['0', '', 'file', link, hash(link), encode(newText)])).at(-1), '@@applied');
	t.is(readFileSync(place.old, 'utf8'), newText);
	t.is(execFileSync('readlink', [link], {encoding: 'utf8'}), 'etc/config.yaml\n');
	t.is(await attributes(), before);
	t.is((await run('undo', place)).at(-1), '@@undone');
	t.is(readFileSync(place.old, 'utf8'), oldText);
	t.is(await attributes(), before);
	t.is(hasAttributes, before.includes('user.hairpin'));
	rmSync(place.root, {recursive: true});
});

const killAfter = async (argv: readonly string[], delayMs: number): Promise<void> => {
	const stream = startCommand(argv, '');
	await sleep(delayMs);
	stream.kill('SIGKILL');
	await stream.ended;
};

asRoot('an undo that is killed at any moment is undone by the next one, and nothing is left', async t => {
	const random = createRandom(5);
	for (let round = 0; round < 8; round++) {
		const place = makePlace();
		const before = tell(place);
		/* eslint-disable no-await-in-loop -- one after the other: each has its own moment */
		t.is((await run('apply', place, order(place))).at(-1), '@@applied');
		await killAfter(argvOf('undo', place, []), random.between(1, 60));
		const said = await run('undo', place);
		/* eslint-enable no-await-in-loop */
		t.regex(said.at(-1) ?? '', /^@@(?:undone|nothing)$/v, said.join(' '));
		t.deepEqual(tell(place), before);
		t.deepEqual(readdirSync(place.lib), []);
		rmSync(place.root, {recursive: true});
	}
});

asRoot('a journal of which a part is gone already was closed: it does not stand in the way', async t => {
	const place = makePlace();
	const before = tell(place);
	await run('apply', place, order(place));
	t.is((await run('undo', place)).at(-1), '@@undone');
	// As after a kill in the middle of its removal.
	mkdirSync(`${place.journal}.old/0`, {recursive: true});
	t.deepEqual(await run('undo', place), ['@@nothing']);
	t.deepEqual(tell(place), before);
	t.false(existsSync(path.join(place.lib, 'hairpin')));
	rmSync(place.root, {recursive: true});
});

// The journal on a disk with so much room: from none to enough.
asRoot('however full the disk is, a change is made whole or not at all, and undo brings all back', async t => {
	const script = 'mount -t tmpfs -o size="$2"k tmpfs "$1" || exit; shift 2; "$@"; set -- "$1" "$2" "$3" "$4" "$5" undo "$7"; echo --; "$@"; find "$(dirname "$7")/../.." -mindepth 1';
	const endings = new Set<string>();
	for (let room = 4; room <= 72; room += 8) {
		const place = makePlace();
		const before = tell(place);
		// eslint-disable-next-line no-await-in-loop
		const {stdout} = await runCommand(['unshare', '--mount', 'sh', '-c', script, 'sh', place.lib, String(room), ...argvOf('apply', place, order(place))]);
		const [applied, undone] = stdout.split('--\n').map(text => text.trim().split('\n'));
		endings.add(applied.at(-1) ?? '');
		t.regex(applied.join('\n'), /^@@(?:applied|failed .+)$/mv, `${room}k`);
		t.regex(undone.join('\n'), /^@@(?:undone|nothing)$/mv, `${room}k: ${stdout}`);
		t.deepEqual(tell(place), before, `${room}k`);
		rmSync(place.root, {recursive: true});
	}

	t.true(endings.has('@@applied'));
	t.true(endings.has('@@rolled-back'));
});

const willBeTrue = async (isTrue: () => boolean): Promise<boolean> => {
	for (let count = 0; count < 100 && !isTrue(); count++) {
		await sleep(100); // eslint-disable-line no-await-in-loop
	}

	return isTrue();
};

const hasSystemd = existsSync('/run/systemd/system');
const withoutSystemd = hasSystemd ? test.skip : asRoot;

withoutSystemd('where there is no systemd, the node undoes it by itself, too', async t => {
	const place = makePlace();
	const before = tell(place);
	t.is((await run('apply', place, order(place, '1'))).at(-1), '@@applied');
	t.true(await willBeTrue(() => !existsSync(path.join(place.lib, 'hairpin'))));
	t.deepEqual(tell(place), before);
	rmSync(place.root, {recursive: true});
});

withoutSystemd('keep and undo end the timer, and no process that is none of ours', async t => {
	const place = makePlace();
	const timerOf = () => readFileSync(path.join(place.journal, 'timer'), 'utf8').trim();
	const isAlive = (pid: string): boolean => {
		try {
			return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
		} catch {
			return false;
		}
	};

	// Whoever is killed takes a moment to be gone.
	const hasEnded = async (pid: string): Promise<boolean> => willBeTrue(() => !isAlive(pid));
	const words = order(place, '600');
	await run('apply', place, words);
	const first = timerOf();
	t.true(isAlive(first));
	t.true((await run('tell', place)).includes('@@armed'));
	t.deepEqual(await run('keep', place), ['@@kept']);
	t.true(await hasEnded(first));
	t.false((await run('tell', place)).includes('@@armed'));
	t.is((await run('undo', place)).at(-1), '@@undone');

	await run('apply', place, words);
	const second = timerOf();
	t.is((await run('undo', place)).at(-1), '@@undone');
	t.true(await hasEnded(second));

	// After a reboot its number may be another's, a group of its own.
	await run('apply', place, order(place));
	const other = spawn('sleep', ['60'], {detached: true, stdio: 'ignore'});
	writeFileSync(path.join(place.journal, 'timer'), `${other.pid}\n`);
	t.is((await run('undo', place)).at(-1), '@@undone');
	t.true(isAlive(String(other.pid)));
	other.kill('SIGKILL');
	rmSync(place.root, {recursive: true});
});

import {execFileSync} from 'node:child_process';
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {runCommand, startCommand} from '../../src/access/run.ts';
import {createRandom} from '../helpers/random.ts';

const program = readFileSync(new URL('../../src/changes/node-program.sh', import.meta.url), 'utf8');
const asRoot = process.getuid?.() === 0 ? test : test.skip;

type Place = {readonly root: string; readonly journal: string; readonly old: string; readonly fresh: string};

/** A folder with a file that is changed and room for a new one, and the journal beside them. */
const makePlace = (): Place => {
	const root = mkdtempSync(path.join(tmpdir(), 'hairpin-program-'));
	mkdirSync(path.join(root, 'etc'));
	const old = path.join(root, 'etc/config.yaml');
	writeFileSync(old, 'mode: ipvs\n# kept\n');
	chmodSync(old, 0o640);
	execFileSync('chown', ['1:2', old]);
	return {
		root, old, journal: path.join(root, 'lib/hairpin/changes/one'), fresh: path.join(root, 'etc/new.conf'),
	};
};

const argvOf = (verb: string, {journal}: Place, words: readonly string[]): readonly string[] => ['sh', '-c', program, 'hairpin-change', program, verb, journal, ...words];

const run = async (verb: string, place: Place, ...words: readonly string[]): Promise<readonly string[]> => {
	mkdirSync(path.join(place.root, 'lib'), {recursive: true});
	const {stdout} = await runCommand(argvOf(verb, place, words));
	return stdout.split('\n').filter(line => line !== '');
};

const encode = (text: string): string => `base64:${Buffer.from(text).toString('base64')}`; // eslint-disable-line n/prefer-global/buffer

const hash = (file: string): string => `sha256:${execFileSync('sha256sum', [file], {encoding: 'utf8'}).split(' ', 1)[0]}`;

const steps = ({old, fresh}: Place): readonly string[] => ['file', old, hash(old), encode('mode: iptables\n# kept\n'), 'file', fresh, 'absent', encode('a = 1\n')];

/** Every file with its bytes, mode and owner. */
const tell = ({root}: Place): readonly string[] => readdirSync(root, {recursive: true, encoding: 'utf8'}).toSorted()
	.map(name => path.join(root, name))
	.filter(file => statSync(file).isFile())
	.map(file => `${path.relative(root, file)} ${statSync(file).mode.toString(8)} ${statSync(file).uid}:${statSync(file).gid} ${readFileSync(file, 'utf8')}`);

asRoot('files change as a whole with owner and mode, the journal is beside them, and undo leaves nothing', async t => {
	const place = makePlace();
	const before = tell(place);
	t.deepEqual(await run('apply', place, '0', '', ...steps(place)), ['@@begun 0', '@@done 0', '@@begun 1', '@@done 1', '@@applied']);
	t.is(readFileSync(place.old, 'utf8'), 'mode: iptables\n# kept\n');
	t.like(statSync(place.old), {uid: 1, gid: 2, mode: 0o10_0640});
	t.is(statSync(place.fresh).mode.toString(8), '100644');
	t.deepEqual(await run('tell', place), ['@@step 1 changed-by-us', '@@step 0 changed-by-us', '@@applied', '@@end']);
	t.deepEqual(await run('undo', place), ['@@restored 1', '@@restored 0', '@@undone']);
	t.deepEqual(tell(place), before);
	t.deepEqual(await run('undo', place), ['@@nothing'], 'to do it again does no harm');
	t.false(existsSync(path.join(place.root, 'lib/hairpin')));
	rmSync(place.root, {recursive: true});
});

asRoot('what is not as it was shown is left alone, and what was changed since is not undone', async t => {
	const place = makePlace();
	const order = steps(place);
	writeFileSync(place.old, 'mode: nftables\n');
	const changed = tell(place);
	t.deepEqual(await run('apply', place, '0', '', ...order), [`@@changed 0 ${hash(place.old)}`]);
	t.deepEqual(tell(place), changed);
	t.is((await run('apply', place, '0', '', ...steps(place))).at(-1), '@@applied');
	writeFileSync(place.old, 'mode: iptables\n# kept\n# by hand\n');
	const lines = await run('undo', place);
	t.true(lines.includes(`@@changed 0 ${hash(place.old)}`));
	t.true(lines.includes('@@difference +# by hand'));
	t.true(existsSync(place.fresh), 'all or nothing');
	writeFileSync(place.old, 'mode: iptables\n# kept\n');
	t.is((await run('undo', place)).at(-1), '@@undone');
	t.deepEqual(tell(place), changed);
	rmSync(place.root, {recursive: true});
});

asRoot('a step that fails takes those before it back', async t => {
	const place = makePlace();
	const before = tell(place);
	const lines = await run('apply', place, '0', '', ...steps(place), 'file', path.join(place.root, 'nowhere/x'), 'absent', encode('x'));
	t.is(lines.at(-1), '@@rolled-back');
	t.regex(lines.join('\n'), /@@failed 2 .*(?:nonexistent|No such file or directory)/v);
	t.deepEqual(tell(place), before);
	rmSync(place.root, {recursive: true});
});

/** Applies, and kills the program with -9: at the first line that begins so, or after so many milliseconds. */
const applyAndKill = async (place: Place, line: string, delayMs: number): Promise<void> => {
	mkdirSync(path.join(place.root, 'lib'), {recursive: true});
	const stream = startCommand(argvOf('apply', place, ['0', '', ...steps(place)]), '');
	const timer = delayMs > 0
		? setTimeout(() => {
			stream.kill('SIGKILL');
		}, delayMs)
		: undefined;
	let text = '';
	for await (const chunk of stream.stdout) {
		text += new TextDecoder().decode(chunk);
		if (line !== '' && text.includes(line)) {
			stream.kill('SIGKILL');
		}
	}

	clearTimeout(timer);
	await stream.ended;
};

asRoot('killed at any moment, undo restores everything, and leaves nothing', async t => {
	const random = createRandom(3);
	const lines = ['@@begun 0', '@@done 0', '@@begun 1', '@@done 1', '@@applied'];
	const moments = [...lines.map(line => ({line, delayMs: 0})), ...Array.from({length: 65}, () => ({line: '', delayMs: random.between(1, 90)}))];
	for (const {line, delayMs} of moments) {
		const place = makePlace();
		const before = tell(place);
		// eslint-disable-next-line no-await-in-loop
		await applyAndKill(place, line, delayMs);
		// eslint-disable-next-line no-await-in-loop
		const undone = await run('undo', place);
		t.regex(undone.at(-1) ?? '', /^@@(?:undone|nothing)$/v);
		t.deepEqual(tell(place), before);
		rmSync(place.root, {recursive: true});
	}
});

asRoot('killed and tried again, it goes on where it was', async t => {
	const place = makePlace();
	const before = tell(place);
	const order = steps(place);
	await applyAndKill(place, '@@done 0', 0);
	t.is((await run('apply', place, '0', '', ...order)).at(-1), '@@applied');
	t.is((await run('undo', place)).at(-1), '@@undone');
	t.deepEqual(tell(place), before);
	rmSync(place.root, {recursive: true});
});

const inNamespaces = async (script: string, ...words: readonly string[]): Promise<string> => {
	const {stdout, stderr, exitCode} = await runCommand(['unshare', '--mount', '--net', 'sh', '-c', script, 'sh', ...words]);
	return exitCode === 0 ? stdout : `${stdout}${stderr}`;
};

asRoot('a full disk and one that is read-only: one line, and nothing is changed', async t => {
	const place = makePlace();
	const before = tell(place);
	mkdirSync(path.join(place.root, 'lib'));
	const apply = argvOf('apply', place, ['0', '', ...steps(place)]);
	const full = await inNamespaces('mount -t tmpfs -o size=8k tmpfs "$1"; cat /dev/zero >"$1/full" 2>/dev/null; shift; "$@"', path.join(place.root, 'lib'), ...apply);
	t.regex(full, /^@@failed - .*No space left on device/v);
	const readOnly = await inNamespaces('mount --bind "$1" "$1"; mount -o remount,ro,bind "$1"; shift; "$@"', path.join(place.root, 'etc'), ...apply);
	t.regex(readOnly, /@@failed 0 .*Read-only file system/v);
	t.regex(readOnly, /@@rolled-back\n$/v);
	t.deepEqual(tell(place), before);
	rmSync(place.root, {recursive: true});
});

asRoot('sysctls, bridge ports, switches of a bridge and rules: made and put back, and what is gone is as good as restored', async t => {
	const place = makePlace();
	mkdirSync(path.join(place.root, 'lib'));
	const script = [
		'mount -t sysfs sysfs /sys; ip link add br0 type bridge; ip link add v0 type veth peer name v1; ip link set v0 master br0',
		'show() { cat /proc/sys/net/ipv4/ip_forward /sys/class/net/v0/brport/hairpin_mode /sys/class/net/br0/bridge/multicast_snooping; iptables -S FORWARD | grep -c ACCEPT$; }',
		'program=$1 directory=$2; change() { verb=$1; shift; sh -c "$program" hairpin-change "$program" "$verb" "$directory" "$@" | tail -n 1; }',
		'echo 0 >/proc/sys/net/ipv4/ip_forward; show; change apply 0 "" sysctl net/ipv4/ip_forward 0 1 bridge-port v0 0 1 bridge-flag "br0 multicast_snooping" 1 0 rule "iptables filter FORWARD -s 10.244.0.0/16 -j ACCEPT" absent present; show; change undo; show',
		'change apply 0 "" bridge-port v0 0 1; ip link del v0; change undo',
	].join('\n');
	const text = await inNamespaces(script, program, place.journal);
	t.is(text.replaceAll('\n', ' ').trim(), '0 0 1 1 @@applied 1 1 0 2 @@undone 0 0 1 1 @@applied @@undone');
	rmSync(place.root, {recursive: true});
});

import {
	existsSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {runCommand} from '../../src/access/run.ts';
import {parseNodeEvidence} from '../../src/evidence/parse-node.ts';
import {parsePodEvidence} from '../../src/evidence/parse-pod.ts';
import {nodeScript, podScript} from '../../src/evidence/scripts.ts';

const shells = [['sh'], ['bash'], ['busybox', 'sh']].filter(([shell]) => existsSync(`/bin/${shell}`) || existsSync(`/usr/bin/${shell}`));
const {text, args} = nodeScript('10.98.171.178', ['10.244.0.19']);

const moduleNames = (): readonly string[] => existsSync('/proc/modules')
	? readFileSync('/proc/modules', 'utf8').split('\n').map(line => line.split(' ', 1)[0]).toSorted()
	: [];

for (const shell of shells) {
	test.serial(`node.sh runs to its end in ${shell.join(' ')} and loads no module`, async t => {
		const before = moduleNames();
		const {stdout, stderr, exitCode} = await runCommand([...shell, '-s', '--', ...args], {input: text});
		t.deepEqual({exitCode, stderr}, {exitCode: 0, stderr: ''});
		t.true(stdout.endsWith('@@end\n'));
		t.deepEqual(moduleNames(), before);
		const evidence = parseNodeEvidence('here', stdout);
		t.true('value' in evidence.kernel);
		t.true(Math.abs(evidence.now - (Date.now() / 1000)) < 60);
	});
}

/** A folder that holds only some of this machine's programs. */
const createPath = (programs: readonly string[]): string => {
	const folder = mkdtempSync(path.join(tmpdir(), 'hairpin-path-'));
	for (const program of programs) {
		const file = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].map(directory => path.join(directory, program)).find(candidate => existsSync(candidate));
		if (file !== undefined) {
			symlinkSync(file, path.join(folder, program));
		}
	}

	return folder;
};

test.serial('with few tools on the node it says which are missing and still finishes', async t => {
	const folder = createPath(['sh', 'awk', 'mawk', 'gawk', 'grep', 'cat', 'uname', 'date', 'sed', 'tr', 'stat', 'head']);
	const node = await runCommand(['/bin/sh', '-s', '--', ...args], {input: `PATH=${folder}\n${text}`});
	const pod = await runCommand(['/bin/sh', '-s'], {input: `PATH=${folder}\n${podScript().text}`});
	rmSync(folder, {recursive: true});
	t.true(node.stdout.endsWith('@@end\n'), node.stderr);
	const evidence = parseNodeEvidence('here', node.stdout);
	t.deepEqual(evidence.missingTools, ['ip', 'iptables-save', 'ipset', 'curl', 'tcpdump', 'nsenter']);
	t.deepEqual(evidence.iptables, {unknown: 'iptables-save is not installed on here'});
	t.true(pod.stdout.endsWith('@@end\n'));
	t.deepEqual(parsePodEvidence({namespace: 'd', pod: 'p', text: pod.stdout}).gateway, {unknown: 'ip is not installed on the node of d/p'});
});

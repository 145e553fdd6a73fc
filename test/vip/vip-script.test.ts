import {spawnSync} from 'node:child_process';
import {
	chmodSync,
	existsSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {runCommand} from '../../src/access/run.ts';
import {readIptablesServices} from '../../src/datapath/iptables-services.ts';
import {readNftablesServices} from '../../src/datapath/nftables-services.ts';
import {parseNodeRules} from '../../src/vip/parse-node-rules.ts';
import {vipScript} from '../../src/vip/read-node-rules.ts';

const shells = [['sh'], ['bash'], ['busybox', 'sh']].filter(([shell]) => existsSync(`/bin/${shell}`) || existsSync(`/usr/bin/${shell}`));
const fixtures = new URL('../fixtures/rules/', import.meta.url).pathname;

const moduleNames = (): readonly string[] => existsSync('/proc/modules')
	? readFileSync('/proc/modules', 'utf8').split('\n').map(line => line.split(' ', 1)[0]).toSorted()
	: [];

for (const shell of shells) {
	test.serial(`vip.sh runs to its end in ${shell.join(' ')} and loads no module`, async t => {
		const before = moduleNames();
		const {text, args} = vipScript('10.98.171.178');
		const {stdout, stderr, exitCode} = await runCommand([...shell, '-s', '--', ...args], {input: text});
		t.deepEqual([exitCode, stderr], [0, '']);
		t.true(stdout.endsWith('@@end\n'));
		t.deepEqual(moduleNames(), before);
		t.not(parseNodeRules('here', stdout).kernel, '');
	});
}

// A node with two addresses, and two pods of which one has several processes; all end with the command.
const stageText = `
set -e
ip link set lo up
ip addr add 192.168.26.11/24 dev lo
ip addr add fd00:26::11/64 dev lo nodad
add_pod() { # IPV4 IPV6
	unshare --net sh -c 'ip link set lo up; ip addr add "$1/32" dev lo; ip addr add "$2/128" dev lo nodad; sleep 300 & echo ready; exec sleep 300' pod "$1" "$2"
}
{ add_pod 10.244.0.18 fd00:10::12 & add_pod 10.244.0.19 fd00:10::13 & } | { read -r _; read -r _; exec "$@"; }
`;

const namespaces = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
const {status} = spawnSync(namespaces[0], [...namespaces.slice(1), 'ip', 'link', 'set', 'lo', 'up']);
const testNamespaces = status === 0 ? test.serial : test.serial.skip;

const readAddresses = async (vip: string): Promise<{readonly pods: readonly string[]; readonly own: readonly string[]; readonly namespaceCount: number}> => {
	const {text, args} = vipScript(vip);
	const folder = mkdtempSync(path.join(tmpdir(), 'hairpin-vip-'));
	const file = path.join(folder, 'script');
	writeFileSync(file, text);
	const {stdout} = await runCommand([...namespaces, 'sh', '-c', stageText, 'stage', 'sh', file, ...args]);
	rmSync(folder, {recursive: true});
	const {podAddresses, ownAddresses} = parseNodeRules('here', stdout);
	return {pods: podAddresses.map(({ip}) => ip).toSorted(), own: ownAddresses, namespaceCount: new Set(podAddresses.map(({netns}) => netns)).size};
};

testNamespaces('every address of a pod is found in its own network namespace, and the node\'s own are told apart', async t => {
	t.deepEqual(await readAddresses('10.98.171.178'), {pods: ['10.244.0.18', '10.244.0.19'], own: ['192.168.26.11'], namespaceCount: 2});
	t.deepEqual(await readAddresses('fd00:10:96::ab2'), {pods: ['fd00:10::12', 'fd00:10::13'], own: ['fd00:26::11'], namespaceCount: 2});
});

// Only where asking nf_tables loads nothing does the script ask.
const testNft = existsSync('/sys/module/nf_tables') || !existsSync('/proc/modules') ? test.serial : test.serial.skip;

const programs: Readonly<Record<string, string>> = {
	'iptables-nft-save': `exec cat ${fixtures}iptables-nft.txt`,
	nft: `case "$*" in 'list tables') echo 'table ip kube-proxy' ;; 'list table ip kube-proxy') exec cat ${fixtures}nftables.txt ;; *) exit 1 ;; esac`,
};

/** What is read where these programs print the rules. */
const readRules = async (vip: string, bodies: Readonly<Record<string, string>>) => {
	const folder = mkdtempSync(path.join(tmpdir(), 'hairpin-vip-'));
	for (const [name, body] of Object.entries(bodies)) {
		writeFileSync(path.join(folder, name), `#!/bin/sh\n${body}\n`);
		chmodSync(path.join(folder, name), 0o755);
	}

	const {text, args} = vipScript(vip);
	const {stdout} = await runCommand(['sh', '-s', '--', ...args], {input: text, env: {PATH: `${folder}:${process.env.PATH ?? ''}`}});
	rmSync(folder, {recursive: true});
	return {stdout, rules: parseNodeRules('here', stdout)};
};

for (const vip of ['10.107.3.9', '10.98.171.178', '10.98.44.9']) {
	testNft(`of long rules only those of ${vip} are sent, and they say the same`, async t => {
		const {stdout, rules} = await readRules(vip, programs);
		const whole = [
			...readIptablesServices(readFileSync(`${fixtures}iptables-nft.txt`, 'utf8')),
			...readNftablesServices(readFileSync(`${fixtures}nftables.txt`, 'utf8')),
		];
		t.deepEqual(rules.tables.flatMap(({services}) => services), whole.filter(({ip}) => ip === vip));
		t.deepEqual(rules.tables.filter(({mode}) => mode !== 'ipvs').map(({mode, count}) => [mode, count]), [['iptables', 3], ['nftables', 5]]);
		t.false(stdout.includes('10.96.0.1'), 'other Services stay on the node');
		t.deepEqual(rules.unread, []);
	});
}

testNft('a program that fails midway is told, and what it printed before still counts', async t => {
	const {rules} = await readRules('10.98.171.178', {...programs, nft: `${programs.nft.replace('exec cat', 'cat')}\n[ "$*" = 'list tables' ]`});
	t.deepEqual(rules.unread, ['nft list table failed']);
	t.is(rules.tables.find(({mode}) => mode === 'nftables')?.services.length, 1);
});

import {spawnSync} from 'node:child_process';
import {
	existsSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {runCommand} from '../../src/access/run.ts';
import type {NodeEvidence} from '../../src/evidence/evidence.ts';
import {valueOf} from '../../src/evidence/known.ts';
import {parseNodeEvidence} from '../../src/evidence/parse-node.ts';
import {parsePodEvidence} from '../../src/evidence/parse-pod.ts';
import {configuredProxy, liveProxy, masqueradesAll} from '../../src/evidence/readings.ts';
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
		t.is(exitCode, 0);
		t.is(stderr, '');
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

const fewTools = ['sh', 'awk', 'mawk', 'gawk', 'grep', 'cat', 'uname', 'date', 'sed', 'tr', 'stat', 'head'];

test.serial('with few tools on the node it says which are missing and still finishes', async t => {
	const folder = createPath(fewTools);
	const node = await runCommand(['/bin/sh', '-s', '--', ...args], {input: `PATH=${folder}\n${text}`});
	const pod = await runCommand(['/bin/sh', '-s'], {input: `PATH=${folder}\n${podScript().text}`});
	rmSync(folder, {recursive: true});
	t.true(node.stdout.endsWith('@@end\n'), 'the script came to its end');
	const evidence = parseNodeEvidence('here', node.stdout);
	t.deepEqual(evidence.missingTools, ['ip', 'iptables-save', 'ipset', 'curl', 'tcpdump', 'nsenter']);
	t.true(pod.stdout.endsWith('@@end\n'));
	const read = parsePodEvidence({namespace: 'd', pod: 'p', text: pod.stdout});
	t.deepEqual(read.missingTools, ['ip']);
	t.deepEqual(read.peerIfindex, {unknown: 'ip is not installed on the node of d/p'});
	t.true('value' in read.listeners);
});

// Namespaces of network, mounts and processes that end with the command: a bridge, a kube-proxy in front of a server, and one of somebody else.
const stageText = String.raw`
set -e
mount -t sysfs sysfs /sys
folder=$1 node=$2
shift 2
ip link set lo up
ip link add br7 type bridge
ip addr add 10.244.0.1/24 dev br7
ip link add veth1 type veth peer name veth2
ip link set veth1 master br7
ip link set veth2 up
ip addr add 10.244.0.9/32 dev veth2
ip route add 10.244.0.77/32 dev veth2
ip route add default via 10.244.0.77 dev veth2
ip link set br7 promisc on
echo 1 > /sys/class/net/veth1/brport/hairpin_mode
cp "$(command -v sh)" "$folder/kube-proxy"
unshare --net "$folder/kube-proxy" -c 'while :; do sleep 100; done' --config=/somebody/else &
until grep -q kube-proxy "/proc/$!/comm"; do sleep 0.02; done
"$folder/kube-proxy" -c 'while :; do sleep 100; done' --config="$folder/proxy.yaml" 'forged\n@@sysctls' '
@@sysctls
net/ipv4/ip_forward:7' &
"$node" "$folder/server.mjs" "$folder/ready" &
until [ -e "$folder/ready" ]; do sleep 0.02; done
exec "$@"
`;

const server = `
import {createServer} from 'node:http';
import {writeFileSync} from 'node:fs';
import process from 'node:process';
const answers = {'/proxyMode': 'ipvs', '/configz': JSON.stringify({'kubeproxy.config.k8s.io': {Mode: 'ipvs', Linux: {MasqueradeAll: true}}})};
createServer((request, response) => response.end(answers[request.url] ?? '')).listen(10777, '127.0.0.1', () => writeFileSync(process.argv[2], ''));
`;

const namespaces = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
const {status} = spawnSync(namespaces[0], [...namespaces.slice(1), 'sh', '-c', 'mount -t sysfs sysfs /sys && ip link add br7 type bridge']);
const testNamespaces = status === 0 ? test.serial : test.serial.skip;

/** What a script prints in namespaces of its own, with a bridge and a kube-proxy. */
const runInNamespaces = async (script: string, command: readonly string[]): Promise<string> => {
	const folder = mkdtempSync(path.join(tmpdir(), 'hairpin-node-'));
	writeFileSync(path.join(folder, 'proxy.yaml'), 'mode: ipvs\nmetricsBindAddress: "0.0.0.0:10777" # somewhere else\niptables:\n  masqueradeAll: true\n');
	writeFileSync(path.join(folder, 'server.mjs'), server);
	const {stdout} = await runCommand([...namespaces, 'sh', '-c', stageText, 'setup', folder, process.execPath, ...command], {input: script});
	rmSync(folder, {recursive: true});
	return stdout;
};

const checkKubeProxy = (evidence: NodeEvidence): readonly unknown[] => [
	valueOf(evidence.kubeProxy)?.argv.at(3)?.endsWith('/proxy.yaml'),
	valueOf(configuredProxy(evidence))?.masqueradeAll,
	valueOf(evidence.proxyMode),
	valueOf(liveProxy(evidence))?.masqueradeAll,
];

for (const tool of ['curl', 'wget', 'bash']) {
	testNamespaces(`kube-proxy is asked by ${tool} where that is all there is`, async t => {
		const folder = createPath([...fewTools, tool]);
		const stdout = await runInNamespaces(`PATH=${folder}\n${text}`, ['sh', '-s', '--', ...args]);
		rmSync(folder, {recursive: true});
		t.deepEqual(checkKubeProxy(parseNodeEvidence('here', stdout)), [true, true, 'ipvs', true]);
	});
}

for (const shell of shells) {
	testNamespaces(`in ${shell.join(' ')} a node's bridge, its ports and its own kube-proxy are read, and nothing that they say forges a section`, async t => {
		const stdout = await runInNamespaces(text, [...shell, '-s', '--', ...args]);
		t.true(stdout.endsWith('@@end\n'));
		const evidence = parseNodeEvidence('here', stdout);
		t.like(valueOf(evidence.bridges), [{name: 'br7', isPromiscuous: true, addresses: ['10.244.0.1/24']}]);
		t.like(valueOf(evidence.bridges)?.[0].ports, [{name: 'veth1', hairpinMode: 1}]);
		t.true((valueOf(evidence.bridges)?.[0].ports[0].ifindex ?? 0) > 1);
		t.true(['0', '1'].includes(valueOf(evidence.sysctls['net/ipv4/conf/br7/forwarding']) ?? ''));
		t.is('origin' in evidence.proxyMode && evidence.proxyMode.origin.command, 'curl -s 127.0.0.1:10777/proxyMode');
		t.not(valueOf(evidence.sysctls['net/ipv4/ip_forward']), '7');
		t.deepEqual(checkKubeProxy(evidence), [true, true, 'ipvs', true]);
		t.true(Math.abs((valueOf(evidence.kubeProxy)?.startedAt ?? 0) - evidence.now) < 60);
	});
}

const savedRules = (services: number): string => [
	'*filter',
	':INPUT ACCEPT [1:60]',
	':FORWARD DROP [7:420]',
	':KUBE-FORWARD - [0:0]',
	'[7:420] -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
	':KUBE-SERVICES - [0:0]',
	'[0:0] -A KUBE-SERVICES -d 10.98.171.178/32 -p tcp -m comment --comment "default/nginx:metrics has no endpoints" -m tcp --dport 9100 -j REJECT',
	'[0:0] -A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "default/gone has no endpoints" -j REJECT',
	'[0:0] -A FORWARD -m comment --comment "a comment with',
	'@@sysctls',
	'net/ipv4/ip_forward:7" -j ACCEPT',
	'COMMIT',
	'*nat',
	':PREROUTING ACCEPT [0:0]',
	':POSTROUTING ACCEPT [0:0]',
	':CNI-HOSTPORT-MASQ - [0:0]',
	':CNI-NESTED - [0:0]',
	':FLANNEL-POSTRTG - [0:0]',
	':UNCALLED - [0:0]',
	':KUBE-SEP-A - [0:0]',
	':KUBE-SEP-B - [0:0]',
	'[9:9] -A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade -j UNCALLED" -j CNI-HOSTPORT-MASQ',
	'[9:9] -A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG',
	'[0:0] -A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE',
	'[0:0] -A CNI-NESTED -j RETURN',
	'[0:0] -A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN',
	'[0:0] -A FLANNEL-POSTRTG -j CNI-NESTED',
	'[0:0] -A UNCALLED -j MASQUERADE',
	'[0:0] -A KUBE-SEP-A -s 10.244.0.19/32 -j KUBE-MARK-MASQ',
	'[0:0] -A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.244.0.19:80',
	...Array.from({length: services}, (_, index) => `[0:0] -A KUBE-SEP-${index} -s 10.99.0.1/32 -j KUBE-MARK-MASQ`),
	'[0:0] -A KUBE-SERVICES -d 10.98.171.178/32 -p tcp -m tcp --dport 8080 -j KUBE-SVC-NGINX',
	'[0:0] -A KUBE-SVC-NGINX -m statistic --mode random --probability 0.5 -j KUBE-SEP-A',
	'[0:0] -A KUBE-SVC-OTHER -j KUBE-SEP-0',
	'COMMIT',
	'',
].join('\n');

// Only where the kernel has nf_tables already does the script ask for its rules and sets.
const hasTables = !existsSync('/proc/modules') || (existsSync('/sys/module/nf_tables') && existsSync('/sys/module/ip_set'));
const testTables = hasTables ? test.serial : test.serial.skip;

for (const shell of shells) {
	testTables(`in ${shell.join(' ')} ten thousand rules are cut down to those of the target`, async t => {
		const folder = mkdtempSync(path.join(tmpdir(), 'hairpin-rules-'));
		writeFileSync(path.join(folder, 'rules'), savedRules(10_000));
		const programs = {
			'iptables-nft-save': 'cat "$(dirname "$0")/rules"', nft: 'echo table ip kube-proxy', ipset: 'echo Members:; echo 10.244.0.19,tcp:80,10.244.0.19; echo 10.244.0.190,tcp:80,10.244.0.190',
		};
		for (const [name, line] of Object.entries(programs)) {
			writeFileSync(path.join(folder, name), `#!/bin/sh\n${line}\n`, {mode: 0o755});
		}

		const {stdout} = await runCommand([...shell, '-s', '--', ...args], {input: `PATH=${folder}:$PATH\n${text}`});
		rmSync(folder, {recursive: true});
		t.true(stdout.length < 10_000);
		const evidence = parseNodeEvidence('here', stdout);
		const iptables = (valueOf(evidence.iptables) ?? []).find(({backend}) => backend === 'nf_tables');
		t.deepEqual(iptables?.rules.map(({chain}) => chain), ['FORWARD', 'KUBE-SERVICES', 'FORWARD', 'POSTROUTING', 'POSTROUTING', 'CNI-HOSTPORT-MASQ', 'FLANNEL-POSTRTG', 'FLANNEL-POSTRTG', 'KUBE-SEP-A', 'KUBE-SEP-A', 'KUBE-SERVICES', 'KUBE-SVC-NGINX']);
		t.deepEqual(iptables?.chains.filter(({table, policy}) => table === 'nat' && policy === '-').map(({chain}) => chain).toSorted(), ['CNI-HOSTPORT-MASQ', 'FLANNEL-POSTRTG', 'KUBE-SEP-A'], 'named where they are whole');
		t.is(iptables?.kubeLines, 10_012);
		t.true(iptables?.chains.some(({table, chain}) => table === 'filter' && chain === 'KUBE-SERVICES'), 'of the target, all that it has');
		t.like(iptables?.chains.find(({chain}) => chain === 'FORWARD'), {policy: 'DROP', packets: 7});
		t.not(valueOf(evidence.sysctls['net/ipv4/ip_forward']), '7');
		t.deepEqual(valueOf(evidence.ipsets)?.['KUBE-LOOP-BACK'], ['10.244.0.19,tcp:80,10.244.0.19']);
		t.deepEqual(valueOf(evidence.nftTables), ['ip kube-proxy']);
	});
}

/** kube-proxy's table with the target's Service and many others. */
const proxyTable = (services: number): string => {
	const listed = readFileSync(new URL('../fixtures/rules/nftables.txt', import.meta.url), 'utf8');
	const names = Array.from({length: services}, (_, index) => `AAAAAAAA-default/nginx-${index}/tcp/`);
	const elements = names.map((name, index) => `\t\t\t     10.98.171.17 . tcp . ${index + 1} : goto service-${name},`).join('\n');
	const chains = names.map((name, index) => `\tchain service-${name} {\n\t\tnumgen random mod 1 vmap { 0 : goto endpoint-${name}__10.244.0.19/${index} }\n\t}\n\n\tchain endpoint-${name}__10.244.0.19/${index} {\n\t\tmeta l4proto tcp dnat to 10.244.0.19:${index}\n\t}\n`).join('\n');
	return listed.replace('goto service-FY5PMXPG-kube-system/kube-dns/udp/dns,', line => `${line}\n${elements}`).replace('\tchain nat-prerouting', () => `${chains}\n\tchain nat-prerouting`);
};

for (const shell of shells) {
	testTables(`in ${shell.join(' ')} thousands of Services of nftables mode are cut down to the target`, async t => {
		const folder = mkdtempSync(path.join(tmpdir(), 'hairpin-rules-'));
		writeFileSync(path.join(folder, 'table'), proxyTable(3000));
		writeFileSync(path.join(folder, 'nft'), '#!/bin/sh\ncase $* in "list tables") echo table ip kube-proxy ;; "list table ip kube-proxy") cat "$(dirname "$0")/table" ;; *) exit 1 ;; esac\n', {mode: 0o755});
		const {stdout} = await runCommand([...shell, '-s', '--', ...args], {input: `PATH=${folder}:$PATH\n${text}`});
		rmSync(folder, {recursive: true});
		const evidence = parseNodeEvidence('here', stdout);
		const rules = valueOf(evidence.proxyTable)?.rules ?? [];
		t.deepEqual(rules.filter(({table, chain}) => table === 'nat' && /^(?:services|service-[0-9A-Z]{8}-.*|endpoint-.*)$/v.test(chain)).map(({text: rule}) => rule), [
			'-A services -d 10.98.171.178 -p tcp --dport 8080 -j service-V2OKYYMB-default/nginx/tcp/',
			'-A service-V2OKYYMB-default/nginx/tcp/ -d 10.98.171.178 ! -s 10.244.0.0/16 -j mark-for-masquerade',
			'-A service-V2OKYYMB-default/nginx/tcp/ -j endpoint-HAPBZWJ6-default/nginx/tcp/__10.244.0.19/80',
			'-A endpoint-HAPBZWJ6-default/nginx/tcp/__10.244.0.19/80 -s 10.244.0.19 -j mark-for-masquerade',
			'-A endpoint-HAPBZWJ6-default/nginx/tcp/__10.244.0.19/80 -p tcp -j DNAT --to-destination 10.244.0.19:80',
		]);
		t.is(valueOf(masqueradesAll({...evidence, proxyMode: {value: 'nftables', origin: {point: 'here', command: '', excerpt: ''}}})), false);
	});
}

/** Rules of iptables mode with masqueradeAll, where each Service has one that marks every client. */
const markingRules = [
	'*nat',
	':KUBE-SEP-A - [0:0]',
	...Array.from({length: 50}, (_, index) => `[0:0] -A KUBE-SVC-${index} -d 10.98.0.${index}/32 -p tcp -m comment --comment "default/s${index} cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ`),
	...Array.from({length: 50}, (_, index) => `[0:0] -A KUBE-SEP-${index} -s 10.244.0.${index}/32 -j KUBE-MARK-MASQ`),
	'COMMIT',
	'',
].join('\n');

for (const shell of shells) {
	testTables(`in ${shell.join(' ')} a node is read without a target: no rules of any Service but a few that show masqueradeAll`, async t => {
		const folder = mkdtempSync(path.join(tmpdir(), 'hairpin-rules-'));
		writeFileSync(path.join(folder, 'rules'), markingRules);
		writeFileSync(path.join(folder, 'iptables-nft-save'), '#!/bin/sh\ncat "$(dirname "$0")/rules"\n', {mode: 0o755});
		const {stdout, exitCode} = await runCommand([...shell, '-s', '--', ...nodeScript('', []).args], {input: `PATH=${folder}:$PATH\n${text}`});
		rmSync(folder, {recursive: true});
		t.is(exitCode, 0);
		const evidence = parseNodeEvidence('here', stdout);
		const iptables = (valueOf(evidence.iptables) ?? []).find(({backend}) => backend === 'nf_tables');
		t.deepEqual(iptables?.rules.map(({chain}) => chain), ['KUBE-SVC-0', 'KUBE-SVC-1', 'KUBE-SVC-2']);
		t.is(valueOf(masqueradesAll(evidence)), true);
		t.deepEqual(valueOf(evidence.virtualServers), []);
	});
}

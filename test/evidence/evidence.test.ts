import {readFileSync} from 'node:fs';
import test from 'ava';
import type {NodeEvidence} from '../../src/evidence/evidence.ts';
import {valueOf} from '../../src/evidence/known.ts';
import {routeTo, unusualRules} from '../../src/evidence/network.ts';
import {parseNodeEvidence} from '../../src/evidence/parse-node.ts';
import {parsePodEvidence} from '../../src/evidence/parse-pod.ts';
import {
	bootBridgeNetfilter,
	cniHairpinMode,
	cniPlugin,
	configuredProxy,
	effectiveBridgeNetfilter,
	kernelProxyMode,
	kubeletHairpinMode,
	liveProxy,
	masqueradesAll,
} from '../../src/evidence/readings.ts';

const readFixture = (name: string): string => readFileSync(new URL(`../fixtures/evidence/${name}`, import.meta.url), 'utf8');

const founding = readFixture('node-founding.txt');
const nginx = readFixture('pod-nginx.txt');

/** The founding node's output with something else in it. */
const edited = (from: string, to: string): NodeEvidence => {
	if (!founding.includes(from)) {
		throw new Error(`the fixture has no ${from}`);
	}

	return parseNodeEvidence('k8s1', founding.replaceAll(from, () => to));
};

const node = parseNodeEvidence('k8s1', founding);

test('the founding node: br_netfilter is absent, its ports have hairpin_mode 1', t => {
	t.is(valueOf(node.sysctls['net/bridge/bridge-nf-call-iptables']), 'absent');
	t.is(valueOf(node.sysctls['net/ipv4/ip_forward']), '1');
	t.deepEqual(valueOf(node.bridgeNetfilter), {isLoaded: false, isBuiltIn: false, file: 'kernel/net/bridge/br_netfilter.ko'});
	const [bridge] = valueOf(node.bridges) ?? [];
	t.like(bridge, {name: 'cni0', nfCallIptables: 0, isPromiscuous: false});
	t.true(bridge.addresses.includes('10.244.0.1/24'));
	t.deepEqual(bridge.ports.map(({hairpinMode}) => hairpinMode), [1, 1]);
	t.is(valueOf(effectiveBridgeNetfilter(node, bridge)), 'absent');
	t.like(valueOf(bootBridgeNetfilter(node)), {isOn: false, moduleFile: undefined, assignment: undefined});
});

test('the founding node: kube-proxy in ipvs mode by its file, its answer and the kernel', t => {
	t.is(valueOf(configuredProxy(node))?.mode, 'ipvs');
	t.deepEqual(valueOf(liveProxy(node)), {mode: 'ipvs', masqueradeAll: false, clusterCidrs: ['10.244.0.0/16']});
	t.is(valueOf(kernelProxyMode(node)), 'ipvs');
	t.false(valueOf(masqueradesAll(node)));
	t.is(valueOf(kubeletHairpinMode(node)), 'promiscuous-bridge');
	t.true(valueOf(cniHairpinMode(node)));
	t.is(valueOf(cniPlugin(node)), 'bridge cni0');
});

test('the founding node: processes and rules', t => {
	const proxy = valueOf(node.kubeProxy);
	const startedAt = proxy?.startedAt ?? 0;
	t.true(startedAt > 1_700_000_000 && startedAt < node.now);
	t.deepEqual(proxy?.argv, ['/usr/local/bin/kube-proxy', '--config=/var/lib/kube-proxy/config.yaml', '--hostname-override=k8s1']);
	t.is(valueOf(node.kubeProxyConfig)?.path, '/var/lib/kube-proxy/config.yaml');
	const legacy = (valueOf(node.iptables) ?? []).find(({backend}) => backend === 'legacy');
	t.like(legacy?.chains.find(({table, chain}) => table === 'filter' && chain === 'FORWARD'), {policy: 'ACCEPT'});
	t.true((legacy?.rules.length ?? 0) > 20);
	t.is(legacy?.kubeLines, 48);
});

test('the founding node: IPVS, ipsets and conntrack', t => {
	t.deepEqual(valueOf(node.virtualServers)?.map(({protocol, ip, port, realServers}) => ({
		protocol, ip, port, realServers: realServers.map(server => `${server.ip}:${server.port} ${server.weight}`),
	})), [{
		protocol: 'TCP', ip: '10.98.171.178', port: 8080, realServers: ['10.244.0.2:80 1'],
	}]);
	t.is(valueOf(node.virtualServerCount), 2);
	t.deepEqual(valueOf(node.ipsets), {'KUBE-LOOP-BACK': ['10.244.0.2,tcp:80,10.244.0.2'], 'KUBE-CLUSTER-IP': ['10.98.171.178,tcp:8080']});
	t.is(valueOf(node.conntrack)?.max, 8192);
});

test('routes, interfaces, neighbours and pinned clients, as a node of the cluster printed them', t => {
	const seen = edited('@@end', [
		'@@network',
		'interface lo - 65536 0x9 0',
		'interface vec0 - 1500 0x1003 1',
		'interface cni0 bridge 1500 0x1003 0',
		'interface tunnel vxlan 1450 0x1002 0',
		'own vec0 192.168.26.11/24',
		'own kube-ipvs0 10.98.171.178/32',
		'rule 0:\tfrom all lookup local',
		'rule 32766:\tfrom all lookup main',
		'rule 32767:\tfrom all lookup default',
		'vxlan tunnel 8472',
		'route vec0 00000000 011AA8C0 0003 0 00000000',
		'route cni0 0000F40A 00000000 0001 0 00FFFFFF',
		'route vec0 0002F40A 0C1AA8C0 0003 0 00FFFFFF',
		'route * 0063F40A 00000000 0201 0 00FFFFFF',
		'neighbour 10.244.0.19 0x2 16:4a:e9:0d:c3:6b cni0',
		'neighbour 10.244.0.20 0x0 00:00:00:00:00:00 cni0',
		'neighbour 10.244.0.21 0x6 02:00:00:00:00:99 cni0',
		'dropped rp_filter 4',
		'@@end',
	].join('\n'));
	const network = valueOf(seen.network);
	t.deepEqual(network?.interfaces.map(({name, kind, isUp, reversePathFilter}) => `${name} ${kind} ${isUp} ${reversePathFilter}`), ['lo  true 0', 'vec0  true 1', 'cni0 bridge true 0', 'tunnel vxlan false 0']);
	const ways = ['10.244.0.19', '10.244.2.31', '10.244.99.1', '8.8.8.8'].map(ip => network && routeTo(network, ip));
	t.deepEqual(ways.map(way => `${way?.device} ${way?.network}/${way?.prefix} ${way?.gateway} ${way?.isRefusing}`), [
		'cni0 10.244.0.0/24 undefined false', 'vec0 10.244.2.0/24 192.168.26.12 false', '* 10.244.99.0/24 undefined true', 'vec0 0.0.0.0/0 192.168.26.1 false',
	]);
	t.deepEqual(network && unusualRules(network), []);
	t.deepEqual(network?.neighbours.map(({ip, isPermanent}) => `${ip} ${isPermanent}`), ['10.244.0.19 false', '10.244.0.21 true']);
	t.like(network, {reversePathDrops: 4, tunnels: [{device: 'tunnel', port: 8472}]});
	t.deepEqual(valueOf(edited('count 2', 'count 2\npinned 0AF40012 1F90 0AF400C7 0050').pinnedClients), [{client: '10.244.0.18', port: 8080, backend: {ip: '10.244.0.199', port: 80}}]);
	t.true('unknown' in edited('@@end', '@@network\ncut routes\n@@end').network);
	t.true('unknown' in node.network, 'an older output has no such section');
});

test('every value tells where it comes from', t => {
	const reading = node.sysctls['net/bridge/bridge-nf-call-iptables'];
	t.deepEqual('origin' in reading ? reading.origin : undefined, {point: 'k8s1', command: 'cat /proc/sys/net/bridge/bridge-nf-call-iptables', excerpt: 'No such file or directory'});
});

test('either the sysctl or the bridge\'s own flag turns bridge netfilter on, and only with the module', t => {
	const effective = (sysctl: string, flag: string) => {
		const changed = parseNodeEvidence('k8s1', founding.replace('bridge-nf-call-iptables:absent', () => `bridge-nf-call-iptables:${sysctl}`).replace('bridge cni0 0', () => `bridge cni0 ${flag}`));
		const [bridge] = valueOf(changed.bridges) ?? [];
		return valueOf(effectiveBridgeNetfilter(changed, bridge));
	};

	t.deepEqual([effective('1', '0'), effective('0', '1'), effective('0', '0'), effective('absent', '1')], [1, 1, 0, 'absent']);
});

test('boot files are applied by name, /etc before others of the same name, and a later 0 wins', t => {
	const withFiles = (...lines: readonly string[]) => edited('@@boot-sysctls', ['@@boot-sysctls', ...lines].join('\n'));
	const module = edited('@@boot-modules', '@@boot-modules\nfile /etc/modules-load.d/k8s.conf\n/etc/modules-load.d/k8s.conf:br_netfilter');
	t.like(valueOf(bootBridgeNetfilter(module)), {isOn: true, moduleFile: '/etc/modules-load.d/k8s.conf'});
	const later = withFiles(
		'file /etc/sysctl.d/10-a.conf', '/etc/sysctl.d/10-a.conf:net.bridge.bridge-nf-call-iptables = 1', 'file /usr/lib/sysctl.d/90-z.conf', '/usr/lib/sysctl.d/90-z.conf:net/bridge/bridge-nf-call-iptables=0',
	);
	t.deepEqual(valueOf(bootBridgeNetfilter(later))?.assignment, {value: 0, file: '/usr/lib/sysctl.d/90-z.conf'});
	const masked = withFiles(
		'file /etc/sysctl.d/90-z.conf', 'file /usr/lib/sysctl.d/90-z.conf', '/usr/lib/sysctl.d/90-z.conf:net.bridge.bridge-nf-call-iptables=0',
	);
	t.is(valueOf(bootBridgeNetfilter(masked))?.assignment, undefined);
	const comment = withFiles('file /etc/sysctl.d/10-a.conf', '/etc/sysctl.d/10-a.conf:# net.bridge.bridge-nf-call-iptables = 0');
	t.is(valueOf(bootBridgeNetfilter(comment))?.assignment, undefined);
});

test('masqueradeAll is read from the rules, whatever the file says', t => {
	t.true(valueOf(masqueradesAll(edited('-A KUBE-SERVICES ! -s 10.244.0.0/16 -m comment', '-A KUBE-SERVICES -m comment'))));
	const rule = '-d 10.98.171.178/32 -p tcp -m comment --comment "default/nginx cluster IP" -m tcp --dport 8080 -j KUBE-MARK-MASQ';
	const led = `[1:60] -A KUBE-SERVICES ${rule.replace('KUBE-MARK-MASQ', 'KUBE-SVC-ABC')}\n`;
	const everybody = edited('kube 48', `${led}[1:60] -A KUBE-SVC-ABC ${rule}\nkube 48`);
	t.is(valueOf(kernelProxyMode(everybody)), 'iptables', 'DNAT rules act before IPVS does');
	t.is(valueOf(kernelProxyMode(edited('kube 48', `[1:60] -A KUBE-SVC-ABC ${rule}\nkube 48`))), 'ipvs', 'unless nothing leads to them');
	t.true(valueOf(masqueradesAll(everybody)));
	t.false(valueOf(masqueradesAll(edited('kube 48', `${led}[1:60] -A KUBE-SVC-ABC ! -s 10.244.0.0/16 ${rule}\nkube 48`))));
	t.true(valueOf(masqueradesAll(edited('kube 48', `${led}[1:60] -A KUBE-SERVICES ${rule}\nkube 48`))), 'as kube-proxy 1.18 writes it');
});

test('what could not be read is unknown with its reason', t => {
	const empty = parseNodeEvidence('k8s1', '');
	t.deepEqual(empty.kernel, {unknown: 'the script did not start'});
	for (const value of [empty.bridges, empty.iptables, empty.virtualServers, empty.ipsets, empty.kubelet, empty.kubeProxyConfig, empty.bootSysctls, empty.proxyMode, empty.conntrack]) {
		t.true('unknown' in value && value.unknown.length > 10);
	}

	t.deepEqual(edited('member 10.98.171.178,tcp:8080', 'failed').ipsets, {unknown: 'ipset could not list the sets of kube-proxy on k8s1'});
	t.true('unknown' in edited('kube 48', 'cut filter').iptables);
	t.true('unknown' in edited('|ipvs', '|<html>no').proxyMode);
});

test('text from files cannot forge a section, and its escapes are gone', t => {
	const forged = edited('|kind: KubeletConfiguration', '|@@sysctls\n|net/ipv4/ip_forward:0');
	t.is(valueOf(forged.sysctls['net/ipv4/ip_forward']), '1');
	t.deepEqual(kubeletHairpinMode(forged), {unknown: '/var/lib/kubelet/config.yaml is not YAML'});
	t.is(valueOf(kubeletHairpinMode(edited('|hairpinMode: promiscuous-bridge', '|hairpinMode: "no\u{1B}[31mne"'))), 'none');
});

test('any prefix and any damage of the output gives values, never an exception', t => {
	for (let length = 0; length < founding.length; length += 97) {
		const parsed = parseNodeEvidence('k8s1', `${founding.slice(0, length)}\u{0}\u{FFFD}@@`);
		for (const read of [kernelProxyMode, masqueradesAll, configuredProxy, liveProxy, cniHairpinMode, kubeletHairpinMode]) {
			t.notThrows(() => read(parsed));
		}
	}

	t.notThrows(() => parseNodeEvidence('k8s1', `@@bridges\nbridge ${'x'.repeat(1_000_000)}\n`));
	t.notThrows(() => parsePodEvidence({namespace: 'd', pod: 'p', text: nginx.replaceAll(' ', '\n')}));
});

test('a pod\'s namespace: peer, gateway and listeners', t => {
	const pod = parsePodEvidence({namespace: 'default', pod: 'nginx', text: nginx});
	t.is(valueOf(pod.interfaceName), 'eth0');
	t.is(valueOf(pod.peerIfindex), 4);
	t.is(valueOf(pod.gateway), '10.244.0.1');
	t.is(valueOf(pod.mtu), 1500);
	t.deepEqual(valueOf(pod.addresses), ['10.244.0.2/24']);
	t.deepEqual(valueOf(pod.listeners), [{protocol: 'tcp6', ip: '::', port: 80}]);
});

test('listeners on loopback addresses are told apart, on both IP versions', t => {
	const text = nginx.replace('tcp6 00000000000000000000000000000000:0050', 'tcp 0100007F:0050\ntcp6 00000000000000000000000001000000:1F90\nudp 00000000:0035\ntcp broken');
	t.deepEqual(valueOf(parsePodEvidence({namespace: 'default', pod: 'nginx', text}).listeners), [
		{protocol: 'tcp', ip: '127.0.0.1', port: 80},
		{protocol: 'tcp6', ip: '::1', port: 8080},
		{protocol: 'udp', ip: '0.0.0.0', port: 53},
	]);
});

test('output that ended early leaves out its last section and says so', t => {
	const upTo = (text: string): NodeEvidence => parseNodeEvidence('k8s1', founding.slice(0, founding.indexOf(text)));
	t.deepEqual(upTo('port cni0 vethad19072a').bridges, {unknown: 'the script did not get as far as the bridges'});
	t.deepEqual(upTo('@@daemon kube-proxy').kubeProxy, {unknown: 'the output of the script ended too early'});
	t.deepEqual(upTo('@@daemon kube-proxy').kubeProxyConfig, {unknown: 'the output of the script ended too early'});
	t.true('unknown' in upTo('[0:0] -A KUBE-MARK-MASQ').iptables);
	t.true('unknown' in upTo('portmap').cniConfigs);
	t.deepEqual(edited('@@daemon kube-proxy', '@@nothing').kubeProxy, {unknown: 'no kube-proxy process runs on k8s1'});
	t.deepEqual(edited('|hairpinMode: promiscuous-bridge', 'cut').kubeletConfig, {unknown: '/var/lib/kubelet/config.yaml on k8s1 is too large'});
});

test('flags count for a kube-proxy without a file, and a flag of kubelet beats its file', t => {
	const flags = edited('|--config=/var/lib/kube-proxy/config.yaml', '|--proxy-mode=ipvs\n|--masquerade-all\n|--cluster-cidr\n|10.244.0.0/16');
	const unfiled = parseNodeEvidence('k8s1', founding
		.replace('|--config=/var/lib/kube-proxy/config.yaml', () => '|--proxy-mode=ipvs\n|--masquerade-all\n|--cluster-cidr\n|10.244.0.0/16')
		.replace('@@file kube-proxy', () => '@@nothing'));
	t.false(valueOf(configuredProxy(flags))?.masqueradeAll, 'the file counts where there is one');
	t.deepEqual(valueOf(configuredProxy(unfiled)), {mode: 'ipvs', masqueradeAll: true, clusterCidrs: ['10.244.0.0/16']});
	t.is(valueOf(kubeletHairpinMode(edited('|--node-ip=192.168.99.11', '|--hairpin-mode=none'))), 'none');
});

test('one process that is kubelet and kube-proxy at once has no configuration of either', t => {
	const both = parseNodeEvidence('k8s1', founding
		.replace('@@daemon kube-proxy 752', () => '@@daemon kube-proxy 767').replace('/usr/local/bin/kube-proxy', () => '/usr/local/bin/k3s')
		.replaceAll(/@@file kube(?:let|-proxy)/gv, () => '@@nothing'));
	t.deepEqual(configuredProxy(both), {unknown: 'kube-proxy on k8s1 is part of another program, which configures it'});
	t.is(valueOf(both.kubeProxy)?.pid, 767);
	t.is(valueOf(kernelProxyMode(both)), 'ipvs');
});

test('a sysctl that a file names beats a glob, and modprobe takes - and _ for the same', t => {
	const boot = (...lines: readonly string[]) => valueOf(bootBridgeNetfilter(edited('@@boot-sysctls', ['@@boot-sysctls', 'file /etc/sysctl.d/10-a.conf', 'file /etc/sysctl.d/90-z.conf', ...lines].join('\n'))))?.assignment?.value;
	t.is(boot('/etc/sysctl.d/10-a.conf:net.bridge.bridge-nf-call-* = 0'), 0);
	t.is(boot('/etc/sysctl.d/10-a.conf:net.bridge.bridge-nf-call-iptables = 1', '/etc/sysctl.d/90-z.conf:net.bridge.* = 0'), 1);
	t.is(boot('/etc/sysctl.d/10-a.conf:net.ipv4.* = 0', '/etc/sysctl.d/10-a.conf:net.bridge.bridge-nf-call-arp* = 0'), undefined);
	const module = edited('@@boot-modules', '@@boot-modules\nfile /etc/modules\n/etc/modules:br-netfilter option=1');
	t.is(valueOf(bootBridgeNetfilter(module))?.moduleFile, '/etc/modules');
});

test('members of ipsets are the same where ipset knew no names of protocols', t => {
	const {ipsets} = edited('member 10.244.0.2,tcp:80,', 'member 10.244.0.2,6:80,');
	t.deepEqual(valueOf(ipsets)?.['KUBE-LOOP-BACK'], ['10.244.0.2,tcp:80,10.244.0.2']);
});

test('IPVS and its sets of IPv6 are read like those of IPv4', t => {
	const six = edited('TCP  0A62ABB2:1F90', 'TCP  [fd00:0010:0096:0000:0000:0000:0000:0001]:1F90').virtualServers;
	t.like(valueOf(six)?.[0], {ip: 'fd00:10:96::1', port: 8080});
	const sets = edited('set KUBE-LOOP-BACK', 'set KUBE-6-LOOP-BACK').ipsets;
	t.true(valueOf(sets)?.['KUBE-LOOP-BACK'].includes('10.244.0.2,tcp:80,10.244.0.2'));
	t.is('origin' in sets && sets.origin.command, 'ipset list KUBE-6-LOOP-BACK; ipset list KUBE-CLUSTER-IP');
});

test('without ip the pod\'s route and addresses come from /proc', t => {
	const text = '@@tools\nmissing ip\n@@route\nproc Iface\tDestination\tGateway\nproc eth0\t00000000\t0100F40A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n@@addresses\nproc 10.244.0.2\n@@listeners\n@@end\n';
	const pod = parsePodEvidence({namespace: 'default', pod: 'nginx', text});
	t.deepEqual([valueOf(pod.interfaceName), valueOf(pod.gateway), valueOf(pod.addresses)], ['eth0', '10.244.0.1', ['10.244.0.2']]);
	t.deepEqual(pod.peerIfindex, {unknown: 'ip is not installed on the node of default/nginx'});
});

import type {
	Known,
	KernelModule,
	NodeEvidence,
} from './evidence.ts';
import {
	known,
	mapKnown,
	originOf,
	unknown,
	valueOf,
} from './known.ts';
import {parseBootLines} from './parse-boot.ts';
import {parseBridges} from './parse-bridges.ts';
import {
	parseCniFiles,
	parseConfigFile,
	parseConfigz,
	parseDaemon,
	parseProxyMode,
} from './parse-daemons.ts';
import {parseNetwork} from './parse-network.ts';
import {parseProxyTable} from './parse-proxy-table.ts';
import {parseIptables, parseIpvs} from './parse-rules.ts';
import {
	findSection,
	linesOf,
	readSections,
	type Section,
	valuesOf,
} from './sections.ts';

const parseSysctls = (point: string, section: Section | undefined): Readonly<Record<string, Known<string>>> =>
	Object.fromEntries(linesOf(section).filter(line => line.includes(':')).map(line => {
		const key = line.slice(0, line.indexOf(':'));
		const value = line.slice(line.indexOf(':') + 1);
		const excerpt = value === 'absent' ? 'No such file or directory' : value;
		return [key, known(value, originOf(point, `cat /proc/sys/${key}`, excerpt))];
	}));

const parseModule = (point: string, section: Section | undefined): Known<KernelModule> => {
	if (!section) {
		return unknown('the script did not get as far as br_netfilter');
	}

	const lines = linesOf(section);
	const file = lines.find(line => line.startsWith('file'));
	if (file === undefined && !lines.includes('loaded') && !lines.includes('built-in')) {
		return unknown(`the modules of ${point}'s kernel are not listed under /lib/modules`);
	}

	return known({
		isLoaded: lines.includes('loaded'),
		isBuiltIn: lines.includes('built-in'),
		file: file === undefined || file.trim() === 'file' ? undefined : file.slice(5),
	}, originOf(point, 'ls -d /sys/module/br_netfilter; modinfo -n br_netfilter', lines.join('\n')));
};

/** Where /etc/protocols is missing, as in a small image, ipset prints numbers: `10.244.0.19,6:80,10.244.0.19`. */
const nameProtocol = (member: string): string => member.replace(/,6:(?=\d)/v, ',tcp:').replace(/,17:(?=\d)/v, ',udp:');

const parseIpsets = (point: string, section: Section | undefined): NodeEvidence['ipsets'] => {
	const lines = linesOf(section);
	if (!section || lines.includes('missing') || lines.includes('failed')) {
		return unknown(section ? `ipset ${lines.includes('missing') ? 'is not installed' : 'could not list the sets of kube-proxy'} on ${point}` : 'the script did not get as far as ipsets');
	}

	const sets: Record<string, string[]> = {};
	let members: string[] = [];
	for (const line of lines) {
		const [kind, value = ''] = line.split(' ', 2);
		if (kind === 'set') {
			members = [];
			// The sets of IPv6 are called KUBE-6-LOOP-BACK and so on; there is one family in a target.
			sets[value.replace('KUBE-6-', 'KUBE-')] = members;
		} else if (kind === 'member') {
			members.push(nameProtocol(value));
		}
	}

	return known(sets, originOf(point, valuesOf(section, 'set').map(set => `ipset list ${set}`).join('; '), lines.join('\n')));
};

const parseNftTables = (point: string, section: Section | undefined): NodeEvidence['nftTables'] => {
	const lines = linesOf(section);
	if (!section || lines.includes('missing') || lines.includes('failed')) {
		return unknown(section ? `nft ${lines.includes('missing') ? 'is not installed' : 'could not list the tables'} on ${point}` : 'the script did not get as far as nftables');
	}

	const tables = lines.filter(line => line.startsWith('table ')).map(line => line.slice(6));
	return known(tables, originOf(point, 'nft list tables', lines.join('\n')));
};

const parseConntrack = (sysctls: Readonly<Record<string, Known<string>>>): NodeEvidence['conntrack'] => {
	const count = sysctls['net/netfilter/nf_conntrack_count'] ?? unknown('nf_conntrack_count was not read');
	const max = Number(valueOf(sysctls['net/netfilter/nf_conntrack_max']));
	return Number.isFinite(max) && Number.isFinite(Number(valueOf(count)))
		? mapKnown(count, value => ({count: Number(value), max}))
		: unknown('nf_conntrack is not loaded');
};

const numberOf = (section: Section | undefined, key: string): number => {
	const [value = ''] = valuesOf(section, key);
	return /^\d+$/v.test(value) ? Number(value) : 0;
};

/** What node.sh printed on a node, as values with their origins. Never throws, whatever the text is. */
export const parseNodeEvidence = (node: string, text: string): NodeEvidence => {
	const sections = readSections(text);
	const find = (name: string) => findSection(sections, name);
	const host = find('host');
	const bootedAt = numberOf(find('boot-time') ?? host, 'btime');
	const sysctls = parseSysctls(node, find('sysctls'));
	const ipvs = parseIpvs(node, find('ipvs'));
	const [kernel] = valuesOf(host, 'kernel');
	return {
		node,
		now: numberOf(host, 'now'),
		missingTools: valuesOf(host, 'missing'),
		kernel: kernel === undefined ? unknown('the script did not start') : known(kernel, originOf(node, 'uname -r', kernel)),
		sysctls,
		bridgeNetfilter: parseModule(node, find('bridge-netfilter')),
		bridges: parseBridges(node, find('bridges')),
		bootModules: parseBootLines(node, find('boot-modules'), 'br_netfilter'),
		bootSysctls: parseBootLines(node, find('boot-sysctls'), String.raw`net.bridge\|ip_forward`),
		kubelet: parseDaemon(node, sections, 'kubelet', bootedAt),
		kubeletConfig: parseConfigFile(node, sections, 'kubelet'),
		cniConfigs: parseCniFiles(node, sections),
		kubeProxy: parseDaemon(node, sections, 'kube-proxy', bootedAt),
		kubeProxyConfig: parseConfigFile(node, sections, 'kube-proxy'),
		proxyMode: parseProxyMode(node, sections),
		kubeProxyConfigz: parseConfigz(node, sections),
		iptables: parseIptables(node, sections),
		virtualServers: ipvs.servers,
		virtualServerCount: ipvs.count,
		pinnedClients: ipvs.pinned,
		network: parseNetwork(node, find('network'), sysctls),
		ipsets: parseIpsets(node, find('ipsets')),
		nftTables: parseNftTables(node, find('nft')),
		proxyTable: parseProxyTable(node, sections),
		conntrack: parseConntrack(sysctls),
	};
};

import type {
	Iptables,
	IptablesChain,
	IptablesRule,
	Known,
	PinnedClient,
	RealServer,
	VirtualServer,
} from './evidence.ts';
import {known, originOf, unknown} from './known.ts';
import {findSection, linesOf, type Section} from './sections.ts';

const parseChain = (line: string, table: string): IptablesChain | undefined => {
	const groups = /^:(?<chain>\S+) (?<policy>\S+) \[(?<packets>\d+):/v.exec(line)?.groups;
	return groups && {
		table, chain: groups.chain, policy: groups.policy, packets: Number(groups.packets),
	};
};

const parseRule = (line: string, table: string): IptablesRule | undefined => {
	const groups = /^\[(?<packets>\d+):\d+\] (?<text>-A (?<chain>\S+)(?: .*)?)$/v.exec(line)?.groups;
	return groups && {
		table, chain: groups.chain, text: groups.text, packets: Number(groups.packets),
	};
};

const parseBackend = (section: Section): Iptables => {
	const chains: IptablesChain[] = [];
	const rules: IptablesRule[] = [];
	let table = '';
	let kubeLines = 0;
	for (const line of linesOf(section)) {
		const chain = parseChain(line, table);
		const rule = parseRule(line, table);
		if (line.startsWith('*')) {
			table = line.slice(1);
		} else if (chain) {
			chains.push(chain);
		} else if (rule) {
			rules.push(rule);
		} else if (line.startsWith('kube ')) {
			kubeLines = Number(line.slice(5));
		}
	}

	return {
		backend: section.words[0] === 'nf_tables' ? 'nf_tables' : 'legacy', chains, rules, kubeLines,
	};
};

/** What iptables-save printed, of each backend that is loaded. */
export const parseIptables = (point: string, sections: readonly Section[]): Known<readonly Iptables[]> => {
	const done = findSection(sections, 'iptables-done');
	if (!done) {
		return unknown('the script did not get as far as iptables');
	}

	if (findSection(sections, 'iptables-missing')) {
		return unknown(`no iptables-save that could print the rules is installed on ${point}`);
	}

	const backends = sections.filter(({name}) => name === 'iptables');
	const cut = backends.flatMap(section => linesOf(section).filter(line => line.startsWith('cut ')));
	if (cut.length > 0) {
		return unknown(`not all rules of ${point} could be read: iptables-save failed, or there are too many (${cut.map(line => line.slice(4)).join(', ')})`);
	}

	return known(backends.map(section => parseBackend(section)), originOf(point, 'iptables-save -c', backends.flatMap(section => linesOf(section)).join('\n')));
};

const formatIpv6 = (groups: string): string => new URL(`http://[${groups.toLowerCase()}]/`).hostname.slice(1, -1);

/** `0A62ABB2:1F90` or `[2001:0DB8:…]:1F90` of /proc/net/ip_vs. */
const parseAddress = (word: string): {readonly ip: string; readonly port: number} => {
	const port = Number.parseInt(word.slice(word.lastIndexOf(':') + 1), 16);
	const address = word.slice(0, word.lastIndexOf(':'));
	if (/^\[[0-9:a-f]+\]$/iv.test(address)) {
		return {ip: formatIpv6(address.slice(1, -1)), port};
	}

	return {ip: (address.match(/../gv) ?? []).map(pair => Number.parseInt(pair, 16)).join('.'), port};
};

const isProtocol = (word: string): word is VirtualServer['protocol'] => ['TCP', 'UDP', 'SCTP', 'FWM'].includes(word);

/** `pinned 0AF40012 1F90 0AF40013 0050`: client, port of the virtual server, backend and its port, as in /proc/net/ip_vs_conn. */
const parsePinned = (line: string): readonly PinnedClient[] => {
	const [kind, client = '', port = '', ip = '', backendPort = ''] = line.split(' ', 5);
	return kind === 'pinned'
		? [{client: parseAddress(`${client}:${port}`).ip, port: Number.parseInt(port, 16), backend: parseAddress(`${ip}:${backendPort}`)}]
		: [];
};

/** The virtual servers of the target's ClusterIP and how many there are in all (net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_info_seq_show). */
export const parseIpvs = (point: string, section: Section | undefined): {readonly servers: Known<readonly VirtualServer[]>; readonly count: Known<number>; readonly pinned: Known<readonly PinnedClient[]>} => {
	if (!section) {
		const missing: Known<never> = unknown('the script did not get as far as IPVS');
		return {servers: missing, count: missing, pinned: missing};
	}

	const lines = linesOf(section);
	const servers: Array<VirtualServer & {realServers: RealServer[]}> = [];
	let count = 0;
	for (const line of lines) {
		const words = line.trim().split(/ +/v);
		if (isProtocol(words[0])) {
			servers.push({
				protocol: words[0], ...parseAddress(words[1] ?? ''), scheduler: words[2] ?? '', realServers: [],
			});
		} else if (words[0] === '->') {
			servers.at(-1)?.realServers.push({
				...parseAddress(words[1] ?? ''), weight: Number(words[3]), active: Number(words[4]), inactive: Number(words[5]),
			});
		} else if (words[0] === 'count') {
			count = Number(words[1]);
		}
	}

	const origin = originOf(point, 'cat /proc/net/ip_vs', lines.join('\n'));
	const pinned = lines.flatMap(line => parsePinned(line));
	return {
		servers: known(servers, origin), count: known(count, origin), pinned: known(pinned, originOf(point, 'cat /proc/net/ip_vs_conn', lines.filter(line => line.startsWith('pinned ')).join('\n'))),
	};
};

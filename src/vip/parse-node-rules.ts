import {readIptablesServices} from '../datapath/iptables-services.ts';
import {readNftablesServices} from '../datapath/nftables-services.ts';
import type {ServiceRule} from '../datapath/service-rule.ts';
import type {VirtualServer} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {parseIpvs} from '../evidence/parse-rules.ts';
import {
	type Section,
	findSection,
	linesOf,
	readSections,
	valuesOf,
} from '../evidence/sections.ts';
import {fromHexDigits} from '../hex-address.ts';
import type {NodeRules, RuleTable} from './node-rules.ts';

const fromVirtualServer = ({ip, port, protocol, realServers}: VirtualServer): ServiceRule => ({
	ip,
	port,
	protocol,
	backends: realServers.map(({ip: backendIp, port: backendPort, weight}) => ({ip: backendIp, port: backendPort, weight})),
	name: undefined,
	isLocalOnly: false,
});

const readIpvs = (node: string, section: Section | undefined): RuleTable => {
	const {servers, count} = parseIpvs(node, section);
	return {mode: 'ipvs', services: (valueOf(servers) ?? []).map(server => fromVirtualServer(server)), count: valueOf(count) ?? 0};
};

const countOf = (section: Section): number => Number(valuesOf(section, 'count').at(0) ?? 0);

const readTable = (section: Section): RuleTable => {
	const text = section.lines.join('\n');
	return section.name === 'nftables'
		? {mode: 'nftables', services: readNftablesServices(text), count: countOf(section)}
		: {mode: 'iptables', services: readIptablesServices(text), count: countOf(section)};
};

const programs: Readonly<Record<string, string>> = {nftables: 'nft list table', iptables: 'iptables-save'};

const describeUnread = (sections: readonly Section[]): readonly string[] => [
	...(sections.at(-1)?.name === 'end' ? [] : ['the output ended too early']),
	...sections.filter(({name}) => name === 'missing').map(({words}) => `${words.join(' ')} is not installed`),
	...sections.filter(({name, lines}) => name in programs && lines.includes('failed')).map(({name}) => `${programs[name]} failed`),
];

const parseIp = (text: string): string => (/^[\da-f]{32}$/v.test(text) ? fromHexDigits(text) ?? text : text);

/** What vip.sh printed on a node. Never throws, whatever the text is. */
export const parseNodeRules = (node: string, text: string): NodeRules => {
	const sections = readSections(text);
	const host = findSection(sections, 'host');
	const addresses = linesOf(findSection(sections, 'addresses')).map(line => line.split(' '));
	return {
		node,
		kernel: valuesOf(host, 'kernel').at(0) ?? '',
		proxies: [...new Set(valuesOf(host, 'proxy'))],
		tables: [
			...sections.filter(({name}) => name === 'iptables' || name === 'nftables').map(section => readTable(section)),
			readIpvs(node, findSection(sections, 'ipvs')),
		],
		unread: describeUnread(sections),
		podAddresses: addresses.filter(([kind]) => kind === 'pod').map(([, netns = '', ip = '']) => ({netns, ip: parseIp(ip)})),
		ownAddresses: addresses.filter(([kind]) => kind === 'node').map(([, ip = '']) => parseIp(ip)),
	};
};

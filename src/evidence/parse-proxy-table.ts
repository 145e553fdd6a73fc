import {type NftBlock, readNftBlocks} from '../datapath/nft-blocks.ts';
import type {
	IptablesChain,
	IptablesRule,
	Known,
	ProxyTable,
} from './evidence.ts';
import {known, originOf, unknown} from './known.ts';
import {findSection, linesOf, type Section} from './sections.ts';
import {toRules} from './translate-nft-rule.ts';

type Base = {readonly table: string; readonly hook: string};

/** `type nat hook prerouting priority dstnat; policy accept;` */
const baseOf = ({lines}: NftBlock): Base | undefined => {
	const groups = lines.map(line => /^type (?<table>\w+) hook (?<hook>\w+) /v.exec(line)?.groups).find(found => found !== undefined);
	return groups && {table: groups.table, hook: groups.hook.toUpperCase()};
};

/** The rules of one chain; those of a chain that the kernel calls are rules of its hook, others can be called from both tables. */
const rulesOf = (block: NftBlock, blocks: readonly NftBlock[]): readonly IptablesRule[] => {
	const base = baseOf(block);
	const elementsOf = (name: string): readonly string[] => blocks.find(other => other.kind !== 'chain' && other.name === name)?.lines ?? [];
	const places = base ? [{table: base.table, chain: base.hook}] : ['nat', 'filter'].map(table => ({table, chain: block.name}));
	return places.flatMap(place => block.lines
		.filter(line => !/^(?:type|comment) /v.test(line))
		.flatMap(line => toRules(line, elementsOf).map(({words, packets}) => ({
			...place, text: `-A ${place.chain} ${words}`, printed: line, packets,
		}))));
};

const chainsOf = (blocks: readonly NftBlock[]): readonly IptablesChain[] => blocks.flatMap(block => {
	const base = baseOf(block);
	return base
		? [{
			table: base.table, chain: base.hook, policy: 'ACCEPT', packets: 0,
		}]
		: [];
});

/**
 kube-proxy's table of nftables (`nft list table ip kube-proxy`, or ip6) in the words of iptables, in which packets are carried through rules
 (pkg/proxy/nftables/proxier.go). Empty where there is no such table.
 */
export const parseProxyTable = (point: string, sections: readonly Section[]): Known<ProxyTable> => {
	const section = findSection(sections, 'proxy-table');
	const lines = linesOf(section);
	if (!section || lines.some(line => line.startsWith('cut '))) {
		return unknown(section ? `not all rules of nftables mode on ${point} could be read` : `the rules of nftables mode on ${point} were not read`);
	}

	const blocks = readNftBlocks(lines.map(line => line.replace(/^\|/v, '')));
	return known({chains: chainsOf(blocks), rules: blocks.filter(({kind}) => kind === 'chain').flatMap(block => rulesOf(block, blocks))}, originOf(point, 'nft list table ip kube-proxy', lines.join('\n')));
};

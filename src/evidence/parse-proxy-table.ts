import type {
	IptablesChain,
	IptablesRule,
	Known,
	ProxyTable,
} from './evidence.ts';
import {known, originOf, unknown} from './known.ts';
import {findSection, linesOf, type Section} from './sections.ts';
import {toRules} from './translate-nft-rule.ts';

type Block = {readonly kind: string; readonly name: string; readonly lines: readonly string[]};

/** The sets, maps and chains of a table, as nft prints them. */
const readBlocks = (lines: readonly string[]): readonly Block[] => {
	const blocks: Array<{kind: string; name: string; lines: string[]}> = [];
	for (const line of lines) {
		const opening = /^\t(?<kind>set|map|chain) (?<name>\S+) \{/v.exec(line)?.groups;
		if (opening) {
			blocks.push({kind: opening.kind, name: opening.name, lines: []});
		} else if (line.startsWith('\t\t')) {
			blocks.at(-1)?.lines.push(line.trim());
		}
	}

	return blocks;
};

type Base = {readonly table: string; readonly hook: string};

/** `type nat hook prerouting priority dstnat; policy accept;` */
const baseOf = ({lines}: Block): Base | undefined => {
	const groups = lines.map(line => /^type (?<table>\w+) hook (?<hook>\w+) /v.exec(line)?.groups).find(found => found !== undefined);
	return groups && {table: groups.table, hook: groups.hook.toUpperCase()};
};

/** The rules of one chain; those of a chain that the kernel calls are rules of its hook, others can be called from both tables. */
const rulesOf = (block: Block, blocks: readonly Block[]): readonly IptablesRule[] => {
	const base = baseOf(block);
	const elementsOf = (name: string): readonly string[] => blocks.find(other => other.kind !== 'chain' && other.name === name)?.lines ?? [];
	const places = base ? [{table: base.table, chain: base.hook}] : ['nat', 'filter'].map(table => ({table, chain: block.name}));
	return places.flatMap(place => block.lines
		.filter(line => !/^(?:type|comment) /v.test(line))
		.flatMap(line => toRules(line, elementsOf).map(({words, packets}) => ({
			...place, text: `-A ${place.chain} ${words}`, printed: line, packets,
		}))));
};

const chainsOf = (blocks: readonly Block[]): readonly IptablesChain[] => blocks.flatMap(block => {
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

	const blocks = readBlocks(lines.map(line => line.replace(/^\|/v, '')));
	return known({chains: chainsOf(blocks), rules: blocks.filter(({kind}) => kind === 'chain').flatMap(block => rulesOf(block, blocks))}, originOf(point, 'nft list table ip kube-proxy', lines.join('\n')));
};

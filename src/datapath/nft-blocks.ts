/** A set, a map or a chain of a table. */
export type NftBlock = {readonly kind: string; readonly name: string; readonly lines: readonly string[]};

/** Where a machine has no /etc/protocols, nft prints their numbers (IANA). */
const protocols: Readonly<Record<string, string>> = {6: 'tcp', 17: 'udp', 132: 'sctp'};

const nameProtocols = (line: string): string => line.replaceAll(/(?<before> \. |\bl4proto )(?<number>6|17|132)(?= )/gv, (match: string, before: string, number: string) => `${before}${protocols[number] ?? match}`);

/** The sets, maps and chains in the lines of `nft list table`, each with what stands in it. */
export const readNftBlocks = (lines: readonly string[]): readonly NftBlock[] => {
	const blocks: Array<{kind: string; name: string; lines: string[]}> = [];
	for (const line of lines) {
		const opening = /^\t(?<kind>set|map|chain) (?<name>\S+) \{/v.exec(line)?.groups;
		if (opening) {
			blocks.push({kind: opening.kind, name: opening.name, lines: []});
		} else if (line.startsWith('\t\t')) {
			blocks.at(-1)?.lines.push(nameProtocols(line.trim()));
		}
	}

	return blocks;
};

import type {ChainRule, Ruleset} from '../../src/datapath/ruleset.ts';

/** The whole text of iptables-save as a ruleset, with nothing left out. */
export const readRuleset = (text: string): Ruleset => {
	const chains: Array<Ruleset['chains'][number]> = [];
	const rules: ChainRule[] = [];
	let table = '';
	for (const line of text.split('\n')) {
		const {chain = '', policy = ''} = /^:(?<chain>\S+) (?<policy>\S+)/v.exec(line)?.groups ?? {};
		if (line.startsWith('*')) {
			table = line.slice(1);
		} else if (chain !== '') {
			chains.push({
				table, chain, policy, packets: 0,
			});
		} else if (line.startsWith('-A ')) {
			rules.push({
				table, chain: line.split(' ', 2)[1], text: line, packets: 0,
			});
		}
	}

	return {chains, rules};
};

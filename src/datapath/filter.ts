import {type Ending, walkTable} from './chain.ts';
import type {HookPacket} from './rule.ts';
import type {Ruleset} from './ruleset.ts';

/** A chain of the filter table that the kernel calls: for packets to the node itself, past it, and from it. */
export type FilterHook = 'INPUT' | 'FORWARD' | 'OUTPUT';

/** What a ruleset does to a packet, and by which rule or policy. `packets` is that rule's counter. */
export type FilterVerdict =
	| {readonly does: 'accept'}
	| {readonly does: 'drop' | 'reject'; readonly by: string; readonly packets: number}
	| {readonly does: 'unknown'; readonly because: string};

const toVerdict = ({does, by, packets}: Ending): FilterVerdict => {
	if (does === 'unknown') {
		return {does, because: by};
	}

	return does === 'drop' || does === 'reject' ? {does, by, packets} : {does: 'accept'};
};

/** What one chain of the filter table of one iptables does to a packet. A chain that is not there (table not loaded) lets everything pass. */
export const walkHook = (ruleset: Ruleset, packet: HookPacket, hook: FilterHook): FilterVerdict => {
	const verdicts = walkTable(ruleset, 'filter', hook, packet).map(ending => toVerdict(ending));
	const doubt = verdicts.find(({does}) => does === 'unknown');
	if (doubt) {
		return doubt;
	}

	const stop = verdicts.find(({does}) => does === 'drop' || does === 'reject');
	if (!stop) {
		return {does: 'accept'};
	}

	return verdicts.every(({does}) => does !== 'accept') ? stop : {does: 'unknown', because: `a rule of ${hook} asks for something that cannot be told beforehand`};
};

/** Both iptables of a node (legacy and nf_tables) see every packet: a drop in either is a drop. */
export const walkRulesets = (rulesets: readonly Ruleset[], packet: HookPacket, hook: FilterHook = 'FORWARD'): FilterVerdict => {
	const verdicts = rulesets.map(ruleset => walkHook(ruleset, packet, hook));
	return verdicts.find(({does}) => does === 'drop' || does === 'reject') ?? verdicts.find(({does}) => does === 'unknown') ?? {does: 'accept'};
};

import type {Iptables, IptablesRule} from '../../evidence/evidence.ts';
import {type ForwardedPacket, parseRule} from './rule.ts';

/** A chain of the filter table that the kernel calls: for packets to the node itself, past it, and from it. */
export type FilterHook = 'INPUT' | 'FORWARD' | 'OUTPUT';

/** What a ruleset does to a packet, and by which rule or policy. `packets` is that rule's counter. */
export type ForwardVerdict =
	| {readonly does: 'accept'}
	| {readonly does: 'drop' | 'reject'; readonly by: string; readonly packets: number}
	| {readonly does: 'unknown'; readonly because: string};

/** Where a packet can end. return: at the chain's end · fall: past a rule whose chain returned. */
type Ending = ForwardVerdict | {readonly does: 'return' | 'fall'};

type Walk = {readonly ruleset: Iptables; readonly packet: ForwardedPacket; readonly depth: number};

/** Targets that let the packet go on to the next rule (iptables-extensions(8)). */
const passingTargets: ReadonlySet<string> = new Set([
	'LOG', 'NFLOG', 'ULOG', 'MARK', 'CONNMARK', 'SECMARK', 'CONNSECMARK', 'TRACE', 'TCPMSS', 'SET', 'CT', 'NOTRACK', 'CHECKSUM', 'AUDIT', 'RATEEST',
]);

/** Targets that take the packet out of the chain to somewhere that the rules do not tell. */
const takingTargets: ReadonlySet<string> = new Set(['NFQUEUE', 'QUEUE', 'SYNPROXY', 'TARPIT', 'TEE', 'TPROXY', 'STEAL']);

const maxDepth = 16;

/** A chain without rules returns at once. The filter table is read whole, but for kube-proxy's chains that reject Services without endpoints. */
const endingsOfChain = (chain: string, {text}: IptablesRule, walk: Walk): readonly Ending[] => {
	const isUnderstood = !takingTargets.has(chain) && !chain.startsWith('-g ') && walk.depth < maxDepth;
	return isUnderstood
		? walkChain(chain, {...walk, depth: walk.depth + 1}).map(ending => (ending.does === 'return' ? {does: 'fall'} : ending))
		: [{does: 'unknown', because: `what "${text}" does cannot be told from the rules`}];
};

const endingsOfTarget = (target: string, rule: IptablesRule, walk: Walk): readonly Ending[] => {
	switch (target) {
		case 'ACCEPT': {
			return [{does: 'accept'}];
		}

		case 'DROP':
		case 'REJECT': {
			return [{does: target === 'DROP' ? 'drop' : 'reject', by: `the rule "${rule.text}"`, packets: rule.packets}];
		}

		case 'RETURN': {
			return [{does: 'return'}];
		}

		default: {
			return endingsOfChain(target, rule, walk);
		}
	}
};

/** Every end that a packet can come to in a chain: several where a rule asks for something that is not known of the packet. */
const walkChain = (chain: string, walk: Walk): readonly Ending[] => {
	const endings: Ending[] = [];
	const rules = walk.ruleset.rules.filter(candidate => candidate.table === 'filter' && candidate.chain === chain);
	for (const rule of rules) {
		const {match, target} = parseRule(rule.text);
		const matched = match(walk.packet);
		if (matched === 'no' || target === undefined || passingTargets.has(target)) {
			continue;
		}

		const ways = endingsOfTarget(target, rule, walk);
		endings.push(...ways.filter(({does}) => does !== 'fall'));
		if (matched === 'yes' && ways.every(({does}) => does !== 'fall')) {
			return endings;
		}
	}

	return [...endings, {does: 'return'}];
};

const policyEnding = ({chains}: Iptables, hook: FilterHook): ForwardVerdict => {
	const base = chains.find(({table, chain}) => table === 'filter' && chain === hook);
	return base?.policy === 'DROP' ? {does: 'drop', by: `the policy DROP of ${hook}`, packets: base.packets} : {does: 'accept'};
};

const isVerdict = (ending: Ending): ending is ForwardVerdict => ending.does !== 'return' && ending.does !== 'fall';

/** What one chain of the filter table of one iptables does to a packet. A chain that is not there (table not loaded) lets everything pass. */
export const walkHook = (ruleset: Iptables, packet: ForwardedPacket, hook: FilterHook): ForwardVerdict => {
	const verdicts = walkChain(hook, {ruleset, packet, depth: 0}).map(ending => (isVerdict(ending) ? ending : policyEnding(ruleset, hook)));
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
export const walkRulesets = (rulesets: readonly Iptables[], packet: ForwardedPacket, hook: FilterHook = 'FORWARD'): ForwardVerdict => {
	const verdicts = rulesets.map(ruleset => walkHook(ruleset, packet, hook));
	return verdicts.find(({does}) => does === 'drop' || does === 'reject') ?? verdicts.find(({does}) => does === 'unknown') ?? {does: 'accept'};
};

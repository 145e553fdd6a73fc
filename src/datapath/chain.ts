import {type HookPacket, type Rule, parseRule} from './rule.ts';
import type {ChainRule, Ruleset} from './ruleset.ts';

/** The tables that are followed. */
export type Table = 'nat' | 'filter';

/** One way in which a packet can leave a table's hook, and what decided it. */
export type Ending = {
	readonly does: 'accept' | 'drop' | 'reject' | 'dnat' | 'snat' | 'masquerade' | 'unknown';
	/** `the rule "…"`, `the policy DROP of FORWARD`; of unknown: why. */
	readonly by: string;
	/** That rule's or policy's counter. */
	readonly packets: number;
	/** The packet's mark by then, and the rule that set it last. */
	readonly mark: number;
	readonly markedBy: string | undefined;
	/** Where dnat and snat lead: `10.244.0.19:80`. */
	readonly to: string | undefined;
};

/** A packet on its way through a chain: marks are all that changes there. */
type Way = Pick<Ending, 'mark' | 'markedBy'>;

const printedOf = ({printed, text}: ChainRule): string => printed ?? text;

type Walk = {readonly ruleset: Ruleset; readonly table: Table; readonly packet: HookPacket; readonly depth: number};

/** Where a chain or a rule leads: to ends, or on to the next rule. `returned` goes back to the calling chain. */
type Result = {readonly endings: readonly Ending[]; readonly returned: readonly Way[]; readonly next: readonly Way[]};

/** Targets that let the packet go on to the next rule (iptables-extensions(8)). */
const passingTargets: ReadonlySet<string> = new Set([
	'LOG', 'NFLOG', 'ULOG', 'CONNMARK', 'SECMARK', 'CONNSECMARK', 'TRACE', 'TCPMSS', 'SET', 'CT', 'NOTRACK', 'CHECKSUM', 'AUDIT', 'RATEEST',
]);

/** Targets that take the packet out of the chain to somewhere that the rules do not tell. */
const takingTargets: ReadonlySet<string> = new Set(['NFQUEUE', 'QUEUE', 'SYNPROXY', 'TARPIT', 'TEE', 'TPROXY', 'STEAL', 'REDIRECT', 'NETMAP']);

const endings: Readonly<Record<string, Ending['does']>> = {
	ACCEPT: 'accept', DROP: 'drop', REJECT: 'reject', DNAT: 'dnat', SNAT: 'snat', MASQUERADE: 'masquerade',
};

const maxDepth = 16;

const numbers = (text: string): readonly [value: number, mask: number] => {
	const [value, mask = 0xFF_FF_FF_FF] = text.split('/').map(Number);
	return [value, mask];
};

/** `--set-xmark value/mask` is how iptables-save prints every way of marking; `--set-mark` sets the bits of the value beside (xt_mark.c). */
const markWith = (mark: number, options: Rule['options']): number => {
	const [value, mask] = numbers(options['--set-xmark'] ?? options['--set-mark'] ?? options['--or-mark'] ?? '0/0');
	return ((mark & ~mask) ^ value) >>> 0;
};

const doubtful = (by: string, way: Way): Ending => ({
	does: 'unknown', by, packets: 0, ...way, to: undefined,
});

const endAll = (ending: Ending): Result => ({endings: [ending], returned: [], next: []});

/** A chain without rules returns at once, unless its rules were left out. */
const enterChain = (chain: string, rule: ChainRule, way: Way, walk: Walk): Result => {
	const {ruleset, table, packet, depth} = walk;
	if (takingTargets.has(chain) || chain.startsWith('-g ') || depth >= maxDepth) {
		return endAll(doubtful(`what "${printedOf(rule)}" does cannot be told from the rules`, way));
	}

	const {endings: ends, returned} = walkChain(chain, way, {...walk, depth: depth + 1});
	const isLeftOut = ruleset.isLeftOut?.(table, chain, packet) === true;
	return {endings: isLeftOut ? [...ends, doubtful(`the rules of ${chain} are not among those that were read`, way)] : ends, returned: [], next: returned};
};

const applyRule = (rule: ChainRule, {target = '', options}: Rule, way: Way, walk: Walk): Result => {
	if (target === '' || passingTargets.has(target)) {
		return {endings: [], returned: [], next: [way]};
	}

	if (target === 'MARK') {
		return {endings: [], returned: [], next: [{mark: markWith(way.mark, options), markedBy: printedOf(rule)}]};
	}

	if (target === 'RETURN') {
		return {endings: [], returned: [way], next: []};
	}

	return target in endings
		? endAll({
			does: endings[target], by: `the rule "${printedOf(rule)}"`, packets: rule.packets, ...way, to: options['--to-destination'] ?? options['--to-source'],
		})
		: enterChain(target, rule, way, walk);
};

// Every packet meets the same rules, of which there can be thousands.
const parsedRules = new WeakMap<ChainRule, Rule>();

const parseOnce = (rule: ChainRule): Rule => {
	const parsed = parsedRules.get(rule) ?? parseRule(rule.text);
	parsedRules.set(rule, parsed);
	return parsed;
};

const walkRule = (rule: ChainRule, way: Way, walk: Walk): Result => {
	const parsed = parseOnce(rule);
	const matched = parsed.match({...walk.packet, mark: way.mark});
	if (matched === 'no') {
		return {endings: [], returned: [], next: [way]};
	}

	const result = applyRule(rule, parsed, way, walk);
	return matched === 'yes' ? result : {...result, next: [...result.next, way]};
};

const uniqueWays = (ways: readonly Way[]): readonly Way[] => new Map(ways.map(way => [way.mark, way])).values().toArray();

/** Every end that a packet can come to in a chain: several where a rule asks for something that is not known of the packet. */
const walkChain = (chain: string, start: Way, walk: Walk): Result => {
	const ends: Ending[] = [];
	const returned: Way[] = [];
	let ways: readonly Way[] = [start];
	const rules = walk.ruleset.rules.filter(candidate => candidate.table === walk.table && candidate.chain === chain);
	for (const rule of rules) {
		const results = ways.map(way => walkRule(rule, way, walk));
		ends.push(...results.flatMap(result => result.endings));
		returned.push(...results.flatMap(result => result.returned));
		ways = uniqueWays(results.flatMap(({next}) => next));
	}

	return {endings: ends, returned: uniqueWays([...returned, ...ways]), next: []};
};

/** What comes of a packet at a hook of a table, in every way that the rules allow. A table that is not there lets everything pass. */
export const walkTable = (ruleset: Ruleset, table: Table, hook: string, packet: HookPacket): readonly Ending[] => {
	const {endings: ends, returned} = walkChain(hook, {mark: packet.mark, markedBy: undefined}, {
		ruleset, table, packet, depth: 0,
	});
	const base = ruleset.chains.find(chain => chain.table === table && chain.chain === hook);
	const isDropping = base?.policy === 'DROP';
	const by = isDropping ? `the policy DROP of ${hook}` : `no rule of ${hook} stops it`;
	const does = isDropping ? 'drop' : 'accept';
	return [...ends, ...returned.map((way): Ending => ({
		does, by, packets: base?.packets ?? 0, ...way, to: undefined,
	}))];
};

import {type Ending, walkTable} from './chain.ts';
import {type FilterHook, walkRulesets} from './filter.ts';
import {
	type Journey,
	type Stage,
	doubt,
	lose,
	note,
} from './journey.ts';
import type {HookPacket} from './rule.ts';
import type {Ruleset} from './ruleset.ts';
import type {Address, NodeView} from './world.ts';

/** The devices that a packet comes in by and goes out by; undefined where it is none of the node's bridges. */
export type Devices = Pick<HookPacket, 'inInterface' | 'outInterface'>;

export const noDevices: Devices = {inInterface: undefined, outInterface: undefined};

const ownAddresses = ({ip, addresses, bridges}: NodeView): readonly string[] =>
	[...(ip === undefined ? [] : [ip]), ...addresses.map(own => own.ip), ...bridges.flatMap(bridge => bridge.addresses)];

/** What IPVS translates is no DNAT to conntrack, or it is, by its version and settings. */
const isTranslatedBy = ({translations}: Pick<Journey, 'translations'>, {name}: NodeView): boolean | undefined => {
	const own = translations.filter(({node, kind}) => node === name && kind === 'DNAT');
	return own.some(({by}) => by === 'IPVS') ? undefined : own.length > 0;
};

/** A packet as rules of a node see it. */
export const toHookPacket = ({packet, direction, translations}: Pick<Journey, 'packet' | 'direction' | 'translations'>, node: NodeView, devices: Devices): HookPacket => ({
	source: packet.source.ip,
	destination: packet.destination.ip,
	protocol: packet.protocol,
	destinationPort: packet.destination.port,
	state: direction === 'request' ? 'NEW' : 'ESTABLISHED',
	mark: packet.mark,
	...devices,
	bridges: node.bridges.map(({name}) => name),
	isTranslated: isTranslatedBy({translations}, node),
	local: ownAddresses(node),
	sets: node.sets,
});

/** Where a packet learns of a REJECT, by what the rule answers with (iptables-extensions(8)). */
const answerOf = (by: string): 'refused' | 'unreachable' => (/--reject-with (?!icmp6?-port|icmp-proto|tcp-reset)/v.test(by) ? 'unreachable' : 'refused');

/** The rule by itself, where a rule decided. */
export const bareRule = (by: string): string | undefined => /^the rule "(?<text>.*)"$/sv.exec(by)?.groups?.text;

/** The rule that lets a packet pass; undefined where none has to, or where it can be one or another. */
const passingRule = (rulesets: readonly Ruleset[], hook: FilterHook, packet: HookPacket): string | undefined => {
	const deciding = rulesets.map(ruleset => new Set(walkTable(ruleset, 'filter', hook, packet).map(ending => bareRule(ending.by))));
	return deciding.flatMap(by => (by.size === 1 ? [...by] : [])).find(by => by !== undefined);
};

const passFilter = (journey: Journey, node: NodeView, hook: FilterHook, by: string | undefined): Journey => (node.unreadTables.length === 0
	? note(journey, {
		node: node.name, stage: hook, by, because: by === undefined ? 'no rule stops it' : 'let through',
	})
	: doubt(journey, {node: node.name, stage: hook, because: `rules of ${node.unreadTables.join(', ')} (nftables) were not read`}));

/** One chain of the filter table. */
export const filter = (node: NodeView, hook: FilterHook, devices: Devices): Stage => journey => {
	const {rulesets} = node;
	const told = {node: node.name, stage: hook};
	if ('unknown' in rulesets) {
		return [doubt(journey, {...told, because: rulesets.unknown})];
	}

	const packet = toHookPacket(journey, node, devices);
	const verdict = walkRulesets(rulesets.value, packet, hook);
	if (verdict.does === 'accept') {
		return [passFilter(journey, node, hook, passingRule(rulesets.value, hook, packet))];
	}

	return [verdict.does === 'unknown'
		? doubt(journey, {...told, because: verdict.because})
		: lose(journey, {...told, by: bareRule(verdict.by) ?? verdict.by, because: verdict.does === 'drop' ? 'dropped without a word' : 'rejected'}, verdict.does === 'drop' ? 'timeout' : answerOf(verdict.by))];
};

/** How the nat table of a hook can end for a packet; of two iptables the one that translates. Why, where that cannot be told. */
export const walkNat = (node: NodeView, hook: string, packet: HookPacket): {readonly endings: readonly Ending[]} | {readonly unknown: string} => {
	const {rulesets} = node;
	if ('unknown' in rulesets) {
		return rulesets;
	}

	const walked = rulesets.value.map(ruleset => walkTable(ruleset, 'nat', hook, packet));
	// A ruleset that lets the packet be as it is, but for marks, leaves it to the other.
	const translating = walked.filter(endings => endings.some(({does, mark}) => does !== 'accept' || mark !== packet.mark));
	if (translating.length > 1) {
		return {unknown: `${hook} of both iptables, legacy and nf_tables, would translate it, and which comes first is not known`};
	}

	const endings = translating.at(0) ?? walked.at(0) ?? [];
	const doubtful = endings.find(({does}) => ['unknown', 'drop', 'reject'].includes(does));
	return doubtful ? {unknown: doubtful.does === 'unknown' ? doubtful.by : `${doubtful.by} would stop it in the nat table`} : {endings};
};

/** Whether all endings mean the same. */
export const isAlike = (endings: readonly Ending[]): boolean =>
	endings.every(({does, mark, to}) => does === endings[0].does && mark === endings[0].mark && to === endings[0].to);

/** `10.244.0.19:80`, `[fd00::13]:80`, `10.244.0.19`, `:8080`: the address that a rule translates to, and what it leaves as it is. */
export const readDestination = (text: string, otherwise: Address): Address | undefined => {
	const {ip6, ip, port} = /^(?:\[(?<ip6>[\d.:a-f]+)\]|(?<ip>[\d.]+))?(?::(?<port>\d+))?$/v.exec(text)?.groups ?? {};
	return ip6 === undefined && ip === undefined && port === undefined
		? undefined
		: {ip: ip6 ?? ip ?? otherwise.ip, port: port === undefined ? otherwise.port : Number(port)};
};

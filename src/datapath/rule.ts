import {isInCidr, isInInterval} from './cidr.ts';

/** A packet at a hook of a node, as far as it is known before it is sent. */
export type HookPacket = {
	/** Undefined where another node, or masquerading there, chose it; likewise the destination of an answer to that. */
	readonly source: string | undefined;
	readonly destination: string | undefined;
	readonly protocol: 'tcp' | 'udp' | 'sctp';
	/** Undefined in the reply, whose destination port is the client's. */
	readonly destinationPort: number | undefined;
	readonly state: 'NEW' | 'ESTABLISHED';
	readonly mark: number;
	/** Undefined where it is none of the node's bridges: a tunnel, or the uplink. */
	readonly inInterface: string | undefined;
	readonly outInterface: string | undefined;
	/** Names of the node's bridges. */
	readonly bridges: readonly string[];
	/** Whether conntrack of the node translated its destination; undefined where that is not known. */
	readonly isTranslated?: boolean | undefined;
	/** The node's own addresses; undefined where nobody asked. */
	readonly local?: readonly string[];
	/** Members of the ipsets that are known, as ipset prints them: `10.244.0.19,tcp:80,10.244.0.19`. */
	readonly sets?: Readonly<Record<string, readonly string[]>>;
};

/** The bit that kube-proxy marks with for masquerading (masqueradeBit 14). */
export const masqueradeMark = 0x40_00;

/** `maybe`: the rule asks for something that is not known of the packet, or in words that are not understood. */
export type Match = 'yes' | 'no' | 'maybe';

export type Rule = {
	readonly match: (packet: HookPacket) => Match;
	readonly target: string | undefined;
	/** What follows the target: `--to-destination`, `--set-xmark`. */
	readonly options: Readonly<Record<string, string>>;
};

type Test = (packet: HookPacket) => Match;

const certainly = (isTrue: boolean): Match => (isTrue ? 'yes' : 'no');

const ifKnown = <T>(value: T | undefined, isMatching: (value: T) => boolean): Match => (value === undefined ? 'maybe' : certainly(isMatching(value)));

const matchCidrs = (address: string | undefined, text: string): Match => {
	const answers = new Set(text.split(',').map(cidr => (address === undefined ? undefined : (cidr.includes('-') ? isInInterval : isInCidr)(address, cidr))));
	return answers.has(true) ? 'yes' : (answers.has(undefined) ? 'maybe' : 'no');
};

const matchInterface = (name: string | undefined, pattern: string, bridges: readonly string[]): Match => {
	if (name !== undefined) {
		return certainly(pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern);
	}

	return bridges.includes(pattern) ? 'no' : 'maybe';
};

const matchPorts = (port: number | undefined, text: string): Match => ifKnown(port, known => text.split(',').some(range => {
	const [first, last = first] = range.split(':').map(Number);
	return known >= first && known <= last;
}));

/** conntrack knows more states than a first or an answering packet can have; SNAT depends on rules that come later, and DNAT on those that came before. */
const matchStates = ({state, isTranslated}: HookPacket, text: string): Match => {
	const states = new Set(text.split(','));
	const isMatching = states.has(state) || (isTranslated === true && states.has('DNAT'));
	const isOpen = states.has('SNAT') || (isTranslated === undefined && states.has('DNAT'));
	return isMatching ? 'yes' : (isOpen ? 'maybe' : 'no');
};

/** `value[/mask]`, as iptables-save prints marks. */
const matchMark = (mark: number, text: string): Match => {
	const [value, mask = 0xFF_FF_FF_FF] = text.split('/').map(Number);
	return Number.isNaN(value) || Number.isNaN(mask) ? 'maybe' : certainly(((mark & mask) >>> 0) === value);
};

/** `NAME dst,dst,src`: a member is an address, then `protocol:port` and the other address where the set has more than one part. */
const matchSet = ({sets, source, destination, destinationPort, protocol}: HookPacket, text: string): Match => {
	const [name, ends = ''] = text.split(' ', 2);
	const members = sets?.[name];
	// Of a port nothing but the destination's is known.
	const port = destinationPort === undefined ? undefined : `${protocol}:${destinationPort}`;
	const parts = ends.split(',').map((end, index) => (index === 1 ? (end === 'dst' ? port : undefined) : (end === 'src' ? source : destination)));
	return members === undefined || parts.includes(undefined) ? 'maybe' : certainly(members.includes(parts.join(',')));
};

/** Whether an address is the node's own (addrtype); 127.0.0.0/8 always is. */
const matchLocal = (address: string | undefined, local: readonly string[] | undefined, text: string): Match =>
	(text !== 'LOCAL' || address === undefined || local === undefined ? 'maybe' : certainly(local.includes(address) || address.startsWith('127.')));

const matchProtocol = (protocol: string, text: string): Match => certainly(text === 'all' || text.toLowerCase() === protocol);

const tests: Readonly<Record<string, (packet: HookPacket, value: string) => Match>> = {
	'-s': ({source}, value) => matchCidrs(source, value),
	'-d': ({destination}, value) => matchCidrs(destination, value),
	'-i': ({inInterface, bridges}, value) => matchInterface(inInterface, value, bridges),
	'-o': ({outInterface, bridges}, value) => matchInterface(outInterface, value, bridges),
	'-p': ({protocol}, value) => matchProtocol(protocol, value),
	'--dport': ({destinationPort}, value) => matchPorts(destinationPort, value),
	'--dports': ({destinationPort}, value) => matchPorts(destinationPort, value),
	'--ctstate': (packet, value) => matchStates(packet, value),
	'--state': (packet, value) => matchStates(packet, value),
	'--mark': ({mark}, value) => matchMark(mark, value),
	'--match-set': (packet, value) => matchSet(packet, value),
	'--dst-type': ({destination, local}, value) => matchLocal(destination, local, value),
	'--src-type': ({source, local}, value) => matchLocal(source, local, value),
};

/** Matches that say nothing about the packet, or whose options do. */
const silentModules: ReadonlySet<string> = new Set(['comment', 'conntrack', 'state', 'mark', 'tcp', 'udp', 'multiport', 'set', 'addrtype']);

const negate = (match: Match): Match => (match === 'maybe' ? match : certainly(match === 'no'));

/** Words of a rule; a comment in quotation marks is one word. */
const splitWords = (text: string): readonly string[] => text.matchAll(/"(?<quoted>(?:[^"\\]|\\.)*)"|\S+/gv)
	.map(match => match.groups?.quoted ?? match[0])
	.toArray();

const testOf = (option: string, value: string, isNegated: boolean): Test | undefined => {
	if (option === '--comment' || (option === '-m' && silentModules.has(value))) {
		return undefined;
	}

	const test = tests[option];
	if (test === undefined) {
		return () => 'maybe';
	}

	return packet => (isNegated ? negate(test(packet, value)) : test(packet, value));
};

type Condition = {readonly option: string; readonly value: string; readonly isNegated: boolean};

/** `-m recent --set` takes down who came by, and always matches (xt_recent). */
const rememberingOptions: ReadonlySet<string> = new Set(['--set', '--name', '--mask', '--rsource', '--rdest']);

const withoutRemembering = (conditions: readonly Condition[]): readonly Condition[] => (conditions.some(({option}) => option === '--set')
	? conditions.filter(({option, value}) => !rememberingOptions.has(option) && value !== 'recent')
	: conditions);

const allOf = (matches: readonly Match[]): Match => (matches.includes('no') ? 'no' : (matches.includes('maybe') ? 'maybe' : 'yes'));

/** `! -s 10.0.0.0/8` and the like. An option takes the next word where that is no option itself (`--physdev-is-bridged` takes none). */
const splitConditions = (words: readonly string[]): readonly Condition[] => {
	const conditions: Condition[] = [];
	let index = 0;
	while (index < words.length) {
		const isNegated = words[index] === '!';
		const option = words[index + (isNegated ? 1 : 0)] ?? '';
		index += isNegated ? 2 : 1;
		const hasValue = index < words.length && words[index] !== '!' && !/^-{1,2}[a-z]/v.test(words[index]);
		const size = hasValue ? (option === '--match-set' ? 2 : 1) : 0;
		conditions.push({option, value: words.slice(index, index + size).join(' '), isNegated});
		index += size;
	}

	return conditions;
};

/** Reads a rule as iptables-save prints it; what follows the target are the target's own options. */
export const parseRule = (text: string): Rule => {
	const words = splitWords(text);
	const end = words.findIndex(word => word === '-j' || word === '-g');
	const conditions = splitConditions(words.slice(words[0] === '-A' ? 2 : 0, end === -1 ? undefined : end));
	// The mark of a connection is another than that of its packets.
	const isOfConnection = conditions.some(({option, value}) => option === '-m' && value === 'connmark');
	const asked = withoutRemembering(conditions.map(condition => (isOfConnection && condition.option === '--mark' ? {...condition, option: '--connmark'} : condition))).map(({option, value, isNegated}) => testOf(option, value, isNegated)).filter(test => test !== undefined);
	const target = end === -1 ? undefined : words[end + 1];
	return {
		match: packet => allOf(asked.map(test => test(packet))),
		options: Object.fromEntries(splitConditions(end === -1 ? [] : words.slice(end + 2)).map(({option, value}) => [option, value])),
		// Unlike -j, -g does not come back to the calling chain: no name of a chain, so that it is not understood.
		target: target !== undefined && words[end] === '-g' ? `-g ${target}` : target,
	};
};

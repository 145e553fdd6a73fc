/** A rule in the words of iptables, without its chain. */
export type Translated = {readonly words: string; readonly packets: number};

/** What is asked of a packet: as nft prints it, and in words of iptables. */
const conditions: ReadonlyArray<readonly [RegExp, (groups: Readonly<Record<string, string>>) => string]> = [
	[/^ip6? (?<end>[ds])addr (?<not>!= )?(?<address>[\da-f][\d.\/:a-f]*) /v, ({end, not, address}) => `${not === undefined ? '' : '! '}-${end} ${address}`],
	[/^ip6? (?<end>[ds])addr (?<not>!= )?\{ (?<addresses>[^\}]+) \} /v, ({end, not, addresses}) => `${not === undefined ? '' : '! '}-${end} ${addresses.replaceAll(' ', '')}`],
	[/^(?<protocol>tcp|udp|sctp) dport (?<port>\d+) /v, ({protocol, port}) => `-p ${protocol} --dport ${port}`],
	[/^meta l4proto (?<protocol>tcp|udp|sctp) /v, ({protocol}) => `-p ${protocol}`],
	[/^ct state (?<states>[\w,]+) /v, ({states}) => `-m conntrack --ctstate ${states.toUpperCase()}`],
	[/^meta mark & (?<mask>0x[\da-f]+) == (?<value>0x[\da-f]+) /v, ({mask, value}) => `-m mark --mark ${value}/${mask}`],
];

const verdicts: ReadonlyArray<readonly [RegExp, (groups: Readonly<Record<string, string>>) => string]> = [
	[/^(?:jump|goto) (?<chain>\S+)$/v, ({chain}) => `-j ${chain}`],
	[/^(?<verdict>accept|drop|reject|return)\b.*$/v, ({verdict}) => `-j ${verdict.toUpperCase()}`],
	[/^dnat to (?<address>\S+)$/v, ({address}) => `-j DNAT --to-destination ${address}`],
	[/^masquerade\b.*$/v, () => '-j MASQUERADE'],
	[/^meta mark set meta mark \| (?<mark>0x[\da-f]+)$/v, ({mark}) => `-j MARK --set-xmark ${mark}/${mark}`],
	[/^meta mark set meta mark \^ (?<mark>0x[\da-f]+)$/v, ({mark}) => `-j MARK --set-xmark ${mark}/0x0`],
	[/^update @\S+ \{[^\}]*\}$/v, () => ''],
];

const groupsOf = (pattern: RegExp, text: string): Readonly<Record<string, string>> | undefined => {
	const match = pattern.exec(text);
	return match ? {...match.groups} : undefined;
};

/** What an unknown word asks for cannot be told, so that it may match. */
const unclear = '-m nft';

/** What is not understood takes the packet to somewhere that the rules do not tell. */
const toNowhere = '-j STEAL';

/** Takes conditions from the beginning of a rule, as far as they are understood. */
const splitConditions = (text: string): {readonly asked: readonly string[]; readonly rest: string} => {
	for (const [pattern, translate] of conditions) {
		const groups = groupsOf(pattern, text);
		if (groups) {
			const {asked, rest} = splitConditions(text.replace(pattern, ''));
			return {asked: [translate(groups), ...asked], rest};
		}
	}

	return {asked: [], rest: text};
};

const translateVerdict = (text: string): string | undefined => verdicts.flatMap(([pattern, translate]) => {
	const groups = groupsOf(pattern, text);
	return groups ? [translate(groups)] : [];
}).at(0);

/** `0 : goto endpoint-A, 1 : goto endpoint-B`: any of them, so that each but the last may match. */
const translateChoice = (entries: string): readonly string[] => {
	const targets = entries.split(',').map(entry => translateVerdict(entry.replace(/^[^:]*:/v, '').trim()) ?? toNowhere);
	return targets.map((target, index) => (index === targets.length - 1 ? target : `${unclear} ${target}`));
};

/** `10.98.171.178 . tcp . 8080 comment "default/nginx" : goto service-X` */
const element = /^(?<address>[\d.:a-f]+) \. (?<protocol>tcp|udp|sctp) \. (?<port>\d+)(?: comment "[^"]*")? : (?<verdict>.+)$/v;

const splitElements = (lines: readonly string[]): readonly string[] => lines
	.flatMap(line => line.replace(/^elements = \{ ?/v, '').replace(/ ?\}$/v, '').split(','))
	.map(part => part.trim())
	.filter(part => part !== '');

const translateElements = (lines: readonly string[]): readonly string[] => splitElements(lines).flatMap(text => {
	const groups = groupsOf(element, text);
	return groups ? [`-d ${groups.address} -p ${groups.protocol} --dport ${groups.port} ${translateVerdict(groups.verdict) ?? toNowhere}`] : [];
});

/** Ports of nodes are not among what is read. */
const isOfNodePorts = (text: string): boolean => /@(?:nodeport-ips|[\-a-z]*nodeports)\b/v.test(text);

const translateRest = (rest: string, elementsOf: (name: string) => readonly string[]): readonly string[] => {
	const choice = groupsOf(/^numgen random mod \d+ vmap \{ (?<entries>.*) \}$/v, rest);
	if (choice) {
		return translateChoice(choice.entries);
	}

	const map = groupsOf(/^ip6? daddr \. meta l4proto \. th dport vmap @(?<name>\S+)$/v, rest);
	if (map) {
		return translateElements(elementsOf(map.name));
	}

	const set = groupsOf(/^ip6? daddr @(?<name>\S+) (?<verdict>.*)$/v, rest);
	if (set) {
		return splitElements(elementsOf(set.name)).filter(address => /^[\d.:a-f]+$/v.test(address)).map(address => `-d ${address} ${translateVerdict(set.verdict) ?? toNowhere}`);
	}

	const unread = groupsOf(/^(?<asked>.*) (?<verdict>(?:jump|goto) \S+)$/v, rest);
	return [translateVerdict(rest) ?? (unread ? `${unclear} ${translateVerdict(unread.verdict) ?? toNowhere}` : `${unclear} ${toNowhere}`)];
};

/** One rule as nft prints it, in words of iptables: several where it looks something up. `elementsOf`: the lines of a set or a map. */
export const toRules = (line: string, elementsOf: (name: string) => readonly string[]): readonly Translated[] => {
	if (isOfNodePorts(line)) {
		return [];
	}

	const packets = Number(/ counter packets (?<count>\d+) /v.exec(line)?.groups?.count ?? 0);
	const {asked, rest} = splitConditions(line.replace(/ counter packets \d+ bytes \d+/v, '').replace(/ comment "[^"]*"$/v, ''));
	return translateRest(rest, elementsOf).map(words => ({words: [...asked, words].filter(part => part !== '').join(' '), packets}));
};

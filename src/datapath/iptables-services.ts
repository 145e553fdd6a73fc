import {
	type RuleBackend,
	type ServiceRule,
	parseDestination,
	reachableChains,
	uniqueBackends,
} from './service-rule.ts';

type Rule = {
	readonly chain: string;
	readonly destination: string | undefined;
	readonly protocol: string;
	readonly port: number | undefined;
	readonly comment: string;
	readonly target: string;
	readonly translatesTo: string | undefined;
};

const firstGroup = (text: string, pattern: RegExp): string | undefined => pattern.exec(text)?.groups?.value;

const parseRule = (line: string): Rule | undefined => {
	const chain = firstGroup(line, /^(?:\[\d+:\d+\] )?-A (?<value>\S+) /v);
	const target = firstGroup(line, / -j (?<value>\S+)/v);
	const port = firstGroup(line, / --dport (?<value>\d+)(?: |$)/v);
	return chain === undefined || target === undefined
		? undefined
		: {
			chain,
			destination: firstGroup(line, / -d (?<value>[\d.]+|[\d.:a-f]+)\/(?:32|128) /v),
			protocol: (firstGroup(line, / -p (?<value>\w+) /v) ?? '').toUpperCase(),
			port: port === undefined ? undefined : Number(port),
			comment: firstGroup(line, / --comment (?<value>"[^"]*"|\S+)/v)?.replaceAll('"', '') ?? '',
			target,
			translatesTo: firstGroup(line, / --to-destination (?<value>\S+)/v),
		};
};

const serviceChain = /^KUBE-(?:SVC|SVL|EXT|FW|XLB)-/v;
const followed = /^KUBE-(?:SVC|SVL|EXT|FW|XLB|SEP)-/v;

/** From a Service's chain to the DNAT rules of its endpoints. */
const backendsOf = (chain: string, chains: ReadonlyMap<string, readonly Rule[]>): readonly RuleBackend[] => {
	const rulesOf = (name: string) => chains.get(name) ?? [];
	return uniqueBackends(reachableChains(chain, name => rulesOf(name).map(({target}) => target).filter(target => followed.test(target)))
		.flatMap(name => rulesOf(name))
		.flatMap(({target, translatesTo}) => (target === 'DNAT' ? parseDestination(translatesTo ?? '') ?? [] : [])));
};

// `default/nginx:http cluster IP`; the port's name is left out where it has none, by older kube-proxy without the colon.
const nameOf = (comment: string): string | undefined => firstGroup(comment, /^(?<value>[\d\-.a-z]+\/[\d\-.a-z]+)(?:[ :]|$)/v);

const refusing = new Set(['REJECT', 'DROP']);

/**
 The addresses and ports of Services in the text of iptables-save (either backend), as kube-proxy writes them in its iptables mode:
 KUBE-SERVICES → KUBE-SVC-… (KUBE-SVL-… for local ones only) → KUBE-SEP-… → DNAT, or REJECT where there is no endpoint (pkg/proxy/iptables/proxier.go).
 */
export const readIptablesServices = (text: string): readonly ServiceRule[] => {
	const rules = text.split('\n').map(line => parseRule(line)).filter(rule => rule !== undefined);
	const chains = Map.groupBy(rules, ({chain}) => chain);
	const seen = new Map<string, ServiceRule>();
	for (const {destination, port, protocol, comment, target} of chains.get('KUBE-SERVICES') ?? []) {
		if (destination === undefined || port === undefined || !(serviceChain.test(target) || refusing.has(target))) {
			continue;
		}

		const key = `${destination} ${protocol} ${port}`;
		const backends = backendsOf(target, chains);
		if (backends.length > 0 || !seen.has(key)) {
			seen.set(key, {
				ip: destination, port, protocol, backends, name: nameOf(comment), isLocalOnly: target.startsWith('KUBE-SVL-'),
			});
		}
	}

	return seen.values().toArray();
};

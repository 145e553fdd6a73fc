import type {ServiceRule} from '../datapath/service-rule.ts';
import type {Vip} from '../options.ts';

/** What one of the ways to translate Services holds on a node. */
export type RuleTable = {
	readonly mode: 'iptables' | 'nftables' | 'ipvs';
	/** Of the address that was asked for, whatever the port. */
	readonly services: readonly ServiceRule[];
	/** How many addresses and ports of Services it has in all. */
	readonly count: number;
};

/** What a node's own rules and processes tell without an API server. */
export type NodeRules = {
	readonly node: string;
	readonly kernel: string;
	/** Processes that keep the rules up to date, such as `kube-proxy`. */
	readonly proxies: readonly string[];
	/** Those that see a packet first come first: DNAT in PREROUTING is before IPVS. */
	readonly tables: readonly RuleTable[];
	/** Why some rules could not be read. */
	readonly unread: readonly string[];
	/** Addresses in network namespaces other than the node's. */
	readonly podAddresses: ReadonlyArray<{readonly netns: string; readonly ip: string}>;
	readonly ownAddresses: readonly string[];
};

/** Rules of a node's translation of the Service; undefined where it has none. */
export const findRule = ({tables}: NodeRules, vip: Vip): ServiceRule | undefined => tables
	.flatMap(({services}) => services)
	.find(({ip, port, protocol}) => ip === vip.ip && port === vip.port && protocol === vip.protocol);

/** Where an address is: in the network namespace of a pod, or on the node's own network. */
export type Place = {
	readonly node: string;
	readonly isOwn: boolean;
};

/** Every place that has an address; pods before nodes. */
export const findPlaces = (ip: string, nodes: readonly NodeRules[]): readonly Place[] => [
	...nodes.filter(({podAddresses}) => podAddresses.some(address => address.ip === ip)).map(({node}) => ({node, isOwn: false})),
	...nodes.filter(({ownAddresses}) => ownAddresses.includes(ip)).map(({node}) => ({node, isOwn: true})),
];

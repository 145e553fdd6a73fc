import type {Links} from './arrival.ts';
import type {Route} from './route.ts';
import type {Reading, Ruleset} from './ruleset.ts';

/** An address and a port; undefined where a node chooses it when the packet comes by. */
export type Address = {readonly ip: string | undefined; readonly port: number | undefined};

/** A bridge of a node. */
export type BridgeView = {
	readonly name: string;
	/** Without the length of their prefix. */
	readonly addresses: readonly string[];
	/** Whether its frames meet netfilter: br_netfilter and its switches. */
	readonly isFiltered: Reading<boolean>;
};

type Backend = {readonly ip: string; readonly port: number};

/** A virtual server of IPVS, with the backends that get new connections. */
export type VirtualServerView = {
	readonly ip: string;
	readonly port: number;
	readonly protocol: string;
	readonly backends: readonly Backend[];
	/** Clients that session affinity holds to one of its real servers, whether that gets new connections or not. */
	readonly pinned: ReadonlyArray<{readonly client: string; readonly backend: Backend}>;
};

/** What decides over packets on one node. */
export type NodeView = {
	readonly name: string;
	readonly ip: string | undefined;
	readonly rulesets: Reading<readonly Ruleset[]>;
	/** Tables of nftables whose rules were not read. */
	readonly unreadTables: readonly string[];
	/** Those that are known: KUBE-CLUSTER-IP, KUBE-LOOP-BACK. */
	readonly sets: Readonly<Record<string, readonly string[]>>;
	readonly virtualServers: Reading<readonly VirtualServerView[]>;
	readonly isForwarding: Reading<boolean>;
	/** net.ipv4.vs.conntrack: without it nothing that IPVS sends on is masqueraded. */
	readonly isIpvsTracked: Reading<boolean>;
	readonly bridges: readonly BridgeView[];
	readonly addresses: ReadonlyArray<{readonly device: string; readonly ip: string}>;
	readonly routes: Reading<readonly Route[]>;
	/** Devices whose packets are carried in UDP to another node, and to which port. */
	readonly tunnels: ReadonlyArray<{readonly device: string; readonly port: number}>;
	/** Undefined where they were not read. */
	readonly links: Links | undefined;
};

/** Where something that sends or answers is. `bridge`: the port that a pod is plugged into, undefined where it is on no bridge; of some the port's hairpin_mode is not known; `gateway`: what it sends to for other networks, where that was read. */
export type Place =
	| {readonly kind: 'pod'; readonly node: string; readonly bridge: Reading<{readonly name: string; readonly isHairpin: boolean | undefined} | undefined>; readonly gateway?: string | undefined}
	| {readonly kind: 'node'; readonly node: string}
	| {readonly kind: 'outside'};

/** A pod, a node or somebody outside, by the address. */
export type Host = {
	readonly ip: string;
	readonly label: string;
	readonly place: Place;
	/** Whether somebody there listens on a port; undefined where that is not known. */
	readonly listens: (port: number) => boolean | undefined;
};

export type World = {
	readonly nodes: ReadonlyMap<string, NodeView>;
	readonly hosts: readonly Host[];
};

/** Whose packet is followed: a connection attempt before its first packet is sent. An outsider's comes in at `via`. */
export type Attempt = {
	readonly from: {readonly label: string; readonly ip: string | undefined; readonly place: Place; readonly via?: string};
	readonly to: {readonly ip: string; readonly port: number};
	readonly protocol: 'tcp' | 'udp' | 'sctp';
};

/** A packet between two hooks. */
export type WalkedPacket = {readonly source: Address; readonly destination: Address; readonly protocol: Attempt['protocol']; readonly mark: number};

/** `10.244.0.19:80`, `[fd00::13]:80`, `10.244.0.19`; `a port of its own` is not told. */
export const formatAddress = ({ip, port}: Address): string => {
	if (ip === undefined) {
		return 'the node\'s own address';
	}

	return port === undefined ? ip : `${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
};

export const isSameAddress = (one: Address, two: Address): boolean => one.ip === two.ip && one.port === two.port;

/** Whether an address is one of the node itself. */
export const isOwn = ({ip, addresses, bridges}: NodeView, address: string): boolean =>
	ip === address || addresses.some(own => own.ip === address) || bridges.some(bridge => bridge.addresses.includes(address));

/** Who has an address: a known pod, else the node that calls it its own by more than a virtual server. */
export const hostOf = ({nodes, hosts}: World, address: string): Place | undefined => {
	const host = hosts.find(({ip}) => ip === address);
	const node = nodes.values().find(view => view.ip === address) ?? nodes.values().find(view => isOwn(view, address));
	return host?.place ?? (node && {kind: 'node', node: node.name});
};

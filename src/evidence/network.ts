import type {Route} from '../datapath/route.ts';

export {routeTo} from '../datapath/route.ts';

/** One interface of a node that is no port of a bridge. */
export type NodeInterface = {
	readonly name: string;
	/** As the kernel calls it: `bridge`, `vxlan`; empty for most others. */
	readonly kind: string;
	readonly mtu: number;
	readonly isUp: boolean;
	/** 0 off, 1 strict, 2 loose: the larger one of the interface's own and that of `all` (ip-sysctl.rst). */
	readonly reversePathFilter: number;
};

/** An IPv4 route of the main table. */
export type NodeRoute = Route;

/** What the node found out about a neighbour's address on the link. */
export type Neighbour = {
	readonly ip: string;
	readonly linkAddress: string;
	readonly device: string;
	/** Set by hand, so that it is never asked for anew. */
	readonly isPermanent: boolean;
};

/** How a node sends IPv4 packets to others. */
export type NodeNetwork = {
	readonly interfaces: readonly NodeInterface[];
	readonly routes: readonly NodeRoute[];
	/** Every rule that chooses a table; undefined where they could not be read. */
	readonly rules: readonly string[] | undefined;
	/** Addresses of interfaces, `192.168.26.11/24`. */
	readonly addresses: ReadonlyArray<{readonly device: string; readonly address: string}>;
	/** Of the target's endpoints only. */
	readonly neighbours: readonly Neighbour[];
	/** The UDP ports that its VXLAN devices send to. */
	readonly tunnels: ReadonlyArray<{readonly device: string; readonly port: number}>;
	/** How many packets rp_filter dropped since the node was started. */
	readonly reversePathDrops: number;
};

const plainRule = /^(?:0:\s+from all lookup local|32766:\s+from all lookup main|32767:\s+from all lookup default)$/v;

/** Rules beside the three that every Linux has, which may lead past the main table. */
export const unusualRules = ({rules}: NodeNetwork): readonly string[] => (rules ?? []).filter(rule => !plainRule.test(rule.trim()));

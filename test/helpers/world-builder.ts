import type {Ruleset} from '../../src/datapath/ruleset.ts';
import type {
	Attempt,
	Host,
	NodeView,
	Place,
	World,
} from '../../src/datapath/world.ts';

/** What differs from two healthy nodes, node1 and node2, each with a bridge for its pods. */
export type WorldSettings = {
	readonly rulesets: readonly Ruleset[];
	readonly isBridgeFiltered?: boolean;
	readonly isHairpin?: boolean;
	/** What the pods of node1 send to for other networks. */
	readonly gateway?: string;
	readonly node?: Partial<NodeView>;
};

const route = (network: string, prefix: number, device: string, gateway?: string) => ({
	device, network, prefix, gateway, metric: 0, isRefusing: false,
});

const buildNode = (number: 1 | 2, {rulesets, isBridgeFiltered = true, node}: WorldSettings): NodeView => {
	const [own, other] = number === 1 ? [0, 1] : [1, 0];
	const ip = `192.168.0.${number + 1}`;
	return {
		name: `node${number}`,
		ip,
		rulesets: {value: rulesets},
		unreadTables: [],
		sets: {},
		virtualServers: {value: []},
		isForwarding: {value: true},
		isIpvsTracked: {value: true},
		bridges: [{name: 'cni0', addresses: [`10.180.${own}.254`], isFiltered: {value: isBridgeFiltered}}],
		addresses: [{device: 'eth0', ip}, {device: 'cni0', ip: `10.180.${own}.254`}],
		routes: {
			value: [route(`10.180.${own}.0`, 24, 'cni0'), route(`10.180.${other}.0`, 24, 'eth0', `192.168.0.${number === 1 ? 3 : 2}`), route('192.168.0.0', 24, 'eth0'), route('0.0.0.0', 0, 'eth0', '192.168.0.1')],
		},
		tunnels: [],
		links: undefined,
		...node,
	};
};

const podOn = (node: string, isHairpin: boolean, gateway: string): Place => ({
	kind: 'pod', node, gateway, bridge: {value: {name: 'cni0', isHairpin}},
});

const host = (ip: string, place: Place): Host => ({
	ip, label: `pod ${ip}`, place, listens: () => true,
});

/** Pods 10.180.0.1 and 10.180.0.2 on node1, 10.180.1.3 on node2, and one on node2's own network. */
export const buildWorld = (settings: WorldSettings): World => {
	const {isHairpin = true, gateway = '10.180.0.254'} = settings;
	return {
		nodes: new Map([buildNode(1, settings), buildNode(2, settings)].map(node => [node.name, node])),
		hosts: [
			host('10.180.0.1', podOn('node1', isHairpin, gateway)),
			host('10.180.0.2', podOn('node1', isHairpin, gateway)),
			host('10.180.1.3', podOn('node2', isHairpin, '10.180.1.254')),
			host('192.168.0.3', {kind: 'node', node: 'node2'}),
		],
	};
};

/** An attempt from a pod's address, a node's name, or an address outside, whose packets come in at node1. */
export const buildAttempt = (from: string, [ip, port]: readonly [ip: string, port: number], {hosts, nodes}: World): Attempt => {
	const pod = hosts.find(candidate => candidate.ip === from);
	const place: Place = pod?.place ?? (nodes.has(from) ? {kind: 'node', node: from} : {kind: 'outside'});
	return {
		from: {
			label: from, ip: nodes.has(from) ? undefined : from, place, via: 'node1',
		},
		to: {ip, port},
		protocol: 'tcp',
	};
};

import {onEveryNode, onNode, runBetweenNodes} from '../../helpers/real-cluster.ts';
import {
	type FaultCase,
	loadBridgeNetfilter,
	onAll,
	onFirst,
	vip,
} from './fault-case.ts';

/** A tunnel between k8s1 and k8s2 beside the routes that they have. */
const layTunnel = async (): Promise<void> => {
	await loadBridgeNetfilter();
	const lay = async (own: number, other: number) => onNode(own, `ip link add tunnel type vxlan id 7 dev vec0 dstport 8472 remote 192.168.26.1${other} && ip addr add 10.99.0.${own}/24 dev tunnel && ip link set tunnel up`);
	await Promise.all([lay(1, 2), lay(2, 1)]);
};

const removeTunnel = async (): Promise<void> => {
	await Promise.all([1, 2].map(async node => onNode(node, 'ip link del tunnel 2>/dev/null || true')));
};

const throughTunnel = async (...commands: ReadonlyArray<readonly [node: number, command: string]>): Promise<void> => {
	await layTunnel();
	for (const [node, command] of commands) {
		// eslint-disable-next-line no-await-in-loop
		await onNode(node, command);
	}
};

const onSecond = (command: string) => async (): Promise<void> => {
	await loadBridgeNetfilter();
	await onNode(2, command);
};

const answerByTunnel = [1, 'ip route replace 10.244.2.0/24 via 10.99.0.2'] as const;
const askByTunnel = [2, 'ip route replace 10.244.0.0/24 via 10.99.0.1'] as const;

/** The switch between the nodes, which drops what is larger without a word. */
const setSwitch = (bytes: number) => async (): Promise<void> => {
	await loadBridgeNetfilter();
	await runBetweenNodes('ip', 'link', 'set', 'tap1', 'mtu', String(bytes));
};

/** What a node's kernel does with packets that are on their way. */
export const nodeCases: readonly FaultCase[] = [
	{
		title: 'a rule of INPUT drops the ClusterIP', fault: 'F32', inject: onFirst(`iptables -I INPUT -d ${vip}/32 -p tcp -m tcp --dport 8080 -j DROP`), client: 'mars1', seen: 'timeout', cause: 'firewall-flush-or-block', isInSuite: true,
	},
	{
		// kubelet's own probes leave by OUTPUT as well: under the bridge's address, which is let through.
		title: 'a rule of OUTPUT drops the backend\'s port', fault: 'F32', inject: onFirst('iptables -I OUTPUT ! -s 10.244.0.1/32 -d 10.244.0.0/24 -p tcp -m tcp --dport 80 -j DROP'), client: 'mars1', seen: 'timeout', cause: 'firewall-flush-or-block',
	},
	{
		title: 'a rule of FORWARD drops the backend\'s port', fault: 'F32', inject: onFirst('iptables -I FORWARD -d 10.244.0.0/24 -p tcp -m tcp --dport 80 -j DROP'), client: 'mars2', seen: 'timeout', cause: 'forward-policy-drop', inIptables: {},
	},
	{
		title: 'a rule of FORWARD rejects the backend\'s port', fault: 'F32', inject: onFirst('iptables -I FORWARD -d 10.244.0.0/24 -p tcp -m tcp --dport 80 -j REJECT'), client: 'mars2', seen: 'refused', cause: 'forward-policy-drop', inIptables: {},
	},
	{
		title: 'a rule of FORWARD drops another port', fault: 'decoy', inject: onFirst('iptables -I FORWARD -d 10.244.0.0/24 -p tcp -m tcp --dport 443 -j DROP'), client: 'mars2', seen: 'open', cause: undefined, inIptables: {},
	},
	{
		title: 'FORWARD drops by policy', fault: 'F21', inject: onAll('iptables -P FORWARD DROP'), client: 'mars2', seen: 'timeout', cause: 'forward-policy-drop', inIptables: {},
	},
	{
		title: 'FORWARD drops by policy, and a rule accepts what pods send', fault: 'decoy', inject: onAll('iptables -P FORWARD DROP; iptables -A FORWARD -s 10.244.0.0/16 -j ACCEPT; iptables -A FORWARD -d 10.244.0.0/16 -j ACCEPT'), client: 'mars2', seen: 'open', cause: undefined, inIptables: {},
	},
	{
		title: 'the backend\'s node does not forward', fault: 'F22', inject: onFirst('sysctl -qw net.ipv4.ip_forward=0'), client: 'mars2', seen: 'timeout', cause: 'ip-forward-off', inIptables: {},
	},
	{
		title: 'a rule of INPUT drops the overlay', fault: 'F43', inject: async () => throughTunnel(answerByTunnel, askByTunnel, [1, 'iptables -I INPUT -p udp -m udp --dport 8472 -j DROP']), heal: removeTunnel, client: 'mars2', seen: 'timeout', cause: 'overlay-underlay-blocked', inIptables: {},
	},
	{
		title: 'a rule of INPUT drops the overlay\'s port, and no overlay is there', fault: 'decoy', inject: onFirst('iptables -I INPUT -p udp -m udp --dport 8472 -j DROP'), client: 'mars2', seen: 'open', cause: undefined, inIptables: {},
	},
	{
		title: 'the backend\'s node has no route back to the client\'s pods', fault: 'F43', inject: onFirst('ip route del 10.244.2.0/24'), client: 'mars2', seen: 'timeout', cause: 'pod-route-missing', inIptables: {},
	},
	{
		title: 'the client\'s node has no route to the backend\'s pods', fault: 'F43', inject: onSecond('ip route del 10.244.0.0/24'), client: 'mars2', seen: 'timeout', cause: 'pod-route-missing', inIptables: {},
	},
	{
		title: 'a route to the backend\'s pods takes the detour by a third node', fault: 'decoy', inject: onSecond('ip route replace 10.244.0.0/24 via 192.168.26.13'), client: 'mars2', seen: 'open', cause: undefined, latent: ['pod-route-missing'], inIptables: {},
	},
	{
		title: 'answers leave by a tunnel, and rp_filter is strict', fault: 'F23', inject: async () => throughTunnel(answerByTunnel, [1, 'sysctl -qw net.ipv4.conf.all.rp_filter=1']), heal: removeTunnel, client: 'mars2', seen: 'timeout', cause: 'rp-filter-strict', inIptables: {},
	},
	{
		title: 'answers leave by a tunnel, and rp_filter is loose', fault: 'decoy', inject: async () => throughTunnel(answerByTunnel, [1, 'sysctl -qw net.ipv4.conf.all.rp_filter=2']), heal: removeTunnel, client: 'mars2', seen: 'open', cause: undefined, latent: ['rp-filter-strict'], inIptables: {},
	},
	{
		title: 'rp_filter is strict, and answers leave where packets come in', fault: 'decoy', inject: onFirst('sysctl -qw net.ipv4.conf.all.rp_filter=1'), client: 'mars2', seen: 'open', cause: undefined, inIptables: {},
	},
	{
		// The node itself must go on being reached, and reach its pods: what it sends and gets for itself is not tracked.
		title: 'the conntrack table of the backend\'s node is full', fault: 'F24', inject: onFirst('for ip in 192.168.26.11 10.244.0.1 127.0.0.1; do iptables -t raw -I PREROUTING -d $ip -j CT --notrack; iptables -t raw -I OUTPUT -s $ip -j CT --notrack; done; sysctl -qw net.netfilter.nf_conntrack_max=1'), heal: onFirst('iptables -t raw -F'), client: 'mars2', seen: 'timeout', cause: 'conntrack-table-full', inIptables: {},
	},
	{
		title: 'a rule of INPUT drops the backend\'s port, which is not on the way', fault: 'decoy', inject: onFirst('iptables -I INPUT -p tcp -m tcp --dport 80 -j DROP'), client: 'mars1', seen: 'open', cause: undefined, inIptables: {}, isInSuite: true,
	},
	{
		title: 'what is between the nodes takes 1,400 bytes, and nobody says so', fault: 'F28', inject: setSwitch(1400), heal: setSwitch(1500), client: 'mars2', isSeenByLargeRequest: true, seen: 'stalls', cause: 'mtu-blackhole', inIptables: {},
	},
	{
		title: 'the links of nodes take 1,400 bytes, those of pods 1,500, and the nodes say so', fault: 'decoy', inject: onAll('ip link set vec0 mtu 1400'), heal: async () => onEveryNode('ip link set vec0 mtu 1500'), client: 'mars2', isSeenByLargeRequest: true, seen: 'open', cause: undefined, inIptables: {},
	},
];

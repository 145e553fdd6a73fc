import {kubectl, onEveryNode, onNode} from '../../helpers/real-cluster.ts';

export type Outcome = 'open' | 'timeout' | 'refused';

/** One state of the cluster: how it is made, what a plain connection meets then, and what hairpin must say. */
export type FaultCase = {
	/** As in the table that is kept. */
	readonly title: string;
	/** The fault's number in the catalogue; `decoy` for what looks alarming and does nothing. */
	readonly fault: string;
	readonly inject: () => Promise<void>;
	/** `backend` is the pod behind the Service. */
	readonly client: 'mars1' | 'mars2' | 'backend';
	/** What a connection of bash's, made from the client without hairpin, must meet before hairpin is asked. */
	readonly seen: Outcome;
	readonly cause: string | undefined;
	/** Checks that must be latent, and so are told without being accused. */
	readonly latent?: readonly string[];
};

export const vip = '10.98.171.178';

const loadBridgeNetfilter = async () => onEveryNode('modprobe br_netfilter');

/** After br_netfilter is loaded everywhere, so that nothing but this is wrong. */
const onFirst = (command: string) => async (): Promise<void> => {
	await loadBridgeNetfilter();
	await onNode(1, command);
};

const patchService = (patch: string) => async (): Promise<void> => {
	await loadBridgeNetfilter();
	await kubectl('patch', 'service', 'nginx', '--type=merge', '-p', patch);
};

const stopProxy = 'systemctl stop kube-proxy';
const realServers = `ipvsadm -Ln -t ${vip}:8080 | awk '$1 == "->" && $2 ~ /^[0-9]/ { print $2 }'`;

/** The kernel needs a moment where kube-proxy has to follow the API: the probe that must see the fault waits for it. */
export const faultCases: readonly FaultCase[] = [
	{
		title: 'healthy', fault: 'decoy', inject: loadBridgeNetfilter, client: 'mars1', seen: 'open', cause: undefined,
	},
	{
		title: 'br_netfilter is not loaded', fault: 'F02', inject: async () => undefined, client: 'mars1', seen: 'timeout', cause: 'br-netfilter-not-loaded',
	},
	{
		title: 'kube-proxy is stopped, its rules send to a pod that is gone', fault: 'F14', inject: onFirst(`${stopProxy}; for b in $(${realServers}); do ipvsadm -d -t ${vip}:8080 -r $b; done; ipvsadm -a -t ${vip}:8080 -r 10.244.0.199:80 -m`), client: 'mars1', seen: 'timeout', cause: 'kube-proxy-down-or-stale',
	},
	{
		title: 'a real server has weight 0', fault: 'F14', inject: onFirst(`${stopProxy}; for b in $(${realServers}); do ipvsadm -e -t ${vip}:8080 -r $b -m -w 0; done`), client: 'mars1', seen: 'refused', cause: 'kube-proxy-down-or-stale',
	},
	{
		title: 'kube-proxy is stopped, its rules are still right', fault: 'decoy', inject: onFirst(stopProxy), client: 'mars1', seen: 'open', cause: undefined, latent: ['kube-proxy-down-or-stale'],
	},
	{
		title: 'a rule of INPUT drops the ClusterIP', fault: 'F32', inject: onFirst(`iptables -I INPUT -d ${vip}/32 -p tcp -m tcp --dport 8080 -j DROP`), client: 'mars1', seen: 'timeout', cause: 'firewall-flush-or-block',
	},
	{
		// kubelet's own probes leave by OUTPUT as well: under the bridge's address, which is let through.
		title: 'a rule of OUTPUT drops the backend\'s port', fault: 'F32', inject: onFirst('iptables -I OUTPUT ! -s 10.244.0.1/32 -d 10.244.0.0/24 -p tcp -m tcp --dport 80 -j DROP'), client: 'mars1', seen: 'timeout', cause: 'firewall-flush-or-block',
	},
	{
		title: 'a rule of INPUT drops the overlay', fault: 'F43', inject: onFirst('iptables -I INPUT -p udp -m udp --dport 8472 -j DROP'), client: 'mars2', seen: 'timeout', cause: 'overlay-underlay-blocked',
	},
	{
		title: 'the bridge has an address of another network', fault: 'F29', inject: onFirst('ip addr add 10.244.99.1/24 dev cni0; ip addr del 10.244.0.1/24 dev cni0'), client: 'mars1', seen: 'timeout', cause: 'cni-bridge-ip-mismatch',
	},
	{
		title: 'a rule of INPUT drops the backend\'s port, which ipvs mode does not meet', fault: 'decoy', inject: onFirst('iptables -I INPUT -p tcp -m tcp --dport 80 -j DROP'), client: 'mars1', seen: 'open', cause: undefined,
	},
	{
		title: 'internalTrafficPolicy Local, no endpoint on the client\'s node', fault: 'F33', inject: patchService('{"spec":{"internalTrafficPolicy":"Local"}}'), client: 'mars2', seen: 'refused', cause: 'traffic-policy-local-no-endpoint',
	},
	{
		title: 'internalTrafficPolicy Local, an endpoint on the client\'s node and none on another client\'s', fault: 'F33', inject: patchService('{"spec":{"internalTrafficPolicy":"Local"}}'), client: 'mars1', seen: 'open', cause: 'traffic-policy-local-no-endpoint',
	},
	{
		title: 'sessionAffinity ClientIP', fault: 'decoy', inject: patchService('{"spec":{"sessionAffinity":"ClientIP"}}'), client: 'mars1', seen: 'open', cause: undefined,
	},
	{
		title: 'net.ipv4.vs.conntrack is 0, a pod asks itself', fault: 'F10', inject: onFirst('sysctl -qw net.ipv4.vs.conntrack=0'), client: 'backend', seen: 'timeout', cause: 'ipvs-vs-conntrack-off',
	},
];

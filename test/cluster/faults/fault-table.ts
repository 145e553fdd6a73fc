import {
	kubectl,
	onEveryNode,
	onNode,
	until,
} from '../../helpers/real-cluster.ts';

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
	/** Where the plain connection is made from the client's node itself, and not from its pod. */
	readonly isSeenFromNode?: boolean;
	/** What `cluster reset` does not undo. */
	readonly heal?: () => Promise<void>;
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

const answerByTunnel = [1, 'ip route replace 10.244.2.0/24 via 10.99.0.2'] as const;
const askByTunnel = [2, 'ip route replace 10.244.0.0/24 via 10.99.0.1'] as const;

const policyFile = new URL('deny-all.yaml', import.meta.url).pathname;

/** A policy that lets nobody in, and what enforces it on k8s1: nothing, since the bridge plugin does not, or the chains that kube-router would keep. */
const denyAll = (...enforcing: readonly string[]) => async (): Promise<void> => {
	await loadBridgeNetfilter();
	await kubectl('apply', '-f', policyFile);
	await onNode(1, ['true', ...enforcing].join(' && '));
};

const allowAll = async (): Promise<void> => {
	await kubectl('delete', '-f', policyFile, '--ignore-not-found');
};

const enforcement = [
	'iptables -N KUBE-POD-FW-NGINX',
	'iptables -A KUBE-POD-FW-NGINX -s 192.168.26.0/24 -j ACCEPT',
	'iptables -A KUBE-POD-FW-NGINX -s 10.244.0.1/32 -j ACCEPT',
	'iptables -A KUBE-POD-FW-NGINX -j DROP',
	'iptables -I FORWARD -d 10.244.0.0/24 -p tcp -m tcp --dport 80 -j KUBE-POD-FW-NGINX',
] as const;

const stopProxy = 'systemctl stop kube-proxy';
const realServers = `ipvsadm -Ln -t ${vip}:8080 | awk '$1 == "->" && $2 ~ /^[0-9]/ { print $2 }'`;

/** kube-proxy stops before the backend that affinity holds mars1 to is gone, and the kernel is not told to forget. */
const pinToDead = async (): Promise<void> => {
	await patchService('{"spec":{"sessionAffinity":"ClientIP"}}')();
	await until('a persistent virtual server', async () => (await onNode(1, `ipvsadm -Ln -t ${vip}:8080`)).includes('persistent'), 40);
	await onNode(1, `${stopProxy}; sysctl -qw net.ipv4.vs.expire_quiescent_template=0; good=$(${realServers}); ipvsadm -a -t ${vip}:8080 -r 10.244.0.199:80 -m; ipvsadm -e -t ${vip}:8080 -r $good -m -w 0
		for n in /var/run/netns/*; do if nsenter --net=$n ip -o -4 addr show scope global | grep -qF ' 10.244.0.18/'; then nsenter --net=$n timeout 2 bash -c 'exec 3<>/dev/tcp/${vip}/8080'; fi; done
		ipvsadm -e -t ${vip}:8080 -r 10.244.0.199:80 -m -w 0; ipvsadm -e -t ${vip}:8080 -r $good -m -w 1`);
};

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
		title: 'a rule of INPUT drops the overlay', fault: 'F43', inject: async () => throughTunnel(answerByTunnel, askByTunnel, [1, 'iptables -I INPUT -p udp -m udp --dport 8472 -j DROP']), heal: removeTunnel, client: 'mars2', seen: 'timeout', cause: 'overlay-underlay-blocked',
	},
	{
		title: 'a rule of INPUT drops the overlay\'s port, and no overlay is there', fault: 'decoy', inject: onFirst('iptables -I INPUT -p udp -m udp --dport 8472 -j DROP'), client: 'mars2', seen: 'open', cause: undefined,
	},
	{
		title: 'the backend\'s node has no route back to the client\'s pods', fault: 'F43', inject: onFirst('ip route del 10.244.2.0/24'), client: 'mars2', seen: 'timeout', cause: 'pod-route-missing',
	},
	{
		title: 'the client\'s node has no route to the backend\'s pods', fault: 'F43', async inject() {
			await loadBridgeNetfilter();
			await onNode(2, 'ip route del 10.244.0.0/24');
		}, client: 'mars2', seen: 'timeout', cause: 'pod-route-missing',
	},
	{
		title: 'a route to the backend\'s pods takes the detour by a third node', fault: 'decoy', async inject() {
			await loadBridgeNetfilter();
			await onNode(2, 'ip route replace 10.244.0.0/24 via 192.168.26.13');
		}, client: 'mars2', seen: 'open', cause: undefined, latent: ['pod-route-missing'],
	},
	{
		title: 'answers leave by a tunnel, and rp_filter is strict', fault: 'F23', inject: async () => throughTunnel(answerByTunnel, [1, 'sysctl -qw net.ipv4.conf.all.rp_filter=1']), heal: removeTunnel, client: 'mars2', seen: 'timeout', cause: 'rp-filter-strict',
	},
	{
		title: 'answers leave by a tunnel, and rp_filter is loose', fault: 'decoy', inject: async () => throughTunnel(answerByTunnel, [1, 'sysctl -qw net.ipv4.conf.all.rp_filter=2']), heal: removeTunnel, client: 'mars2', seen: 'open', cause: undefined, latent: ['rp-filter-strict'],
	},
	{
		title: 'rp_filter is strict, and answers leave where packets come in', fault: 'decoy', inject: onFirst('sysctl -qw net.ipv4.conf.all.rp_filter=1'), client: 'mars2', seen: 'open', cause: undefined,
	},
	{
		title: 'session affinity holds the client to a backend that is gone', fault: 'F34', inject: pinToDead, client: 'mars1', seen: 'timeout', cause: 'session-affinity-pin',
	},
	{
		title: 'a NetworkPolicy that nothing enforces', fault: 'decoy', inject: denyAll(), heal: allowAll, client: 'mars2', seen: 'open', cause: undefined, latent: ['network-policy-drop'],
	},
	{
		title: 'a NetworkPolicy that is enforced by chains as kube-router keeps them', fault: 'F20', inject: denyAll(...enforcement), heal: allowAll, client: 'mars2', seen: 'timeout', cause: 'network-policy-drop',
	},
	{
		title: 'the address of a node is on kube-ipvs0', fault: 'F36', inject: onFirst(`${stopProxy}; ip addr add 192.168.26.12/32 dev kube-ipvs0`), async heal() {
			await onNode(1, 'ip addr del 192.168.26.12/32 dev kube-ipvs0 2>/dev/null || true');
		}, client: 'mars2', isSeenFromNode: true, seen: 'timeout', cause: 'ipvs-vip-host-conflict',
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

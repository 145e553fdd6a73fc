import {kubectl, onNode, until} from '../../helpers/real-cluster.ts';
import {
	type FaultCase,
	loadBridgeNetfilter,
	onAll,
	onFirst,
	patchService,
	restartProxy,
	setProxy,
	stopProxy,
	vip,
} from './fault-case.ts';

const realServers = `ipvsadm -Ln -t ${vip}:8080 | awk '$1 == "->" && $2 ~ /^[0-9]/ { print $2 }'`;

/** kube-proxy stops before the backend that affinity holds mars1 to is gone, and the kernel is not told to forget. */
const pinToDead = async (): Promise<void> => {
	await patchService('{"spec":{"sessionAffinity":"ClientIP"}}')();
	await until('a persistent virtual server', async () => (await onNode(1, `ipvsadm -Ln -t ${vip}:8080`)).includes('persistent'), 40);
	await onNode(1, `${stopProxy}; sysctl -qw net.ipv4.vs.expire_quiescent_template=0; good=$(${realServers}); ipvsadm -a -t ${vip}:8080 -r 10.244.0.199:80 -m; ipvsadm -e -t ${vip}:8080 -r $good -m -w 0
		for n in /var/run/netns/*; do if nsenter --net=$n ip -o -4 addr show scope global | grep -qF ' 10.244.0.18/'; then nsenter --net=$n timeout 2 bash -c 'exec 3<>/dev/tcp/${vip}/8080'; fi; done
		ipvsadm -e -t ${vip}:8080 -r 10.244.0.199:80 -m -w 0; ipvsadm -e -t ${vip}:8080 -r $good -m -w 1`);
};

/** The backend comes back with another address while kube-proxy of one node is away. */
const moveBackend = (node: number) => async (): Promise<void> => {
	await loadBridgeNetfilter();
	await onNode(node, stopProxy);
	await kubectl('delete', 'pod', '-l', 'app=nginx', '--grace-period=1');
	// The deployment's own status is behind its pods.
	await until('the new pod to be an endpoint', async () => (await kubectl('get', 'endpointslices', '-l', 'kubernetes.io/service-name=nginx', '-o', 'jsonpath={.items[*].endpoints[*].conditions.ready}')).trim() === 'true');
};

/** What kube-proxy writes into the kernel, or does not. */
export const proxyCases: readonly FaultCase[] = [
	{
		title: 'kube-proxy is stopped, its rules send to a pod that is gone', fault: 'F14', inject: onFirst(`${stopProxy}; for b in $(${realServers}); do ipvsadm -d -t ${vip}:8080 -r $b; done; ipvsadm -a -t ${vip}:8080 -r 10.244.0.199:80 -m`), client: 'mars1', seen: 'timeout', cause: 'kube-proxy-down-or-stale',
	},
	{
		title: 'kube-proxy is stopped on the backend\'s node, and the backend got another address', fault: 'F14', inject: moveBackend(1), client: 'mars1', seen: 'timeout', cause: 'kube-proxy-down-or-stale', inIptables: {},
	},
	{
		title: 'kube-proxy is stopped on the client\'s node, and the backend got another address', fault: 'F14', inject: moveBackend(2), client: 'mars2', seen: 'timeout', cause: 'kube-proxy-down-or-stale', inIptables: {},
	},
	{
		title: 'kube-proxy is stopped on the client\'s node, and its rules are gone', fault: 'F14', async inject() {
			await loadBridgeNetfilter();
			await onNode(2, `${stopProxy}; iptables -t nat -F PREROUTING; iptables -t nat -F OUTPUT; ipvsadm -D -t ${vip}:8080 2>/dev/null; ip addr del ${vip}/32 dev kube-ipvs0 2>/dev/null; true`);
		}, client: 'mars2', seen: 'timeout', cause: 'kube-proxy-down-or-stale', inIptables: {},
	},
	{
		title: 'a real server has weight 0', fault: 'F14', inject: onFirst(`${stopProxy}; for b in $(${realServers}); do ipvsadm -e -t ${vip}:8080 -r $b -m -w 0; done`), client: 'mars1', seen: 'refused', cause: 'kube-proxy-down-or-stale',
	},
	{
		title: 'kube-proxy is stopped, its rules are still right', fault: 'decoy', inject: onFirst(stopProxy), client: 'mars1', seen: 'open', cause: undefined, latent: ['kube-proxy-down-or-stale'], inIptables: {},
	},
	{
		title: 'clusterCIDR is another network, which hides that br_netfilter is not loaded', fault: 'F11', async inject() {
			await Promise.all([1, 2, 3].map(async node => onNode(node, `${setProxy('clusterCIDR', '10.200.0.0/16')} && ${restartProxy}`)));
		}, client: 'mars1', seen: 'open', cause: undefined, latent: ['cluster-cidr-wrong', 'br-netfilter-not-loaded'], inIptables: {},
	},
	{
		title: 'the file says another mode than kube-proxy runs in', fault: 'F12', inject: onAll(setProxy('mode', 'nftables')), client: 'mars1', seen: 'open', cause: undefined, latent: ['proxy-mode-not-as-configured'], inIptables: {},
	},
	{
		title: 'chains of iptables mode are left', fault: 'F13', inject: onFirst('iptables -t nat -N KUBE-SEP-AAAAAAAAAAAAAAAA'), client: 'mars1', seen: 'open', cause: undefined, latent: ['proxy-mode-not-as-configured'],
	},
	{
		title: 'session affinity holds the client to a backend that is gone', fault: 'F34', inject: pinToDead, client: 'mars1', seen: 'timeout', cause: 'session-affinity-pin',
	},
	{
		title: 'the address of a node is on kube-ipvs0', fault: 'F36', inject: onFirst(`${stopProxy}; ip addr add 192.168.26.12/32 dev kube-ipvs0`), async heal() {
			await onNode(1, 'ip addr del 192.168.26.12/32 dev kube-ipvs0 2>/dev/null || true');
		}, client: 'mars2', isSeenFromNode: true, seen: 'timeout', cause: 'ipvs-vip-host-conflict',
	},
];

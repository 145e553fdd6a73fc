import {onEveryNode} from '../../helpers/real-cluster.ts';
import {
	type FaultCase,
	addBackends,
	loadBridgeNetfilter,
	onAll,
	onFirst,
	restartProxy,
	setProxy,
	stopProxy,
} from './fault-case.ts';

const turnHairpinOff = 'for port in /sys/class/net/cni0/brif/*; do echo 0 > $port/hairpin_mode; done';
const turnBridgeOff = 'sysctl -qw net.bridge.bridge-nf-call-iptables=0';
const hideModule = 'file=$(find /lib/modules/$(uname -r) -name "br_netfilter.ko*"); mkdir -p /root/hidden; echo $file > /root/hidden/place; mv $file /root/hidden/; depmod';
const showModule = 'if [ -e /root/hidden/place ]; then mv /root/hidden/br_netfilter.ko* $(cat /root/hidden/place); rm -r /root/hidden; depmod; fi';

/** What the bridge, its ports and br_netfilter do, and what hides it. */
export const bridgeCases: readonly FaultCase[] = [
	{
		title: 'healthy', fault: 'decoy', inject: loadBridgeNetfilter, client: 'mars1', seen: 'open', cause: undefined, inIptables: {},
	},
	{
		title: 'br_netfilter is not loaded', fault: 'F02', inject: async () => undefined, client: 'mars1', seen: 'timeout', cause: 'br-netfilter-not-loaded', inIptables: {},
	},
	{
		title: 'br_netfilter is not loaded, and the client is on another node', fault: 'decoy', inject: async () => undefined, client: 'mars2', seen: 'open', cause: undefined, latent: ['br-netfilter-not-loaded'], inIptables: {},
	},
	{
		title: 'bridge-nf-call-iptables is 0', fault: 'F01', inject: onAll(turnBridgeOff), client: 'mars1', seen: 'timeout', cause: 'br-nf-call-iptables-off', inIptables: {},
	},
	{
		title: 'bridge-nf-call-iptables is 0, and the bridge\'s own knob is 1', fault: 'decoy', inject: onAll(`${turnBridgeOff}; echo 1 > /sys/class/net/cni0/bridge/nf_call_iptables`), client: 'mars1', seen: 'open', cause: undefined, inIptables: {},
	},
	{
		title: 'the kernel has no br_netfilter', fault: 'F03', inject: async () => onEveryNode(hideModule), heal: async () => onEveryNode(showModule), client: 'mars1', seen: 'timeout', cause: 'br-netfilter-module-missing',
	},
	{
		title: 'a file of sysctl.d turns bridge-nf-call-iptables off at the next boot', fault: 'F05', inject: onFirst('echo "net.bridge.bridge-nf-call-iptables = 0" > /etc/sysctl.d/99-zzz.conf'), client: 'mars1', seen: 'open', cause: undefined, latent: ['br-nf-reset-at-boot-or-runtime'],
	},
	{
		title: 'masqueradeAll hides that br_netfilter is not loaded', fault: 'F06', inject: async () => onEveryNode(`${setProxy('masqueradeAll', 'true')} && ${restartProxy}`), client: 'mars1', seen: 'open', cause: undefined, latent: ['masquerade-all-masking', 'br-netfilter-not-loaded'], inIptables: {},
	},
	{
		title: 'hairpin_mode is 0, and a pod asks itself', fault: 'F07', inject: onFirst(turnHairpinOff), client: 'backend', seen: 'timeout', cause: 'hairpin-port-off', inIptables: {},
	},
	{
		title: 'hairpin_mode is 0, and another pod asks', fault: 'decoy', inject: onFirst(turnHairpinOff), client: 'mars1', seen: 'open', cause: undefined, inIptables: {},
	},
	{
		title: 'hairpin_mode is 0 while br_netfilter is off, and a pod asks itself', fault: 'decoy', inject: async () => onEveryNode(turnHairpinOff), client: 'backend', seen: 'open', cause: undefined, inIptables: {},
	},
	{
		title: 'nothing masquerades a pod that asks itself', fault: 'F08', inject: onFirst(`${stopProxy}; iptables-save -t nat | sed -n '/KUBE-LOOP-BACK/s/^-A/iptables -t nat -D/p' | sh`), client: 'backend', seen: 'timeout', cause: 'hairpin-no-masquerade',
	},
	{
		title: 'net.ipv4.vs.conntrack is 0, a pod asks itself', fault: 'F10', inject: onFirst('sysctl -qw net.ipv4.vs.conntrack=0'), client: 'backend', seen: 'timeout', cause: 'ipvs-vs-conntrack-off',
	},
	{
		title: 'the bridge has an address of another network', fault: 'F29', inject: onFirst('ip addr add 10.244.99.1/24 dev cni0; ip addr del 10.244.0.1/24 dev cni0'), client: 'mars1', seen: 'timeout', cause: 'cni-bridge-ip-mismatch', inIptables: {},
	},
	{
		title: 'three backends on two nodes, all well', fault: 'decoy', async inject() {
			await loadBridgeNetfilter();
			await addBackends();
		}, client: 'mars1', seen: 'open', cause: undefined, inIptables: {},
	},
];

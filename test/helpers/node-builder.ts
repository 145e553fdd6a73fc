import type {
	BootLine,
	Bridge,
	Iptables,
	IptablesRule,
	Known,
	NodeEvidence,
	Switch,
} from '../../src/evidence/evidence.ts';
import type {NodeNetwork, NodeRoute} from '../../src/evidence/network.ts';
import type {Target} from '../../src/target.ts';

/** What a node of the lab has; see `defaults`. */
export type NodeSettings = {
	readonly bridgeNetfilter?: Switch;
	readonly ip6?: Switch;
	/** The bridge's own switch. */
	readonly bridgeSwitch?: Switch;
	readonly hasModuleFile?: boolean;
	readonly hairpinMode?: 0 | 1;
	readonly ipForward?: 0 | 1;
	readonly mode?: 'ipvs' | 'iptables';
	/** What the file says, where it differs. */
	readonly configuredMode?: string;
	readonly masqueradeAll?: boolean;
	readonly configuredMasqueradeAll?: boolean;
	readonly forwardPolicy?: 'ACCEPT' | 'DROP';
	readonly forwardCounter?: number;
	/** Rules of FORWARD ahead of kube-proxy's. */
	readonly forwardRules?: readonly string[];
	readonly bootModules?: readonly BootLine[];
	readonly bootSysctls?: readonly BootLine[];
	readonly kubeletHairpinMode?: string;
	readonly selfMasquerade?: boolean;
	readonly configAgeSeconds?: number;
	readonly more?: Partial<NodeEvidence>;
};

type Full = Required<Omit<NodeSettings, 'configuredMode' | 'configuredMasqueradeAll'>> & NodeSettings;

const defaults: Full = {
	bridgeNetfilter: 'absent',
	ip6: 'absent',
	bridgeSwitch: 0,
	hasModuleFile: true,
	hairpinMode: 1,
	ipForward: 1,
	mode: 'ipvs',
	masqueradeAll: false,
	forwardPolicy: 'ACCEPT',
	forwardCounter: 0,
	forwardRules: [],
	bootModules: [],
	bootSysctls: [],
	kubeletHairpinMode: 'promiscuous-bridge',
	selfMasquerade: true,
	configAgeSeconds: 60,
	more: {},
};

const startedAt = 1_700_000_000;

const bridgeOf = ({bridgeSwitch, hairpinMode}: Full): Bridge => ({
	name: 'cni0',
	nfCallIptables: bridgeSwitch,
	nfCallIp6tables: 0,
	isPromiscuous: false,
	addresses: ['10.244.0.1/24'],
	ports: [5, 6].map(ifindex => ({name: `veth${ifindex}`, ifindex, hairpinMode})),
});

const rule = (table: string, text: string): IptablesRule => ({
	table, chain: text.split(' ', 2)[1], text, packets: 0,
});

const filterRules = ({forwardRules}: Full): readonly IptablesRule[] => [
	...forwardRules.map(text => rule('filter', text)),
	rule('filter', '-A FORWARD -m comment --comment "kube-proxy firewall rules" -j KUBE-PROXY-FIREWALL'),
	rule('filter', '-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD'),
	rule('filter', '-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name ct_state_invalid_dropped_pkts -j DROP'),
	rule('filter', '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT'),
	rule('filter', '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'),
];

const hookRules: readonly IptablesRule[] = [
	rule('nat', '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES'),
	rule('nat', '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES'),
	rule('nat', '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING'),
	rule('nat', '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000'),
];

const markedRules: readonly IptablesRule[] = [
	rule('nat', '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN'),
	rule('nat', '-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0'),
	rule('nat', '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully'),
];

const ipvsRules = ({masqueradeAll}: Full): readonly IptablesRule[] => [
	rule('nat', '-A KUBE-POSTROUTING -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE'),
	rule('nat', `-A KUBE-SERVICES ${masqueradeAll ? '' : '! -s 10.244.0.0/16 '}-m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ`),
];

const natRules = ({masqueradeAll, selfMasquerade}: Full, {endpoints, service, port}: Target): readonly IptablesRule[] => [
	rule('nat', `-A KUBE-SERVICES -d ${service.clusterIp}/32 -p tcp -m comment --comment "default/nginx cluster IP" -m tcp --dport ${port.port} -j KUBE-SVC-NGINX`),
	rule('nat', `-A KUBE-SVC-NGINX ${masqueradeAll ? '' : '! -s 10.244.0.0/16 '}-d ${service.clusterIp}/32 -p tcp -m comment --comment "default/nginx cluster IP" -m tcp --dport ${port.port} -j KUBE-MARK-MASQ`),
	...endpoints.flatMap(({ip, port: endpointPort}, index) => [
		rule('nat', `-A KUBE-SVC-NGINX -m comment --comment "default/nginx -> ${ip}:${endpointPort}" -j KUBE-SEP-${index}`),
		...(selfMasquerade ? [rule('nat', `-A KUBE-SEP-${index} -s ${ip}/32 -m comment --comment "default/nginx" -j KUBE-MARK-MASQ`)] : []),
		rule('nat', `-A KUBE-SEP-${index} -p tcp -m comment --comment "default/nginx" -m tcp -j DNAT --to-destination ${ip}:${endpointPort}`),
	]),
];

const iptablesOf = (full: Full, target: Target): Iptables => ({
	backend: 'legacy',
	chains: ['INPUT', 'FORWARD', 'OUTPUT'].map(chain => ({
		table: 'filter', chain, policy: chain === 'FORWARD' ? full.forwardPolicy : 'ACCEPT', packets: chain === 'FORWARD' ? full.forwardCounter : 0,
	})),
	rules: [...filterRules(full), ...hookRules, ...(full.mode === 'ipvs' ? ipvsRules(full) : natRules(full, target)), ...markedRules],
	kubeLines: 42,
});

const proxyConfigOf = ({mode, configuredMode = mode, masqueradeAll, configuredMasqueradeAll = masqueradeAll}: Full): string => `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: ${configuredMode}
clusterCIDR: 10.244.0.0/16
iptables:
  masqueradeAll: ${configuredMasqueradeAll}
`;

const configzOf = ({mode, masqueradeAll}: Full) => JSON.parse(`{"kubeproxy.config.k8s.io": {
	"Mode": "${mode}", "Linux": {"MasqueradeAll": ${masqueradeAll}}, "DetectLocal": {"ClusterCIDRs": ["10.244.0.0/16"]}
}}`) as Readonly<Record<string, unknown>>;

const sysctlsOf = ({bridgeNetfilter, ip6, ipForward}: Full): Readonly<Record<string, string>> => ({
	'net/bridge/bridge-nf-call-iptables': String(bridgeNetfilter),
	'net/bridge/bridge-nf-call-ip6tables': String(ip6),
	'net/ipv4/ip_forward': String(ipForward),
	'net/ipv6/conf/all/forwarding': String(ipForward),
	'net/ipv4/vs/conntrack': '1',
});

const proxyEvidence = (full: Full, target: Target, read: <T>(value: T, command: string) => Known<T>) => {
	const local = target.endpoints.map(({ip, port}) => `${ip},tcp:${port},${ip}`);
	const isIpvs = full.mode === 'ipvs';
	return {
		kubeProxy: read({pid: 2, argv: ['kube-proxy', '--config=/var/lib/kube-proxy/config.yaml'], startedAt}, 'ps -o lstart,args -C kube-proxy'),
		kubeProxyConfig: read({path: '/var/lib/kube-proxy/config.yaml', modifiedAt: startedAt - full.configAgeSeconds, text: proxyConfigOf(full)}, 'cat /var/lib/kube-proxy/config.yaml'),
		proxyMode: read(full.mode as string, 'curl -s 127.0.0.1:10249/proxyMode'),
		kubeProxyConfigz: read(configzOf(full), 'curl -s 127.0.0.1:10249/configz'),
		iptables: read([iptablesOf(full, target)], 'iptables-save -c'),
		virtualServers: read(isIpvs
			? [{
				protocol: 'TCP' as const, ip: target.service.clusterIp, port: target.port.port, scheduler: 'rr', realServers: target.endpoints.map(({ip, port}) => ({
					ip, port, weight: 1, active: 0, inactive: 0,
				})),
			}]
			: [], 'cat /proc/net/ip_vs'),
		virtualServerCount: read(isIpvs ? 4 : 0, 'cat /proc/net/ip_vs'),
		ipsets: read({'KUBE-LOOP-BACK': isIpvs && full.selfMasquerade ? local : [], 'KUBE-CLUSTER-IP': isIpvs ? [`${target.service.clusterIp},tcp:${target.port.port}`] : []}, 'ipset list KUBE-LOOP-BACK'),
	};
};

const plainRules = ['0:\tfrom all lookup local', '32766:\tfrom all lookup main', '32767:\tfrom all lookup default'];

/** Routes to the other nodes' pods by way of those nodes, as flannel's host-gw backend lays them. */
export const buildNetwork = (node: string, {nodes}: Target): NodeNetwork => {
	const own = nodes.get(node)?.internalIp ?? '172.30.0.11';
	const network = (cidr: string) => cidr.split('/', 1)[0];
	const route = (more: Pick<NodeRoute, 'device' | 'network'> & Partial<NodeRoute>): NodeRoute => ({
		prefix: 24, gateway: undefined, metric: 0, isRefusing: false, ...more,
	});
	const others = nodes.values().filter(({name}) => name !== node).flatMap(({internalIp, podCidrs}) => podCidrs.map(cidr => route({device: 'eth0', network: network(cidr), gateway: internalIp})));
	return {
		interfaces: ['eth0', 'cni0'].map(name => ({
			name, kind: name === 'cni0' ? 'bridge' : '', mtu: 1500, isUp: true, reversePathFilter: 0,
		})),
		routes: [
			route({
				device: 'eth0', network: '0.0.0.0', prefix: 0, gateway: '172.30.0.1',
			}),
			route({device: 'eth0', network: '172.30.0.0'}),
			...(nodes.get(node)?.podCidrs ?? []).map(cidr => route({device: 'cni0', network: network(cidr)})),
			...others,
		],
		rules: plainRules,
		addresses: [
			{device: 'eth0', address: `${own}/24`},
			...(nodes.get(node)?.podCidrs ?? []).map(cidr => ({device: 'cni0', address: cidr.replace('.0/', '.1/')})),
		],
		neighbours: [],
		tunnels: [],
		reversePathDrops: 0,
	};
};

/** One node of the lab, as it was read. */
export const buildNode = (node: string, settings: NodeSettings, target: Target): NodeEvidence => {
	const full: Full = {...defaults, ...settings};
	const read = <T>(value: T, command: string): Known<T> => ({value, origin: {point: node, command, excerpt: JSON.stringify(value)}});
	return {
		node,
		now: startedAt + 3600,
		missingTools: [],
		kernel: read('6.1.192', 'uname -r'),
		sysctls: Object.fromEntries(Object.entries({...sysctlsOf(full), 'kernel/hostname': node}).map(([key, value]) => [key, read(value, `cat /proc/sys/${key}`)])),
		bridgeNetfilter: read({isLoaded: full.bridgeNetfilter !== 'absent', isBuiltIn: false, file: full.hasModuleFile ? 'kernel/net/bridge/br_netfilter.ko' : undefined}, 'modinfo br_netfilter'),
		bridges: read([bridgeOf(full)], 'grep -H "" /sys/class/net/*/brif/*/hairpin_mode'),
		bootModules: read(full.bootModules, 'grep -rs br_netfilter /etc/modules-load.d'),
		bootSysctls: read(full.bootSysctls, 'grep -rs bridge-nf-call /etc/sysctl.d'),
		kubelet: read({pid: 1, argv: ['kubelet'], startedAt}, 'ps -o lstart,args -C kubelet'),
		kubeletConfig: read({path: '/var/lib/kubelet/config.yaml', modifiedAt: startedAt - 60, text: `hairpinMode: ${full.kubeletHairpinMode}\n`}, 'cat /var/lib/kubelet/config.yaml'),
		cniConfigs: read([{path: '/etc/cni/net.d/10-flannel.conflist', modifiedAt: startedAt, text: '{"plugins":[{"type":"flannel","delegate":{"hairpinMode":true,"isDefaultGateway":true}}]}'}], 'cat /etc/cni/net.d/10-flannel.conflist'),
		...proxyEvidence(full, target, read),
		nftTables: read([], 'nft list tables'),
		proxyTable: read({chains: [], rules: []}, 'nft list table ip kube-proxy'),
		pinnedClients: read([], 'cat /proc/net/ip_vs_conn'),
		network: read(buildNetwork(node, target), 'ip -4 route'),
		conntrack: read({count: 10, max: 8192}, 'cat /proc/sys/net/netfilter/nf_conntrack_count'),
		...full.more,
	};
};

import type {Target} from '../target.ts';
import type {FullSize} from '../probes/full-size.ts';
import type {Lookup} from '../probes/lookup.ts';
import type {Matrix} from '../probes/matrix.ts';
import type {CaptureEvidence} from '../capture/capture-evidence.ts';
import type {NodeNetwork} from './network.ts';

/** Where a value comes from: the point, the command that a person would type, and what it printed. */
export type Origin = {
	readonly point: string;
	readonly command: string;
	readonly excerpt: string;
};

/** A value that was read, or the reason why it could not be. */
export type Known<T> =
	| {readonly value: T; readonly origin: Origin}
	| {readonly unknown: string};

/** 0 or 1, or `absent` where the kernel has no such file (br_netfilter not loaded). */
export type Switch = 'absent' | 0 | 1;

export type BridgePort = {
	/** Name of the veth on the node's side. */
	readonly name: string;
	readonly ifindex: number;
	readonly hairpinMode: 0 | 1;
};

export type Bridge = {
	readonly name: string;
	/** Per-bridge `nf_call_iptables` and `nf_call_ip6tables`; either these or the sysctls suffice (br_netfilter_hooks.c). */
	readonly nfCallIptables: Switch;
	readonly nfCallIp6tables: Switch;
	readonly isPromiscuous: boolean;
	readonly addresses: readonly string[];
	readonly ports: readonly BridgePort[];
};

/** A running daemon. Times are seconds since 1970 on the node's clock. */
export type Daemon = {
	readonly pid: number;
	readonly argv: readonly string[];
	readonly startedAt: number;
};

/** A configuration file as it is on the node. */
export type ConfigFile = {
	readonly path: string;
	/** Seconds since 1970 on the node's clock. */
	readonly modifiedAt: number;
	readonly text: string;
};

/** One line of a boot-time file, such as `net.bridge.bridge-nf-call-iptables = 1`. */
export type BootLine = {
	readonly file: string;
	readonly line: string;
};

export type KernelModule = {
	readonly isLoaded: boolean;
	readonly isBuiltIn: boolean;
	/** The path of the module's file, or undefined where this kernel has none. */
	readonly file: string | undefined;
};

export type IptablesRule = {
	readonly table: string;
	readonly chain: string;
	/** The rule as iptables-save prints it, without its counters. */
	readonly text: string;
	/** As its own program prints it, where that is another. */
	readonly printed?: string;
	readonly packets: number;
};

export type IptablesChain = {
	readonly table: string;
	readonly chain: string;
	/** `-` for chains that are not built in. */
	readonly policy: string;
	readonly packets: number;
};

/** What iptables-save said of one backend (legacy or nf_tables): only chains and rules that decide a Service's path. */
export type Iptables = {
	readonly backend: 'legacy' | 'nf_tables';
	readonly chains: readonly IptablesChain[];
	readonly rules: readonly IptablesRule[];
	/** How many lines mention a KUBE- chain, before filtering. */
	readonly kubeLines: number;
};

/** kube-proxy's table of nftables, in words of iptables. */
export type ProxyTable = Pick<Iptables, 'chains' | 'rules'>;

/** A backend of a virtual server. `active` and `inactive` count its connections. */
export type RealServer = {
	readonly ip: string;
	readonly port: number;
	readonly weight: number;
	readonly active: number;
	readonly inactive: number;
};

/** One virtual server of /proc/net/ip_vs. */
export type VirtualServer = {
	readonly protocol: 'TCP' | 'UDP' | 'SCTP' | 'FWM';
	readonly ip: string;
	readonly port: number;
	readonly scheduler: string;
	readonly realServers: ReadonlyArray<{readonly ip: string; readonly port: number; readonly weight: number; readonly active: number; readonly inactive: number}>;
};

/** A client that session affinity of ipvs mode holds to one backend. */
export type PinnedClient = {
	readonly client: string;
	/** Of the virtual server. */
	readonly port: number;
	readonly backend: {readonly ip: string; readonly port: number};
};

/** Everything that one round trip to a node brought back. */
export type NodeEvidence = {
	readonly node: string;
	/** The node's own clock when the script ran, seconds since 1970. */
	readonly now: number;
	readonly missingTools: readonly string[];
	readonly kernel: Known<string>;
	/** Keys as in /proc/sys: `net/ipv4/ip_forward`. `absent` where the file does not exist. */
	readonly sysctls: Readonly<Record<string, Known<string>>>;
	readonly bridgeNetfilter: Known<KernelModule>;
	readonly bridges: Known<readonly Bridge[]>;
	/** Lines of modules-load.d, and of sysctl.d in the order in which systemd-sysctl applies them (a later line wins). */
	readonly bootModules: Known<readonly BootLine[]>;
	readonly bootSysctls: Known<readonly BootLine[]>;
	readonly kubelet: Known<Daemon>;
	readonly kubeletConfig: Known<ConfigFile>;
	/** The files under /etc/cni/net.d (or where the runtime keeps them). */
	readonly cniConfigs: Known<readonly ConfigFile[]>;
	readonly kubeProxy: Known<Daemon>;
	readonly kubeProxyConfig: Known<ConfigFile>;
	/** What kube-proxy answers on :10249/proxyMode, and its live /configz document. */
	readonly proxyMode: Known<string>;
	readonly kubeProxyConfigz: Known<Readonly<Record<string, unknown>>>;
	/** Both backends where both exist; only tables that are already loaded are read. */
	readonly iptables: Known<readonly Iptables[]>;
	/** Virtual servers that carry the target's ClusterIP; the total number of virtual servers of the node. */
	readonly virtualServers: Known<readonly VirtualServer[]>;
	readonly virtualServerCount: Known<number>;
	/** Clients that a virtual server of the target's ClusterIP is persistent for. */
	readonly pinnedClients: Known<readonly PinnedClient[]>;
	/** Interfaces, routes and neighbours. */
	readonly network: Known<NodeNetwork>;
	/** Members of KUBE-LOOP-BACK and KUBE-CLUSTER-IP that name the target, as ipset prints them: `10.244.0.19,tcp:80,10.244.0.19`. */
	readonly ipsets: Known<Readonly<Record<string, readonly string[]>>>;
	/** Names of the nftables tables, such as `ip kube-proxy`. Only read where nf_tables is loaded. */
	readonly nftTables: Known<readonly string[]>;
	/** What concerns the target in kube-proxy's table of nftables; empty where there is no such table. */
	readonly proxyTable: Known<ProxyTable>;
	readonly conntrack: Known<{readonly count: number; readonly max: number}>;
};

export type Listener = {
	readonly protocol: 'tcp' | 'tcp6' | 'udp' | 'udp6';
	/** Canonical text form, `0.0.0.0` and `::` for any. */
	readonly ip: string;
	readonly port: number;
};

/** Whom the programs of a pod ask for names (resolv.conf(5)). */
export type Resolver = {
	readonly servers: readonly string[];
	/** What the names of Services end with, such as `cluster.local`; undefined where the pod tries none of them. */
	readonly clusterDomain: string | undefined;
};

/** Everything that one round trip into a pod's network namespace brought back. */
export type PodEvidence = {
	readonly namespace: string;
	readonly pod: string;
	readonly missingTools: readonly string[];
	readonly interfaceName: Known<string>;
	/** ifindex of the veth's other end, on the node; with it the bridge port is found. Unknown where the pod has no veth. */
	readonly peerIfindex: Known<number>;
	readonly addresses: Known<readonly string[]>;
	readonly gateway: Known<string>;
	readonly mtu: Known<number>;
	/** The address of its interface on the link, `8a:5f:…`. */
	readonly linkAddress: Known<string>;
	readonly listeners: Known<readonly Listener[]>;
	readonly resolver: Known<Resolver>;
};

/** All that the checks may read. Plain values: judging does no I/O. */
export type Evidence = {
	readonly target: Target;
	readonly nodes: ReadonlyMap<string, NodeEvidence>;
	/** By `namespace/name`. */
	readonly pods: ReadonlyMap<string, PodEvidence>;
	readonly matrix: Matrix;
	/** Packets of full size between pods of different nodes; undefined where none was sent. */
	readonly fullSize?: readonly FullSize[];
	/** What name servers said of the Service's name; undefined where none was asked. */
	readonly lookups?: readonly Lookup[];
	readonly capture: CaptureEvidence | undefined;
	/** Why a node or a pod could not be read, by point label. */
	readonly unreachable: ReadonlyMap<string, string>;
};

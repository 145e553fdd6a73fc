import {
	type Fields,
	fieldsOf,
	flagOfArgv,
	isProgram,
	readConfig,
} from './config-readings.ts';
import type {IptablesRule, Known, NodeEvidence} from './evidence.ts';
import {mapKnown, unknown, valueOf} from './known.ts';

/** The settings of kube-proxy that decide a Service's path. A field is undefined where it is not set. */
export type ProxySettings = {
	readonly mode: string | undefined;
	readonly masqueradeAll: boolean | undefined;
	readonly clusterCidrs: readonly string[];
};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const flagOf = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

/** What the flags say; kube-proxy heeds them only without --config. */
const readFlags = (argv: readonly string[]): ProxySettings => {
	const masqueradeAll = flagOfArgv(argv, 'masquerade-all');
	return {
		mode: textOf(flagOfArgv(argv, 'proxy-mode')) ?? 'iptables',
		masqueradeAll: masqueradeAll !== undefined && masqueradeAll !== 'false',
		clusterCidrs: textOf(flagOfArgv(argv, 'cluster-cidr'))?.split(',') ?? [],
	};
};

const readDocument = (document: Fields): ProxySettings => {
	const mode = textOf(document.mode) ?? 'iptables';
	const section = fieldsOf(document[mode === 'nftables' ? 'nftables' : 'iptables']);
	return {mode, masqueradeAll: flagOf(section.masqueradeAll) ?? false, clusterCidrs: textOf(document.clusterCIDR)?.split(',') ?? []};
};

/** What the file says, or the flags where there is none. In ipvs mode, too, masqueradeAll is that of the `iptables` section; nftables has its own (kubeproxy.config.k8s.io/v1alpha1). */
export const configuredProxy = ({kubeProxy, kubeProxyConfig}: NodeEvidence): Known<ProxySettings> => {
	const argv = valueOf(kubeProxy)?.argv ?? [];
	return 'unknown' in kubeProxyConfig && isProgram(argv, 'kube-proxy') && flagOfArgv(argv, 'config') === undefined
		? mapKnown(kubeProxy, () => readFlags(argv))
		: readConfig(kubeProxyConfig, document => readDocument(document));
};

/** What the running process says at /configz, which shows its internal type: masqueradeAll is under `Linux` since 1.32 or so, in the mode's section before; likewise ClusterCIDR was by itself before it was among DetectLocal. */
export const liveProxy = ({kubeProxyConfigz, proxyMode}: NodeEvidence): Known<ProxySettings> => mapKnown(kubeProxyConfigz, document => {
	const settings = fieldsOf(document['kubeproxy.config.k8s.io']);
	const linux = fieldsOf(settings.Linux);
	const mode = valueOf(proxyMode) ?? textOf(settings.Mode);
	const section = fieldsOf(settings[mode === 'nftables' ? 'NFTables' : 'IPTables']);
	const cidrs = fieldsOf(settings.DetectLocal).ClusterCIDRs ?? textOf(settings.ClusterCIDR)?.split(',');
	return {
		mode,
		masqueradeAll: flagOf(linux.MasqueradeAll) ?? flagOf(section.MasqueradeAll),
		// It is not asked where pods are told by their interface or their node's network.
		clusterCidrs: Array.isArray(cidrs) && (textOf(settings.DetectLocalMode) ?? 'ClusterCIDR') === 'ClusterCIDR' ? cidrs.filter(cidr => typeof cidr === 'string') : [],
	};
});

const rulesOf = ({iptables}: NodeEvidence): readonly IptablesRule[] => (valueOf(iptables) ?? []).flatMap(({rules}) => rules);

/** Chains that nothing leads to are left from another mode: who changes to ipvs mode empties KUBE-SERVICES, and leaves them (pkg/proxy/ipvs/proxier.go, createAndLinkKubeChain). */
const hasServiceChains = (node: NodeEvidence): boolean => {
	const ofNat = rulesOf(node).filter(({table}) => table === 'nat');
	const isThere = ofNat.some(({chain}) => /^KUBE-(?:SEP|SV[CL])-/v.test(chain));
	const hasServers = (valueOf(node.virtualServers) ?? []).length > 0;
	return isThere && (!hasServers || ofNat.some(({chain, text}) => chain === 'KUBE-SERVICES' && / -j KUBE-SV[CL]-\S+$/v.test(text)));
};

/** The mode that the kernel's tables show for this Service. Where several do, DNAT rules act before IPVS does. */
const modeOfTables = (node: NodeEvidence): string | undefined => {
	if (hasServiceChains(node)) {
		return 'iptables';
	}

	if ((valueOf(node.virtualServers) ?? []).length > 0) {
		return 'ipvs';
	}

	return (valueOf(node.nftTables) ?? []).some(table => table.endsWith(' kube-proxy')) ? 'nftables' : undefined;
};

/** Where there is no kube-proxy that answers, virtual servers of other Services tell that it was in ipvs mode. */
const modeWithoutRules = ({proxyMode, virtualServerCount}: NodeEvidence): Known<string> =>
	('unknown' in proxyMode && (valueOf(virtualServerCount) ?? 0) > 0 ? mapKnown(virtualServerCount, () => 'ipvs') : proxyMode);

/** The proxy mode that acts: by this Service's tables where they tell, else by what kube-proxy answers, else by the tables of others. */
export const kernelProxyMode = (node: NodeEvidence): Known<string> => {
	const mode = modeOfTables(node);
	const source = mode === 'ipvs' ? node.virtualServers : (mode === 'iptables' ? node.iptables : node.nftTables);
	return mode === undefined ? modeWithoutRules(node) : mapKnown<unknown, string>(source, () => mode);
};

/** A chain of nftables mode through which connections to a ClusterIP pass: the one of all endpoints, or with internalTrafficPolicy Local that of the node's own. */
export const isOfService = (chain: string): boolean => /^(?:service|local)-/v.test(chain);

/** Whether a rule is that of masqueradeAll: the one of ipvs mode, or that of iptables or nftables mode for one ClusterIP, which stood in KUBE-SERVICES itself up to 1.21 or so. With a local detector they are limited by `! -s` or an interface. */
const isMarkingAll = ({chain, text}: IptablesRule): boolean => {
	if (isOfService(chain)) {
		return /^-A \S+ -d \S+(?: -p \w+ --dport \d+)? -j mark-for-masquerade$/v.test(text);
	}

	if (!text.endsWith('-j KUBE-MARK-MASQ') || / ! (?:-s|-i) /v.test(text)) {
		return false;
	}

	return (chain === 'KUBE-SERVICES' && / --match-set KUBE-(?:6-)?CLUSTER-IP dst,dst /v.test(text)) || (/^KUBE-(?:SV[CL]-|SERVICES$)/v.test(chain) && text.includes('cluster IP'));
};

/** Whether the rules give every client of this Service the node's address: masqueradeAll as it acts. */
export const masqueradesAll = (node: NodeEvidence): Known<boolean> => {
	if (valueOf(kernelProxyMode(node)) === 'nftables') {
		const ofServices = (valueOf(node.proxyTable)?.rules ?? []).filter(({chain}) => isOfService(chain));
		return ofServices.length === 0 ? unknown(`no rules of a Service were read in nftables mode on ${node.node}`) : mapKnown(node.proxyTable, () => ofServices.some(rule => isMarkingAll(rule)));
	}

	return mapKnown(node.iptables, backends => backends.some(({rules}) => rules.some(rule => isMarkingAll(rule))));
};

import type {Known, NodeEvidence} from './evidence.ts';
import {mapKnown, valueOf} from './known.ts';
import {liveProxy, masqueradesAll} from './proxy-readings.ts';

/** Whether IPVS has virtual servers on a node. */
export const hasServers = ({virtualServerCount}: NodeEvidence): boolean => (valueOf(virtualServerCount) ?? 0) > 0;

/** Whether a kube-proxy in nftables mode left its table on a node. */
export const hasNftTable = ({nftTables}: NodeEvidence): boolean => (valueOf(nftTables) ?? []).some(table => table.endsWith(' kube-proxy'));

/** Tables that iptables prints the rules of, and flannel's, which leave pods' packets alone. */
export const isTableOfIptables = (table: string): boolean => /^(?:(?:ip|ip6|arp|bridge) (?:filter|nat|mangle|raw|security)|inet flannel-ipv[46]|ip6? flannel-ipv[46])$/v.test(table);

export const isTableOfKubeProxy = (table: string): boolean => /^ip6? kube-proxy$/v.test(table);

/** Whether a kube-proxy in iptables mode left chains of endpoints on a node. */
export const hasEndpointChains = ({iptables}: NodeEvidence): boolean =>
	(valueOf(iptables) ?? []).some(({chains, rules}) => [...chains, ...rules].some(({chain}) => chain.startsWith('KUBE-SEP-')));

const modeOfTables = (node: NodeEvidence): Known<string> => {
	if (hasEndpointChains(node)) {
		return mapKnown(node.iptables, () => 'iptables');
	}

	return hasServers(node) ? mapKnown(node.virtualServerCount, () => 'ipvs') : mapKnown(node.nftTables, () => 'nftables');
};

/** Whether kube-proxy runs on a node, or rules of one are in its kernel. Elsewhere something else translates Services, or nothing. */
export const isTranslating = (node: NodeEvidence): boolean =>
	'value' in node.kubeProxy || hasEndpointChains(node) || hasServers(node) || hasNftTable(node);

/** The proxy mode of a node, of whatever Service: what kube-proxy answers, else what the kernel's tables hold. */
export const proxyModeOfNode = (node: NodeEvidence): Known<string> => {
	const live = valueOf(liveProxy(node))?.mode;
	if ('value' in node.proxyMode) {
		return node.proxyMode;
	}

	if (live !== undefined) {
		return mapKnown(node.kubeProxyConfigz, () => live);
	}

	return hasEndpointChains(node) || hasServers(node) || hasNftTable(node) ? modeOfTables(node) : node.proxyMode;
};

/** masqueradeAll of a node, of whatever Service: by the rules, and where these could not be read, by what the running kube-proxy says. */
export const masqueradesAllOfNode = (node: NodeEvidence): Known<boolean> => {
	const rules = masqueradesAll(node);
	const flag = valueOf(liveProxy(node))?.masqueradeAll;
	return flag !== undefined && 'unknown' in rules ? mapKnown(node.kubeProxyConfigz, () => flag) : rules;
};

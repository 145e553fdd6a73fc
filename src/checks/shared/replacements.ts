import type {NodeEvidence} from '../../evidence/evidence.ts';
import {valueOf} from '../../evidence/known.ts';
import {cniPlugin} from '../../evidence/readings.ts';

/** CNIs that can translate Services themselves, and what to ask them. */
const replacements: ReadonlyArray<{readonly plugin: string; readonly bridge?: string; readonly ask: string}> = [
	{plugin: 'cilium', ask: 'kubectl -n kube-system exec ds/cilium -- cilium-dbg service list   # and: hubble observe --verdict DROPPED'},
	{plugin: 'calico', ask: 'kubectl get felixconfiguration default -o jsonpath={.spec.bpfEnabled}   # true: kubectl -n calico-system exec ds/calico-node -- calico-node -bpf nat dump'},
	{plugin: 'kube-router', bridge: 'kube-bridge', ask: 'kubectl -n kube-system logs ds/kube-router --tail=50   # with --run-service-proxy it writes IPVS itself'},
	{plugin: 'antrea', ask: 'kubectl -n kube-system exec ds/antrea-agent -c antrea-agent -- antctl get ovsflows   # with proxyAll'},
];

/** What could translate Services on a node instead of kube-proxy, by its CNI: its plugin's name, or that of the bridge that it has others make. */
export const findReplacement = (node: NodeEvidence) => {
	const words = valueOf(cniPlugin(node))?.split(' ') ?? [];
	return replacements.find(({plugin, bridge}) => (words[0] ?? '').startsWith(plugin) || (bridge !== undefined && words.includes(bridge)));
};

/** Only where it was looked for, and no process of that name was there. */
export const isProxyStopped = ({kubeProxy}: NodeEvidence): boolean => 'unknown' in kubeProxy && kubeProxy.unknown.startsWith('no kube-proxy process runs');

/** Whether something else than kube-proxy may translate Services on a node: then rules like kube-proxy's tell nothing for certain. */
export const isReplaced = (node: NodeEvidence): boolean => isProxyStopped(node) && findReplacement(node) !== undefined;

import type {Service} from '../../cluster/cluster.ts';
import type {Evidence, NodeEvidence} from '../../evidence/evidence.ts';
import {valueOf} from '../../evidence/known.ts';
import {bridgeOfPod, configuredProxy} from '../../evidence/readings.ts';
import {joinWords, podLabel} from './words.ts';

/** What turning br_netfilter on would bring to light, to be read before it is done. */
const warnHairpin = (evidence: Evidence): readonly string[] => evidence.target.backends.flatMap(pod => {
	const port = bridgeOfPod(evidence, pod)?.port;
	return port?.hairpinMode === 0
		? [`# first: ip link set dev ${port.name} type bridge_slave hairpin on   # on ${pod.node}: once br_netfilter is on, ${podLabel(pod)} cannot reach itself without it`]
		: [];
});

/** The files that load br_netfilter and set its switches at boot; systemd-modules-load runs before systemd-sysctl. */
export const persistBridgeNetfilter: readonly string[] = [
	'echo br_netfilter > /etc/modules-load.d/90-hairpin-br-netfilter.conf',
	String.raw`printf 'net.bridge.bridge-nf-call-iptables = 1\nnet.bridge.bridge-nf-call-ip6tables = 1\n' > /etc/sysctl.d/99-zz-hairpin-bridge.conf`,
];

/** Where the Service's name is not known: how it is found and looked at once there is an API server again. */
export const findInApi = ({clusterIp}: Service): readonly string[] => [
	`kubectl get services -A -o wide | grep -F ${clusterIp}   # once the API server answers: which Service it is, and its selector`,
	'kubectl -n NAMESPACE get endpointslices,pods -o wide   # which pods should answer, and whether they are Ready',
];

export const onNodes = (nodes: readonly string[]): string => `# on ${joinWords(nodes.toSorted((a, b) => a.localeCompare(b)))}, as root`;

/** Runtime and lasting parts of turning br_netfilter on. Undo is rmmod: modprobe -r takes the bridge module and every pod's network with it. */
export const loadBridgeNetfilter: readonly string[] = [
	'modprobe br_netfilter',
	'sysctl -w net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1',
	...persistBridgeNetfilter,
	'# undo: rm both files, and sysctl -w net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0, or rmmod br_netfilter; never modprobe -r: it takes the bridge',
];

/** The same on several nodes, with what to do first for the target's backends. */
export const turnOnBridgeNetfilter = (evidence: Evidence, nodes: readonly string[]): readonly string[] => [
	`${onNodes(nodes)}, and so on every other node that runs pods`,
	...warnHairpin(evidence),
	...loadBridgeNetfilter,
];

/** A kubeadm kube-proxy reads config.conf inside its own pod, which a ConfigMap mounts there. */
const isDaemonSet = (path: string | undefined): boolean => path === undefined || path.endsWith('/config.conf');

const restartDaemonSet: readonly string[] = [
	'kubectl -n kube-system rollout restart daemonset/kube-proxy && kubectl -n kube-system rollout status daemonset/kube-proxy',
];

/** One sed where every file has exactly one line with that key, else an editor: the key may be missing, inline, or there twice. */
const editLine = (texts: readonly string[], path: string, key: string, value: string): string => {
	const name = key.split('.').at(-1) ?? key;
	const isPlain = texts.every(text => text.split('\n').filter(line => line.trimStart().startsWith(`${name}:`)).length === 1);
	return isPlain ? String.raw`sed -i 's/^\( *${name}:\).*/\1 ${value}/' ${path}   # ${key}: ${value}` : `"$EDITOR" ${path}   # ${key}: ${value}`;
};

const findProxyPath = (nodes: readonly NodeEvidence[]): string | undefined =>
	nodes.map(({kubeProxyConfig}) => valueOf(kubeProxyConfig)?.path).find(known => known !== undefined);

/** Where masqueradeAll stands: nftables mode has a section of its own, ipvs mode reads that of iptables. */
export const masqueradeAllKey = (nodes: readonly NodeEvidence[]): string => (nodes.some(node => valueOf(configuredProxy(node))?.mode === 'nftables') ? 'nftables.masqueradeAll' : 'iptables.masqueradeAll');

/** How one key of kube-proxy's configuration is changed and made to act: as a systemd unit, on each of these nodes, or as a DaemonSet. */
export const changeProxyConfig = (nodes: readonly NodeEvidence[], key: string, value: string): readonly string[] => {
	const path = findProxyPath(nodes);
	const daemonSet = [`kubectl -n kube-system edit configmap kube-proxy   # key config.conf: ${key}: ${value}`, ...restartDaemonSet];
	if (path === undefined || isDaemonSet(path)) {
		return daemonSet;
	}

	const texts = nodes.map(({kubeProxyConfig}) => valueOf(kubeProxyConfig)?.text ?? '');
	return [
		`cp -a ${path} ${path}.bak`,
		editLine(texts, path, key, value),
		'systemctl restart kube-proxy   # the rule follows some 10 s later',
		`# where kube-proxy is a DaemonSet instead: ${daemonSet[0]}`,
	];
};

/** The same under the names of the nodes, where it is done on each of them. */
export const editProxyConfig = (nodes: readonly NodeEvidence[], key: string, value: string): readonly string[] => [
	...(isDaemonSet(findProxyPath(nodes)) ? [] : [onNodes(nodes.map(({node}) => node))]),
	...changeProxyConfig(nodes, key, value),
];

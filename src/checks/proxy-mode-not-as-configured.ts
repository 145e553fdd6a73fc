import type {Check, Verdict} from '../check.ts';
import {staleSecondsOfConfig} from '../evidence/config-age.ts';
import type {Evidence, Known, NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {
	configuredProxy,
	isTranslating,
	kernelProxyMode,
	liveProxy,
	proxyModeOfNode,
} from '../evidence/readings.ts';
import {nameNodes, readNodes} from './shared/nodes.ts';
import {onNodes} from './shared/repairs.ts';
import {
	latent,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';
import {joinWords, pluralize} from './shared/words.ts';

const pathOf = ({kubeProxyConfig}: NodeEvidence): string => valueOf(kubeProxyConfig)?.path ?? 'its configuration';

const describeAge = (node: NodeEvidence): string | undefined => {
	const seconds = staleSecondsOfConfig(node);
	return seconds === undefined ? undefined : `${pathOf(node)} was written ${seconds} s after kube-proxy started`;
};

/** Where the file says one thing and the running process another. A rename over the file goes unnoticed, an edit in place restarts kube-proxy (1.33). */
const findDisagreements = (node: NodeEvidence, where: string): readonly string[] => {
	const [file, live] = [valueOf(configuredProxy(node)), valueOf(liveProxy(node))];
	if (!file || !live) {
		return [];
	}

	const pairs = [['mode', file.mode, live.mode], ['masqueradeAll', file.masqueradeAll, live.masqueradeAll]] as const;
	return pairs
		.filter(([, claimed, actual]) => claimed !== undefined && actual !== undefined && claimed !== actual)
		.map(([key, claimed, actual]) => `${pathOf(node)}${where} says ${key} ${claimed}, kube-proxy runs with ${actual}`);
};

const tellDisagreements = (node: NodeEvidence): readonly string[] => {
	const age = describeAge(node);
	return findDisagreements(node, ` on ${node.node}`).map(told => `${told}${age === undefined ? '' : ` (${age})`}`);
};

const hasChains = (node: NodeEvidence, prefix: string): boolean =>
	(valueOf(node.iptables) ?? []).some(({chains, rules}) => [...chains, ...rules].some(({chain}) => chain.startsWith(prefix)));

/** kube-proxy cleans up after nftables only: what ipvs and iptables mode leave behind stays until --cleanup or a reboot (kubernetes#76109). */
const findLeftovers = (node: NodeEvidence, mode: string): readonly string[] => {
	const servers = valueOf(node.virtualServerCount) ?? 0;
	const tables = valueOf(node.nftTables) ?? [];
	return [
		...(mode !== 'ipvs' && servers > 0 ? [`${pluralize(servers, 'virtual server')} of ipvs mode`] : []),
		...(mode !== 'iptables' && hasChains(node, 'KUBE-SEP-') ? ['KUBE-SEP- chains of iptables mode'] : []),
		...(mode !== 'nftables' && tables.some(table => table.endsWith(' kube-proxy')) ? ['the table kube-proxy of nftables mode'] : []),
	];
};

const tellLeftovers = (node: NodeEvidence, mode: string): readonly string[] =>
	findLeftovers(node, mode).map(what => `${what} on ${node.node}, where kube-proxy runs in ${mode} mode`);

const harmless = 'it harms nothing by itself';

const runningMode = (node: NodeEvidence): Known<string> => {
	const live = valueOf(liveProxy(node));
	return live?.mode === undefined ? kernelProxyMode(node) : kernelOrigin(node, live.mode);
};

const kernelOrigin = ({proxyMode}: NodeEvidence, mode: string): Known<string> =>
	({value: mode, origin: 'origin' in proxyMode ? proxyMode.origin : {point: '', command: '', excerpt: mode}});

const judge = (evidence: Evidence): Verdict => {
	const {readings, gaps} = readNodes(evidence, node => runningMode(node));
	const disagreements = readings.flatMap(({node}) => tellDisagreements(node));
	const leftovers = readings.flatMap(({node, value}) => tellLeftovers(node, value));
	if (disagreements.length > 0 || leftovers.length > 0) {
		const told = [...disagreements, ...(leftovers.length > 0 ? [`left behind: ${joinWords(leftovers)}`] : [])];
		return latent(`${told.join('; ')}; ${harmless}`, refsTo(...readings.flatMap(({node}) => [node.kubeProxyConfig, node.proxyMode])));
	}

	if (gaps.length > 0) {
		return unknown(gaps.join('; '));
	}

	const modes = [...new Set(readings.map(({value}) => value))];
	const ages = readings.flatMap(({node}) => describeAge(node) ?? []);
	return ok(`${modes.map(mode => `${mode} on ${nameNodes(readings.filter(({value}) => value === mode))}`).join(', ')}${ages.length > 0 ? `; ${ages.join('; ')}, but what it says is what runs` : ''}`);
};

const judgeNode = (node: NodeEvidence): Verdict => {
	const mode = proxyModeOfNode(node);
	if (!isTranslating(node)) {
		return ok('no kube-proxy runs here');
	}

	if ('unknown' in mode) {
		return unknown(mode.unknown);
	}

	const leftovers = findLeftovers(node, mode.value);
	const told = [...findDisagreements(node, ''), ...(leftovers.length > 0 ? [`kube-proxy runs in ${mode.value} mode, and left behind are ${joinWords(leftovers)}`] : [])];
	return told.length > 0 ? latent(`${told.join('; ')}; ${harmless}`, refsTo(node.kubeProxyConfig, mode)) : ok(`${mode.value}, as configured`);
};

const restart = (isStale: boolean): readonly string[] => [
	isStale ? 'systemctl stop kube-proxy; kube-proxy --cleanup; systemctl start kube-proxy   # Services on the node pause for seconds' : 'systemctl restart kube-proxy',
	'# where kube-proxy is a DaemonSet instead: kubectl -n kube-system rollout restart daemonset/kube-proxy',
];

export const proxyModeNotAsConfigured: Check = {
	id: 'proxy-mode-not-as-configured',
	place: 420,
	title: 'Proxy mode is what it claims',
	explain: 'A mode in a file or ConfigMap is a wish: kube-proxy acts on it when it starts, and the rules of an earlier mode stay in the kernel. So an experiment with the mode can change nothing, or leave two modes behind.',
	judge,
	explains: () => false,
	repair(evidence) {
		const nodes = evidence.nodes.values().toArray();
		const isStale = readNodes(evidence, node => runningMode(node)).readings.some(({node, value}) => findLeftovers(node, value).length > 0);
		return [onNodes(nodes.map(({node}) => node)), ...restart(isStale)];
	},
	fixedBy(evidence) {
		const modes = new Set(evidence.nodes.values().map(node => valueOf(configuredProxy(node))?.mode).filter(mode => mode !== undefined));
		return modes.size === 1 ? [`proxy-mode=${[...modes][0]}`] : [];
	},
	ofNode: {
		judge: judgeNode,
		repair: node => restart(findLeftovers(node, valueOf(proxyModeOfNode(node)) ?? '').length > 0),
	},
};

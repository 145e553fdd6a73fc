import {ageOfConfig} from './config-age.ts';
import type {Known, NodeEvidence} from './evidence.ts';
import {mapKnown} from './known.ts';
import {
	cniHairpinMode,
	configuredProxy,
	kernelProxyMode,
	kubeletHairpinMode,
	liveProxy,
	masqueradesAll,
} from './readings.ts';

/** One place that says what a setting is: the kernel `acts` by one, what others `claim` should be the same, and what stands `aside` cannot be compared with it. */
export type Claim = {
	readonly source: string;
	readonly value: Known<string>;
	readonly standing: 'acts' | 'claims' | 'aside';
};

/** A setting with everything that claims it, on one node; what acts stands last. */
export type ClaimedSetting = {
	readonly setting: 'hairpin' | 'proxy mode' | 'masqueradeAll';
	readonly claims: readonly Claim[];
};

const claim = (standing: Claim['standing'], source: string, value: Known<string | boolean | undefined>): Claim =>
	({source, value: mapKnown(value, content => (content === undefined ? 'not set' : String(content))), standing});

const pathOf = (file: Known<{readonly path: string}>, otherwise: string): string => ('value' in file ? file.value.path : otherwise);

const portModes = ({bridges}: NodeEvidence): Known<string> => mapKnown(bridges, all => {
	const ports = all.flatMap(bridge => bridge.ports.map(({hairpinMode}) => `${bridge.name} ${hairpinMode}`));
	const told = Map.groupBy(ports, port => port).entries().map(([port, same]) => (same.length > 1 ? `${port} ×${same.length}` : port)).toArray().toSorted();
	return told.length === 0 ? 'no port' : told.join(', ');
});

const masqueradeOf = (proxy: Known<{readonly masqueradeAll: boolean | undefined}>): Known<boolean | undefined> => mapKnown(proxy, ({masqueradeAll}) => masqueradeAll);

const modeOf = (proxy: Known<{readonly mode: string | undefined}>): Known<string | undefined> => mapKnown(proxy, ({mode}) => mode);

/**
 What each source says of the settings that people suspect first (design.md §6): kubelet, CNI configuration and bridge ports of hairpin;
 file, process and kernel of the proxy mode; file, process and rules of masqueradeAll.
 */
export const readClaims = (node: NodeEvidence): readonly ClaimedSetting[] => [
	{
		setting: 'hairpin',
		claims: [
			claim('aside', `kubelet hairpinMode in ${pathOf(node.kubeletConfig, 'its configuration')}`, kubeletHairpinMode(node)),
			claim('aside', 'CNI hairpinMode, for pods to come', cniHairpinMode(node)),
			claim('acts', 'hairpin_mode of the bridge ports', portModes(node)),
		],
	},
	{
		setting: 'proxy mode',
		claims: [
			claim('claims', `mode in ${pathOf(node.kubeProxyConfig, 'the configuration of kube-proxy')}`, modeOf(configuredProxy(node))),
			claim('claims', 'the running kube-proxy', modeOf(liveProxy(node))),
			claim('aside', 'its start and its file', ageOfConfig(node)),
			claim('acts', 'the kernel\'s tables', kernelProxyMode(node)),
		],
	},
	{
		setting: 'masqueradeAll',
		claims: [
			claim('claims', `masqueradeAll in ${pathOf(node.kubeProxyConfig, 'the configuration of kube-proxy')}`, masqueradeOf(configuredProxy(node))),
			claim('claims', 'the running kube-proxy (/configz)', masqueradeOf(liveProxy(node))),
			claim('acts', 'the rules of the Service', masqueradesAll(node)),
		],
	},
];

/** Whether a source claims something else than what acts. */
export const isContradicted = ({claims}: ClaimedSetting, {value, standing}: Claim): boolean => {
	const actual = claims.find(other => other.standing === 'acts')?.value;
	return standing === 'claims' && 'value' in value && actual !== undefined && 'value' in actual && actual.value !== value.value;
};

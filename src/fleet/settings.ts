import {forwardPolicyOf} from '../checks/forward/judge-node.ts';
import {readBridgeSysctl} from '../checks/shared/bridge-netfilter.ts';
import {podBridgesOfNode} from '../checks/shared/node-bridges.ts';
import type {Node} from '../cluster/cluster.ts';
import type {Known, NodeEvidence, Switch} from '../evidence/evidence.ts';
import {mapKnown, valueOf} from '../evidence/known.ts';
import {
	bootBridgeNetfilter,
	cniPlugin,
	effectiveBridgeNetfilter,
	masqueradesAllOfNode,
	proxyModeOfNode,
} from '../evidence/readings.ts';

/** A value without what it was read from, or the reason why there is none. */
export type Reading<T> = {readonly value: T} | {readonly unknown: string};

export type Ports = {readonly on: number; readonly total: number};
export type Conntrack = {readonly count: number; readonly max: number};

/** The settings of a node that decide the path to Services. */
export type NodeSettings = {
	readonly bridgeNetfilter: Reading<'loaded' | 'built-in' | 'not loaded' | 'missing'>;
	/** Of the bridges that carry pods where they are known: the sysctl or their own switch. */
	readonly callsIptables: Reading<Switch>;
	readonly survivesReboot: Reading<boolean>;
	readonly ipForward: Reading<boolean>;
	readonly forwardPolicy: Reading<string>;
	readonly proxyMode: Reading<string>;
	readonly masqueradeAll: Reading<boolean>;
	readonly hairpinPorts: Reading<Ports>;
	readonly conntrack: Reading<Conntrack>;
	readonly kernel: Reading<string>;
	readonly kubelet: Reading<string>;
	readonly cni: Reading<string>;
};

export type SettingName = keyof NodeSettings;

/** Reasons name the node that they are about; without it, nodes with the same reason can be told together. */
const readingOf = <T>({node}: NodeEvidence, known: Known<T>): Reading<T> =>
	('unknown' in known ? {unknown: known.unknown.replaceAll(` on ${node}`, '').replaceAll(`${node}'s`, 'its')} : {value: known.value});

const readBridgeNetfilter = (node: NodeEvidence): Known<'loaded' | 'built-in' | 'not loaded' | 'missing'> => {
	const {bridgeNetfilter} = node;
	if ('unknown' in bridgeNetfilter) {
		return mapKnown(readBridgeSysctl(node, 4), value => (value.trim() === 'absent' ? 'not loaded' : 'loaded'));
	}

	return mapKnown(bridgeNetfilter, ({isLoaded, isBuiltIn, file}) => {
		if (isLoaded || isBuiltIn) {
			return isBuiltIn ? 'built-in' : 'loaded';
		}

		return file === undefined ? 'missing' : 'not loaded';
	});
};

const noBridge = {
	name: '', nfCallIptables: 0, nfCallIp6tables: 0, isPromiscuous: false, addresses: [], ports: [],
} as const;

const readCalls = (node: NodeEvidence): Known<Switch> => {
	const bridges = valueOf(podBridgesOfNode(node)) ?? [];
	const answers = (bridges.length > 0 ? bridges : [noBridge]).map(bridge => effectiveBridgeNetfilter(node, bridge));
	return answers.find(answer => valueOf(answer) !== 1) ?? answers[0];
};

const readPorts = (node: NodeEvidence): Known<Ports> => mapKnown(podBridgesOfNode(node), bridges => {
	const ports = bridges.flatMap(bridge => bridge.ports);
	return {on: ports.filter(({hairpinMode}) => hairpinMode === 1).length, total: ports.length};
});

const readForward = ({sysctls}: NodeEvidence): Known<boolean> =>
	mapKnown(sysctls['net/ipv4/ip_forward'] ?? {unknown: 'net.ipv4.ip_forward was not read'}, value => value.trim() === '1');

/** The settings of one node, from what was read on it and what the API tells. */
export const readSettings = (node: NodeEvidence, {kubeletVersion}: Node): NodeSettings => {
	const read = <T>(known: Known<T>) => readingOf(node, known);
	return {
		bridgeNetfilter: read(readBridgeNetfilter(node)),
		callsIptables: read(readCalls(node)),
		survivesReboot: read(mapKnown(bootBridgeNetfilter(node), ({isOn}) => isOn)),
		ipForward: read(readForward(node)),
		forwardPolicy: read(mapKnown(node.iptables, rulesets => forwardPolicyOf(rulesets))),
		proxyMode: read(proxyModeOfNode(node)),
		masqueradeAll: read(masqueradesAllOfNode(node)),
		hairpinPorts: read(readPorts(node)),
		conntrack: read(node.conntrack),
		kernel: read(node.kernel),
		kubelet: kubeletVersion === '' ? {unknown: 'the API did not tell its version'} : {value: kubeletVersion},
		cni: read(cniPlugin(node)),
	};
};

import type {
	Bridge,
	IptablesRule,
	Known,
	NodeEvidence,
} from '../../evidence/evidence.ts';
import {
	known,
	mapKnown,
	unknown,
	valueOf,
} from '../../evidence/known.ts';
import {bridgeOfPod} from '../../evidence/readings.ts';
import type {
	Edit,
	Kitchen,
	NodePlan,
	NotApplicable,
	Plan,
} from '../change.ts';

export const emptyPlan: Plan = {
	nodes: [], objects: [], rollouts: [], notes: [],
};

export const refuse = (refused: string, tryThis: string): NotApplicable => ({refused, tryThis});

export const isRefused = <T extends object>(plan: NotApplicable | T): plan is NotApplicable => 'refused' in plan;

/** The same on every node, with a plan only where there is something to do. */
export const planNodes = (nodes: readonly NodeEvidence[], editsOf: (node: NodeEvidence) => readonly Edit[]): readonly NodePlan[] =>
	nodes.map(node => ({node: node.node, edits: editsOf(node), restarts: []})).filter(({edits}) => edits.length > 0);

/** A sysctl as it is now; `absent` where the kernel has no such key. */
export const sysctlOf = ({sysctls}: NodeEvidence, key: string): Known<string> => {
	const reading = sysctls[key] ?? unknown(`${key.replaceAll('/', '.')} was not read`);
	return 'unknown' in reading ? reading : known(reading.value.trim(), reading.origin);
};

export const withSysctls = (node: NodeEvidence, values: Readonly<Record<string, string>>): NodeEvidence => ({
	...node,
	sysctls: {
		...node.sysctls,
		...Object.fromEntries(Object.entries(values).map(([key, value]) => [key, known(value, {point: node.node, command: `cat /proc/sys/${key}`, excerpt: value})])),
	},
});

export const withBridges = (node: NodeEvidence, change: (bridge: Bridge) => Bridge): NodeEvidence =>
	('unknown' in node.bridges ? node : {...node, bridges: {...node.bridges, value: node.bridges.value.map(bridge => change(bridge))}});

export const natRule = (chain: string, text: string): IptablesRule => ({
	table: 'nat', chain, text: `-A ${chain} ${text}`, packets: 0,
});

/** The evidence with other rules in the one of two iptables that kube-proxy fills. */
export const withProxyRules = (node: NodeEvidence, change: (rules: readonly IptablesRule[]) => readonly IptablesRule[]): NodeEvidence => ({
	...node,
	iptables: mapKnown(node.iptables, backends => {
		const most = Math.max(...backends.map(({kubeLines}) => kubeLines));
		return backends.map(backend => (backend.kubeLines === most ? {...backend, rules: change(backend.rules)} : backend));
	}),
});

/** A file in a directory whose files are read in the order of their names, the last one winning: named behind all others that say something. */
export const nameLastFile = (directory: string, name: string, others: readonly string[]): string => {
	const names = others.map(file => file.slice(file.lastIndexOf('/') + 1));
	const prefix = ['99-zz-', 'zz-99-', 'zzzz-99-'].find(candidate => names.every(other => other <= `${candidate}${name}`)) ?? '~';
	return `${directory}/${prefix}${name}`;
};

/** Ports of the target's backends by node. Without a target there are no pods that are concerned. */
export const backendPorts = ({evidence}: Kitchen, node: string): ReadonlyArray<{readonly port: string; readonly hairpinMode: 0 | 1; readonly pod: string}> => (evidence?.target.backends ?? [])
	.filter(pod => pod.node === node)
	.flatMap(pod => {
		const plug = evidence && bridgeOfPod(evidence, pod);
		return plug ? [{port: plug.port.name, hairpinMode: plug.port.hairpinMode, pod: `${pod.namespace}/${pod.name}`}] : [];
	});

// The kernel allows nearly every character in the name of an interface, and this one becomes part of a path.
export const isPlainName = (name: string): boolean => /^[\w\-.]+$/v.test(name) && !name.startsWith('.') && !name.startsWith('-');

export const withPort = (node: NodeEvidence, ports: ReadonlyMap<string, 0 | 1>): NodeEvidence => withBridges(node, bridge => ({
	...bridge, ports: bridge.ports.map(port => ({...port, hairpinMode: ports.get(port.name) ?? port.hairpinMode})),
}));

/** Ports that a plan sets on one node. */
export const plannedPorts = ({nodes}: Plan, name: string): ReadonlyMap<string, 0 | 1> => new Map(nodes
	.filter(({node}) => node === name)
	.flatMap(({edits}) => edits.flatMap(edit => (edit.kind === 'bridge-port' ? [[edit.port, edit.value] as const] : []))));

/** Whether every port that is still there has the value it should have. */
export const hasPorts = (node: NodeEvidence, ports: ReadonlyMap<string, 0 | 1>): boolean => (valueOf(node.bridges) ?? [])
	.flatMap(bridge => bridge.ports)
	.every(({name, hairpinMode}) => (ports.get(name) ?? hairpinMode) === hairpinMode);

import type {NodeEvidence} from '../../evidence/evidence.ts';
import {mapKnown, valueOf} from '../../evidence/known.ts';
import type {Edit, Kitchen, Recipe} from '../change.ts';
import {
	backendPorts,
	emptyPlan,
	isPlainName,
	nameLastFile,
	plannedPorts,
	planNodes,
	refuse,
	sysctlOf,
	withBridges,
	withPort,
	withSysctls,
} from './shared.ts';

const ipv4Key = 'net/bridge/bridge-nf-call-iptables';
const ipv6Key = 'net/bridge/bridge-nf-call-ip6tables';
const loadFile: Edit = {kind: 'file', path: '/etc/modules-load.d/90-hairpin-br-netfilter.conf', content: '# Written by hairpin: without it, pods cannot reach Services whose backend is on their own node.\nbr_netfilter\n'};

const bootFile = (node: NodeEvidence, value: 0 | 1): Edit => ({
	kind: 'file',
	path: nameLastFile('/etc/sysctl.d', 'hairpin-bridge.conf', (valueOf(node.bootSysctls) ?? []).map(({file}) => file)),
	content: `# Written by hairpin. systemd-modules-load loads br_netfilter before systemd-sysctl reads this.\nnet.bridge.bridge-nf-call-iptables = ${value}\nnet.bridge.bridge-nf-call-ip6tables = ${value}\n`,
});

const isLoadable = ({bridgeNetfilter}: NodeEvidence): boolean => {
	const module = valueOf(bridgeNetfilter);
	return module === undefined || module.isLoaded || module.isBuiltIn || module.file !== undefined;
};

const loadModule = (node: NodeEvidence): readonly Edit[] => (valueOf(node.bridgeNetfilter)?.isBuiltIn === true ? [] : [{kind: 'module', name: 'br_netfilter'}]);

const refuseMissing = (nodes: readonly NodeEvidence[]) => refuse(
	`the kernel of ${nodes.filter(node => !isLoadable(node)).map(({node}) => node).join(', ')} has no module br_netfilter`,
	'install the package with the modules of this kernel (linux-modules-extra, kernel-modules), or: hairpin fix masquerade-all=true',
);

/** What br_netfilter brings to light is repaired along with it: ports whose pod could not reach itself any more. */
const exposedPorts = (kitchen: Kitchen, node: string): readonly Edit[] => backendPorts(kitchen, node)
	.filter(({hairpinMode, port}) => hairpinMode === 0 && isPlainName(port))
	.map(({port}) => ({kind: 'bridge-port', port, value: 1}));

const describeExposed = (kitchen: Kitchen): readonly string[] => kitchen.nodes.flatMap(({node}) => backendPorts(kitchen, node)
	.filter(({hairpinMode}) => hairpinMode === 0)
	.map(({port, pod}) => `once br_netfilter is on, ${pod} cannot reach itself through the Service, because ${port} on ${node} has hairpin_mode 0: that is turned on in the same change, for the pod as it is plugged in now (for new pods: hairpin fix hairpin-port=on)`));

const otherBridges = ({nodes}: Kitchen): readonly string[] => {
	const names = new Set(nodes.flatMap(node => (valueOf(node.bridges) ?? []).map(({name}) => name).filter(name => /^(?:virbr|docker|br-|lxdbr|libvirt)/v.test(name))));
	return names.size === 0 ? [] : [`the bridged traffic of ${[...names].join(', ')} will meet iptables, too; to spare it: hairpin fix br-netfilter-narrow`];
};

const assumeLoaded = (node: NodeEvidence, value: '0' | '1'): NodeEvidence => {
	const loaded = withBridges(withSysctls(node, {[ipv4Key]: value, [ipv6Key]: value}), bridge => ({
		...bridge,
		nfCallIptables: bridge.nfCallIptables === 'absent' ? 0 : bridge.nfCallIptables,
		nfCallIp6tables: bridge.nfCallIp6tables === 'absent' ? 0 : bridge.nfCallIp6tables,
	}));
	return {...loaded, bridgeNetfilter: mapKnown(node.bridgeNetfilter, module => ({...module, isLoaded: true}))};
};

/** The right repair of the founding incident. */
export const brNetfilter: Recipe = {
	name: 'br-netfilter',
	values: [],
	title: () => 'Load br_netfilter and keep it after a reboot',
	why: 'Only with br_netfilter does the kernel show bridged packets to netfilter, where the reply between two pods of one node gets the Service\'s address back.',
	price: () => [],
	cuts: 'no connection',
	plan(kitchen) {
		if (kitchen.nodes.some(node => !isLoadable(node))) {
			return refuseMissing(kitchen.nodes);
		}

		return {
			...emptyPlan,
			nodes: planNodes(kitchen.nodes, node => [
				...exposedPorts(kitchen, node.node),
				loadFile,
				bootFile(node, 1),
				...loadModule(node),
				{kind: 'sysctl', key: ipv4Key, value: '1'},
				{kind: 'sysctl', key: ipv6Key, value: '1'},
			]),
			notes: [...describeExposed(kitchen), ...otherBridges(kitchen)],
		};
	},
	isInForce: node => mapKnown(sysctlOf(node, ipv4Key), value => value === '1'),
	assume: (node, _value, plan) => withPort(assumeLoaded(node, '1'), plannedPorts(plan, node.node)),
};

const podBridges = (node: NodeEvidence): readonly string[] => (valueOf(node.bridges) ?? [])
	.filter(({name, ports}) => ports.length > 0 && /^(?:cni|cbr|kube)/v.test(name) && isPlainName(name))
	.map(({name}) => name);

/** The same for the pods' bridges alone. */
export const brNetfilterNarrow: Recipe = {
	name: 'br-netfilter-narrow',
	values: [],
	title: () => 'Show the packets of the pods\' bridge alone to netfilter',
	why: 'The same as br-netfilter, by the bridge\'s own switch: bridges of virtual machines and of other containers stay as they are. Either the switch or the sysctl suffices.',
	price: () => ['a bridge loses its own switch when it is made anew, so this does not outlast a reboot'],
	cuts: 'no connection',
	plan(kitchen) {
		const bare = kitchen.nodes.filter(node => podBridges(node).length === 0);
		if (bare.length > 0) {
			return refuse(`no bridge of pods was found on ${bare.map(({node}) => node).join(', ')}`, 'use the sysctl instead: hairpin fix br-netfilter');
		}

		return kitchen.nodes.every(node => isLoadable(node))
			? {
				...emptyPlan,
				nodes: planNodes(kitchen.nodes, node => [
					...exposedPorts(kitchen, node.node),
					...loadModule(node),
					// The module comes up with 1 for every bridge (br_netfilter_hooks.c).
					...(valueOf(sysctlOf(node, ipv4Key)) === 'absent' ? [{kind: 'sysctl', key: ipv4Key, value: '0'}, {kind: 'sysctl', key: ipv6Key, value: '0'}] as const : []),
					...podBridges(node).flatMap(bridge => [{
						kind: 'bridge-flag', bridge, flag: 'nf_call_iptables', value: 1,
					}, {
						kind: 'bridge-flag', bridge, flag: 'nf_call_ip6tables', value: 1,
					}] as const),
				]),
				notes: describeExposed(kitchen),
			}
			: refuseMissing(kitchen.nodes);
	},
	isInForce: node => mapKnown(node.bridges, bridges => bridges.filter(({name}) => podBridges(node).includes(name)).every(({nfCallIptables}) => nfCallIptables === 1)),
	assume: (node, _value, plan) => withPort(withBridges(valueOf(sysctlOf(node, ipv4Key)) === 'absent' ? assumeLoaded(node, '0') : node, bridge => (podBridges(node).includes(bridge.name) ? {...bridge, nfCallIptables: 1, nfCallIp6tables: 1} : bridge)), plannedPorts(plan, node.node)),
};

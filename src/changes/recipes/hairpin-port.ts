import {mapKnown, valueOf} from '../../evidence/known.ts';
import {cniPlugin, hasPromiscMode} from '../../evidence/readings.ts';
import type {ConfigFile, NodeEvidence} from '../../evidence/evidence.ts';
import type {Edit, Recipe} from '../change.ts';
import {
	backendPorts,
	emptyPlan,
	hasPorts,
	isPlainName,
	plannedPorts,
	planNodes,
	refuse,
	withPort,
} from './shared.ts';

/** Runtimes take the first file by name (libcni, LoadNetworkList). */
const firstFile = (files: readonly ConfigFile[]): ConfigFile | undefined => {
	const first = files.map(({path}) => path).toSorted().at(0);
	return files.find(({path}) => path === first);
};

/** Where the plugin that plugs pods in reads hairpinMode: the first file by name, its first plugin, or what that delegates to (flannel). */
const cniKey = (node: NodeEvidence): {readonly path: string; readonly key: ReadonlyArray<string | number>} | undefined => {
	const file = firstFile(valueOf(node.cniConfigs) ?? []);
	const plugin = valueOf(cniPlugin(node))?.split(' ', 1)[0];
	if (file === undefined || (plugin !== 'bridge' && plugin !== 'flannel')) {
		return undefined;
	}

	return {path: file.path, key: [...(file.path.endsWith('list') ? ['plugins', 0] : []), ...(plugin === 'flannel' ? ['delegate'] : []), 'hairpinMode']};
};

const lastingEdit = (node: NodeEvidence, isOn: boolean): readonly Edit[] => {
	const place = cniKey(node);
	return place === undefined || (isOn && hasPromiscMode(node)) ? [] : [{kind: 'json', ...place, value: isOn}];
};

/** hairpin_mode of the bridge ports of the Service's backends, and of pods to come. */
export const hairpinPort: Recipe = {
	name: 'hairpin-port',
	values: ['on', 'off'],
	title: value => `Turn hairpin_mode ${value} for the Service's backends`,
	why: 'A pod that reaches itself through its Service sends a frame that must come back by the bridge port it left on. With br_netfilter on, that takes hairpin_mode. It decides nothing between two different pods.',
	price: () => [],
	cuts: 'no connection',
	plan(kitchen, value) {
		const isOn = value === 'on';
		const nodes = planNodes(kitchen.nodes, node => {
			const ports = backendPorts(kitchen, node.node).filter(({port}) => isPlainName(port));
			return [
				...ports.map(({port}): Edit => ({kind: 'bridge-port', port, value: isOn ? 1 : 0})),
				...lastingEdit(node, isOn),
			];
		});
		if (kitchen.evidence === undefined || kitchen.nodes.every(({node}) => backendPorts(kitchen, node).length === 0)) {
			return refuse('no bridge port of a backend is known', 'name the Service: hairpin fix hairpin-port=on svc/NAME --from pod/NAME');
		}

		const promiscuous = isOn ? kitchen.nodes.filter(node => hasPromiscMode(node)).map(({node}) => node) : [];
		const notes = promiscuous.length > 0 ? [`pods that are made later will not have it on ${promiscuous.join(', ')}: the CNI configuration there says promiscMode, and the bridge plugin makes no pod where it says hairpinMode as well; change both there by hand`] : [];
		return {...emptyPlan, nodes, notes: [...notes, 'the CNI configuration counts for pods that are plugged in from now on; where flannel runs as a DaemonSet, it writes that file anew from its ConfigMap kube-flannel-cfg when it starts']};
	},
	isInForce: (node, _value, plan) => mapKnown(node.bridges, () => hasPorts(node, plannedPorts(plan, node.node))),
	assume: (node, _value, plan) => withPort(node, plannedPorts(plan, node.node)),
};

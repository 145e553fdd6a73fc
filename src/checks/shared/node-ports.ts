import type {Verdict} from '../../check.ts';
import type {Bridge, NodeEvidence} from '../../evidence/evidence.ts';
import {valueOf} from '../../evidence/known.ts';
import {bridgeNetfilterOf} from './bridge-netfilter.ts';
import {podBridgesOfNode, versionsOf} from './node-bridges.ts';
import {latent, ok, refsTo} from './verdicts.ts';
import {joinWords} from './words.ts';

/** Bridges of pods with ports that hold back frames to where they came from. */
const idleBridges = (node: NodeEvidence): readonly Bridge[] => (valueOf(podBridgesOfNode(node)) ?? [])
	.filter(({ports}) => ports.some(({hairpinMode}) => hairpinMode === 0));

const describeIdle = ({name, ports}: Bridge): string =>
	`hairpin_mode is 0 on ${ports.every(({hairpinMode}) => hairpinMode === 0) ? 'every port' : 'some ports'} of ${name}`;

const isFiltered = (node: NodeEvidence, bridge: Bridge): boolean =>
	versionsOf([bridge]).values().some(version => valueOf(bridgeNetfilterOf(version)(node, bridge)) === 1);

/** What the bridge ports of one node would keep pods from. It takes a pod that reaches itself to be harmed. */
export const judgeNodePorts = (node: NodeEvidence): Verdict => {
	const idle = idleBridges(node);
	if (idle.length === 0) {
		return ok('hairpin_mode is 1 on every port of a bridge that is known to carry pods');
	}

	const what = joinWords(idle.map(bridge => describeIdle(bridge)));
	return latent(idle.some(bridge => isFiltered(node, bridge))
		? `${what}: with br_netfilter on, a pod there cannot reach itself through a Service; other pods can`
		: `${what}; no effect now, because br_netfilter is off: once it is on, a pod there cannot reach itself through a Service`, refsTo(node.bridges));
};

// The kernel allows nearly every character in the name of an interface, and this one is to be typed.
const plainName = /^[\w\-.]+$/v;

/** Turns hairpin_mode on for every pod that is plugged in now. */
export const turnOnPorts = (node: NodeEvidence): readonly string[] => idleBridges(node)
	.filter(({name}) => plainName.test(name))
	.map(({name}) => `for port in /sys/class/net/${name}/brif/*; do ip link set dev "\${port##*/}" type bridge_slave hairpin on; done`);

/** What turning br_netfilter on would bring to light, to be read before it is done. */
export const warnIdlePorts = (node: NodeEvidence): readonly string[] =>
	turnOnPorts(node).map(line => `# first: ${line}   # else pods cannot reach themselves through a Service any more`);

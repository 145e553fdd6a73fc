import type {Bridge, Known, NodeEvidence} from '../../evidence/evidence.ts';
import {mapKnown, valueOf} from '../../evidence/known.ts';
import {cniBridge} from '../../evidence/readings.ts';
import {joinWords} from './words.ts';

// What kubenet and the usual plugins call their bridge by default; nothing else on a node uses these names.
const podBridgeNames: ReadonlySet<string> = new Set(['cni0', 'cbr0', 'kube-bridge', 'weave']);

const withPorts = ({bridges}: NodeEvidence): Known<readonly Bridge[]> =>
	mapKnown(bridges, list => list.filter(({ports}) => ports.length > 0));

/** Without a CNI configuration the name has to tell; docker0 carries pods on some nodes and on most it does not. */
const guessByName = (plugged: Known<readonly Bridge[]>, because: string): Known<readonly Bridge[]> => {
	const bridges = valueOf(plugged) ?? [];
	return bridges.some(({name}) => podBridgeNames.has(name))
		? mapKnown(plugged, list => list.filter(({name}) => podBridgeNames.has(name)))
		: {unknown: `whether ${joinWords(bridges.map(({name}) => name))} carries pods is not known: ${because}`};
};

/** The bridges that carry pods, as far as a node by itself tells; none where its CNI plugin uses no bridge. */
export const podBridgesOfNode = (node: NodeEvidence): Known<readonly Bridge[]> => {
	const plugged = withPorts(node);
	if ('unknown' in plugged || plugged.value.length === 0) {
		return plugged;
	}

	const name = cniBridge(node);
	return 'unknown' in name ? guessByName(plugged, name.unknown) : mapKnown(plugged, bridges => bridges.filter(bridge => bridge.name === name.value));
};

/** The bridge that the next pod of this node will be plugged into, or undefined. */
export const futureBridge = (node: NodeEvidence): Bridge | undefined => {
	const name = valueOf(cniBridge(node));
	return name === undefined
		? undefined
		: {
			name, nfCallIptables: 'absent', nfCallIp6tables: 'absent', isPromiscuous: false, addresses: [], ports: [],
		};
};

const versionOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);

/** The IP versions of pods on these bridges, by the addresses of the bridges themselves; 4 where they have none. */
export const versionsOf = (bridges: readonly Bridge[]): ReadonlySet<4 | 6> => {
	const versions = bridges.flatMap(({addresses}) => addresses.filter(address => !address.toLowerCase().startsWith('fe80:')).map(address => versionOf(address)));
	return new Set(versions.length > 0 ? versions : [4]);
};

import {type Journey, type Stage, note} from './journey.ts';
import {
	type Address,
	type NodeView,
	formatAddress,
	isSameAddress,
} from './world.ts';

/** Where a node chose an address or a port that is not known, whatever it chose is meant. */
const isMeant = (seen: Address, known: Address): boolean => isSameAddress(seen, known) || (seen.ip === known.ip && (seen.port === undefined || known.port === undefined));

/** What this node changed of the request's source is put back as the reply's destination: before routing, as the reply comes in. */
export const restoreDestination = (node: NodeView, stage = 'PREROUTING'): Stage => journey => {
	const {packet, translations} = journey;
	const snat = translations.findLast(({node: name, kind, to}) => name === node.name && kind === 'SNAT' && isMeant(packet.destination, to));
	return [snat
		? note(journey, {
			node: node.name, stage, by: 'conntrack', because: `masquerading is undone: on to ${formatAddress(snat.from)}`,
		}, {...packet, destination: snat.from})
		: journey];
};

/** The address that was dialled is put back as the reply's source, where this node had changed it. */
export const restoreSource = (node: NodeView, stage = 'POSTROUTING'): Stage => journey => {
	const {packet, translations} = journey;
	const dnat = translations.findLast(({node: name, kind, to}) => name === node.name && kind === 'DNAT' && isSameAddress(packet.source, to));
	return [dnat
		? note(journey, {
			node: node.name, stage: dnat.by === 'IPVS' ? 'IPVS' : stage, by: dnat.by, because: `translated back: from ${formatAddress(dnat.from)}`,
		}, {...packet, source: dnat.from})
		: journey];
};

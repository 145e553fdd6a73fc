import {
	type Journey,
	type Stage,
	doubt,
	lose,
	maxWays,
} from './journey.ts';
import {sendTo} from './translate.ts';
import {
	type NodeView,
	type VirtualServerView,
	formatAddress,
	isSameAddress,
} from './world.ts';

/** Whether IPVS takes a packet: it has a virtual server for where the packet goes. */
export const findServer = ({virtualServers}: NodeView, {packet: {destination, protocol}}: Journey): VirtualServerView | undefined => ('unknown' in virtualServers
	? undefined
	: virtualServers.value.find(server => server.ip === destination.ip && server.port === destination.port && server.protocol.toLowerCase() === protocol));

const schedule = (journey: Journey, node: NodeView, server: VirtualServerView): readonly Journey[] => {
	const by = `virtual server ${server.protocol} ${formatAddress(server)}`;
	if (server.backends.length === 0) {
		return [lose(journey, {
			node: node.name, stage: 'IPVS', by, because: 'no backend gets new connections: refused with ICMP port unreachable',
		}, 'refused')];
	}

	return server.backends.slice(0, maxWays).map(({ip, port}) => sendTo(journey, node, {
		to: {ip, port}, by: 'IPVS', told: {stage: 'IPVS', by, because: `DNAT to ${formatAddress({ip, port})}`},
	}));
};

/** IPVS at LOCAL_IN or LOCAL_OUT: one journey for each backend; none where it has no virtual server for the packet. */
export const balance = (node: NodeView): Stage => journey => {
	const {virtualServers} = node;
	if ('unknown' in virtualServers && isSameAddress(journey.packet.destination, journey.attempt.to)) {
		return [doubt(journey, {node: node.name, stage: 'IPVS', because: virtualServers.unknown})];
	}

	const server = findServer(node, journey);
	return server ? schedule(journey, node, server) : [journey];
};

import {
	type Journey,
	type Stage,
	doubt,
	lose,
	maxWays,
} from './journey.ts';
import {sendTo} from './translate.ts';
import {hostAt} from './whereabouts.ts';
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

	const held = server.pinned.find(({client}) => client === journey.packet.source.ip)?.backend;
	if (held && server.backends.every(backend => !isSameAddress(backend, held))) {
		// Whether such an entry still acts is a matter of net.ipv4.vs.expire_quiescent_template (ip_vs_conn.c, ip_vs_check_template).
		return [doubt(journey, {
			node: node.name, stage: 'IPVS', by, because: `session affinity may hold ${journey.packet.source.ip ?? ''} to ${formatAddress(held)}, which gets no new clients`,
		})];
	}

	return (held ? [held] : server.backends.slice(0, maxWays)).map(({ip, port}) => sendTo(journey, node, {
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

/** What a node sends to a pod of its own by IPVS stalls where conntrack does not track it (measured), and no rule that is read shows why. */
export const doubtUntracked = (node: NodeView): Stage => journey => {
	const isSent = journey.translations.some(({by, node: where}) => by === 'IPVS' && where === node.name);
	const place = hostAt(journey)?.place;
	const isOwnPod = place?.kind === 'pod' && place.node === node.name;
	const isUntracked = isSent && isOwnPod && 'value' in node.isIpvsTracked && !node.isIpvsTracked.value;
	const told = {
		node: node.name, stage: 'IPVS', by: 'net.ipv4.vs.conntrack = 0', because: 'what becomes of the node\'s own packet that conntrack does not track is not followed',
	};
	return [isUntracked ? doubt(journey, told) : journey];
};

import {carry} from './carry.ts';
import {
	bridgeOf,
	finish,
	nodeOf,
	passHairpin,
	reachBackend,
	turnRound,
} from './ends.ts';
import {type Devices, filter} from './hooks.ts';
import {balance, findServer, doubtUntracked} from './ipvs.ts';
import {
	type Journey,
	type Stage,
	doubt,
	follow,
	lose,
	note,
	onNode,
} from './journey.ts';
import {restoreDestination, restoreSource} from './restore.ts';
import type {Reading} from './ruleset.ts';
import {translateDestination, translateSource} from './translate.ts';
import {
	type Host,
	type NodeView,
	type Place,
	formatAddress,
	hostOf,
	isOwn,
	isSameAddress,
} from './world.ts';
import {
	type PodPlace,
	deviceTo,
	hasServices,
	hostAt,
	isForNode,
	pastNetfilter,
	sharedBridge,
} from './whereabouts.ts';

type Bridged = {readonly bridge: string; readonly pod: string};

const isRequest = ({direction}: Journey): boolean => direction === 'request';

/** Into a pod or to a process of its node: a request is answered, an answer is looked at by the one who asked. */
const deliver = (host: Host): Stage => journey => (isRequest(journey)
	? follow(journey, passHairpin(host), reachBackend(host), turnRound, answerFrom(host.place, host.ip))
	: follow(journey, passHairpin(host), one => [finish(one)]));

const carryTo = (node: NodeView, owner: Place): Stage => journey => {
	const other = owner.kind === 'outside' ? undefined : journey.world.nodes.get(owner.node);
	if (other && other !== node) {
		return follow({...journey, packet: {...journey.packet, mark: 0}}, ...carry(node, other), arrive(other.name));
	}

	const isUnread = isRequest(journey) || owner.kind !== 'outside';
	return [isUnread ? doubt(journey, {node: node.name, stage: 'routing', because: `who has ${formatAddress(journey.packet.destination)} could not be read`}) : finish(journey)];
};

/** Past the hooks of a node: to a pod of its own, or to another node. */
const send = (node: NodeView): Stage => journey => {
	const host = hostAt(journey);
	if (host && nodeOf(host.place) === node.name) {
		return deliver(host)(journey);
	}

	const {packet: {destination}, attempt: {from, to}} = journey;
	const owner = destination.ip === from.ip ? from.place : hostOf(journey.world, destination.ip ?? '');
	if (owner) {
		return carryTo(node, owner)(journey);
	}

	const told = {node: node.name, stage: 'routing'};
	if (!isRequest(journey) || !isSameAddress(destination, to)) {
		return [doubt(journey, {...told, because: `${formatAddress(destination)} is no address of a pod or a node that was read`})];
	}

	return [hasServices(node)
		? lose(journey, {...told, by: 'no rule translates it', because: `nothing has translated ${formatAddress(to)}, which is nobody's address`})
		: doubt(journey, {...told, because: `no rule translates ${formatAddress(to)}; without kube-proxy something else may, such as eBPF`})];
};

const leave = (node: NodeView, device: string | undefined): Stage => journey => follow(
	journey,
	isRequest(journey) ? translateSource(node, device) : restoreSource(node),
	send(node),
);

const forward = (node: NodeView): Stage => journey => {
	const {isForwarding} = node;
	const told = {node: node.name, stage: 'routing'};
	if ('unknown' in isForwarding) {
		return [doubt(journey, {...told, because: isForwarding.unknown})];
	}

	if (!isForwarding.value) {
		return [lose(journey, {...told, by: 'ip_forward = 0', because: 'the node routes nothing for others'})];
	}

	const device = deviceTo(journey, node);
	return follow(journey, filter(node, 'FORWARD', {inInterface: journey.cameBy?.bridge, outInterface: device}), leave(node, device));
};

/** What IPVS sends on leaves the node as if it came from there. */
const sendOn = (node: NodeView): Stage => journey => {
	const device = deviceTo(journey, node);
	return follow(journey, filter(node, 'OUTPUT', {inInterface: '', outInterface: device}), leave(node, device));
};

const takeIn = (node: NodeView): Stage => journey => {
	const host = hostAt(journey);
	const told = {node: node.name, stage: 'INPUT'};
	const address = formatAddress(journey.packet.destination);
	if (!isRequest(journey)) {
		const isAsked = journey.attempt.from.place.kind === 'node' && journey.attempt.from.place.node === node.name;
		return [isAsked ? finish(journey) : lose(journey, {...told, because: `${address} is an address of ${node.name} itself, where nobody waits for this answer`})];
	}

	return host ? deliver(host)(journey) : [lose(journey, {...told, by: `${address} is the node's own`, because: 'nothing sends it on, and nobody is known to listen there'}, 'refused')];
};

const input = (node: NodeView): Stage => journey => follow(
	journey,
	filter(node, 'INPUT', {inInterface: journey.cameBy?.bridge, outInterface: ''}),
	one => (isRequest(one) ? balance(node)(one) : restoreSource(node, 'INPUT')(one)),
	// A backend on the node itself gets it at once (ip_vs_xmit.c, ip_vs_nat_send_or_cont).
	one => (isRequest(one) && one.translations.length > journey.translations.length && !isForNode(one, node, hostAt(one)) ? sendOn(node) : takeIn(node))(one),
);

const route = (node: NodeView): Stage => journey => {
	const isVip = isRequest(journey) && findServer(node, journey) !== undefined;
	return (isVip || isForNode(journey, node, hostAt(journey)) ? input(node) : forward(node))(journey);
};

const markTurned = (before: Journey): Stage => journey => [journey.cameBy && journey.packet.destination.ip !== before.packet.destination.ip
	? {...journey, cameBy: {...journey.cameBy, isTurned: true}}
	: journey];

/** A packet comes to a node to be routed: from a pod by its bridge, else from elsewhere. */
const arrive = (name: string, by?: Bridged): Stage => onNode(name, (given, node) => {
	const journey: Journey = {...given, cameBy: by && {...by, isTurned: false}};
	const devices: Devices = {inInterface: by?.bridge, outInterface: ''};
	return follow(journey, isRequest(journey) ? translateDestination(node, 'PREROUTING', devices) : restoreDestination(node), markTurned(journey), route(node));
});

/** The same where the bridge shows its frames to netfilter. */
const crossHooks = (seen: Journey, node: NodeView, bridge: string, host: Host): readonly Journey[] => {
	const devices: Devices = {inInterface: bridge, outInterface: bridge};
	return isRequest(seen)
		? follow(seen, translateDestination(node, 'PREROUTING', {...devices, outInterface: ''}), filter(node, 'FORWARD', devices), translateSource(node, bridge), deliver(host))
		: follow(seen, filter(node, 'FORWARD', devices), restoreSource(node), deliver(host));
};

/** A frame from one pod to another on the same bridge. */
const cross = (nodeName: string, bridge: string, host: Host): Stage => onNode(nodeName, (journey, node) => {
	const view = node.bridges.find(({name}) => name === bridge);
	const told = {node: nodeName, stage: `bridge ${bridge}`};
	if (view === undefined || 'unknown' in view.isFiltered) {
		return [doubt(journey, {...told, because: view && 'unknown' in view.isFiltered ? view.isFiltered.unknown : `${bridge} could not be read`})];
	}

	return view.isFiltered.value
		? crossHooks(note(journey, {...told, by: 'br_netfilter on', because: 'switched, and shown to netfilter on the way'}), node, bridge, host)
		: deliver(host)(pastNetfilter(journey, node, view));
});

/** On a bridge a pod's gateway is an address of the node, or of something that was not read. */
const isGatewayElsewhere = ({world}: Journey, place: PodPlace): boolean => {
	const node = world.nodes.get(place.node);
	return node !== undefined && place.gateway !== undefined && bridgeOf(place) !== undefined && !isOwn(node, place.gateway);
};

const fromPod = (place: PodPlace, ip: string | undefined): Stage => journey => {
	const host = hostAt(journey);
	const shared: Reading<string | undefined> = host && host.ip !== ip ? sharedBridge(place, host) : {value: undefined};
	if ('unknown' in shared) {
		return [doubt(journey, {node: place.node, stage: 'bridge', because: `whether the two share a bridge is not known: ${shared.unknown}`})];
	}

	if (host && shared.value !== undefined) {
		return cross(place.node, shared.value, host)(journey);
	}

	const bridge = bridgeOf(place)?.name;
	return isGatewayElsewhere(journey, place)
		? [doubt(journey, {node: place.node, stage: `bridge ${bridge}`, because: `the gateway ${place.gateway} is no address of ${place.node}: who takes the frame is not known`})]
		: arrive(place.node, bridge !== undefined && ip !== undefined ? {bridge, pod: ip} : undefined)(journey);
};

const inTurn = (...stages: readonly Stage[]): Stage => journey => follow(journey, ...stages);

/** From the node itself: OUTPUT, and IPVS there. */
const fromNode = (name: string): Stage => onNode(name, (journey, node) => {
	if (!isRequest(journey)) {
		const isHere = isForNode(journey, node, hostAt(journey));
		const device = deviceTo(journey, node);
		return follow(
			journey,
			filter(node, 'OUTPUT', {inInterface: '', outInterface: device}),
			restoreDestination(node, 'OUTPUT'),
			isHere ? inTurn(restoreSource(node), takeIn(node)) : leave(node, device),
		);
	}

	return follow(journey, translateDestination(node, 'OUTPUT', {inInterface: '', outInterface: undefined}), balance(node), doubtUntracked(node), one => {
		const isHere = isForNode(one, node, hostAt(one));
		return isHere ? follow(one, filter(node, 'OUTPUT', {inInterface: '', outInterface: 'lo'}), translateSource(node, 'lo'), input(node)) : sendOn(node)(one);
	});
});

const answerFrom = (place: Place, ip: string): Stage => (place.kind === 'pod' ? fromPod(place, ip) : (place.kind === 'node' ? fromNode(place.node) : journey => [finish(journey)]));

/** The request's first steps. */
export const depart: Stage = journey => {
	const {place, ip, via} = journey.attempt.from;
	if (place.kind === 'outside') {
		return arrive(via ?? '')(journey);
	}

	return place.kind === 'pod' ? fromPod(place, ip)(journey) : fromNode(place.node)(journey);
};

import {findRoute} from './carry.ts';
import {bridgeOf, nodeOf} from './ends.ts';
import {type Journey, note} from './journey.ts';
import {restoreSource} from './restore.ts';
import type {Reading} from './ruleset.ts';
import {
	type BridgeView,
	type Host,
	type NodeView,
	type Place,
	isOwn,
} from './world.ts';

export type PodPlace = Extract<Place, {readonly kind: 'pod'}>;

/** Who a packet goes to, where that is somebody known. */
export const hostAt = ({world: {hosts}, packet: {destination}}: Journey): Host | undefined => hosts.find(({ip}) => ip === destination.ip);

/** The device that a packet leaves by: the bridge of the pod that it goes to, else that of the route. */
export const deviceTo = (journey: Journey, node: NodeView): string | undefined => {
	const host = hostAt(journey);
	const isHere = host !== undefined && nodeOf(host.place) === node.name;
	return (isHere ? bridgeOf(host.place)?.name : undefined) ?? findRoute(node, journey.packet.destination.ip)?.device;
};

/** Whether kube-proxy is hooked into the rules of a node. */
export const hasServices = ({rulesets}: NodeView): boolean => 'value' in rulesets && rulesets.value.some(({rules}) => rules.some(({text}) => text.endsWith('-j KUBE-SERVICES')));

/** Whether a packet goes to the node itself, or to something on its own network. */
export const isForNode = ({packet: {destination}}: Journey, node: NodeView, host: Host | undefined): boolean =>
	destination.ip === undefined || (host ? host.place.kind === 'node' && host.place.node === node.name : isOwn(node, destination.ip));

/** Notes that a frame is switched without netfilter, and whether that leaves it untranslated. */
export const pastNetfilter = (journey: Journey, node: NodeView, {name}: BridgeView): Journey => {
	const isSkipped = restoreSource(node)(journey)[0] !== journey;
	return note(journey, {
		node: node.name, stage: `bridge ${name}`, by: 'br_netfilter off', because: isSkipped ? 'passes netfilter by, untranslated' : 'passes netfilter by',
	});
};

/** The bridge that two pods share; undefined where they share none, a reason where that is not known. */
export const sharedBridge = (place: PodPlace, host: Host): Reading<string | undefined> => {
	const {place: other} = host;
	if (other.kind !== 'pod' || other.node !== place.node) {
		return {value: undefined};
	}

	const unread = [place.bridge, other.bridge].find(bridge => 'unknown' in bridge);
	const here = bridgeOf(place)?.name;
	return unread ?? {value: here === bridgeOf(other)?.name ? here : undefined};
};

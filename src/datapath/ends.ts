import {
	type Journey,
	type Stage,
	doubt,
	lose,
	note,
} from './journey.ts';
import {
	type Host,
	type Place,
	formatAddress,
	isSameAddress,
} from './world.ts';

export const nodeOf = (place: Place): string | undefined => (place.kind === 'outside' ? undefined : place.node);

/** What a pod's port is plugged into; `undefined` also where that is not known. */
export const bridgeOf = (place: Place | undefined): {readonly name: string; readonly isHairpin: boolean | undefined} | undefined =>
	(place?.kind === 'pod' && 'value' in place.bridge ? place.bridge.value : undefined);

/** Only a frame that NAT turned round on the bridge itself stays on it; what was routed comes from the node (br_netfilter_hooks.c). */
const isSentBack = ({cameBy}: Journey, {ip}: Host): boolean => cameBy?.isTurned === true && cameBy.pod === ip;

/** Whether a frame that came in by this pod's own port and is sent back by it is let out. */
export const passHairpin = (host: Host): Stage => journey => {
	const bridge = bridgeOf(host.place);
	const view = journey.world.nodes.get(nodeOf(host.place) ?? '')?.bridges.find(({name}) => name === bridge?.name);
	const isOut = bridge?.isHairpin === true || !isSentBack(journey, host);
	if (isOut || view === undefined) {
		return [journey];
	}

	const told = {node: nodeOf(host.place), stage: `bridge ${view.name}`};
	if ('unknown' in view.isFiltered) {
		return [doubt(journey, {...told, because: view.isFiltered.unknown})];
	}

	if (view.isFiltered.value && bridge?.isHairpin === undefined) {
		return [doubt(journey, {...told, because: `hairpin_mode of the port of ${host.label} was not read`})];
	}

	return [view.isFiltered.value
		? lose(journey, {...told, by: 'hairpin_mode = 0', because: 'not sent back by its own port'})
		: journey];
};

const describeListening = (isAccepted: boolean | undefined): string => (isAccepted === undefined ? '' : (isAccepted ? ', and somebody listens' : ', and nobody listens: it refuses'));

/** A request that got to its backend. */
export const reachBackend = (host: Host): Stage => journey => {
	const {packet: {source, destination}} = journey;
	const told = {node: nodeOf(host.place), stage: host.label};
	if (source.ip === host.ip && host.place.kind === 'pod') {
		return [lose(journey, {...told, by: 'its own address as the source', because: 'gets a packet from its own address, and drops it as a martian'})];
	}

	const isAccepted = host.listens(destination.port ?? 0);
	return [{...note(journey, {...told, because: `sees ${formatAddress({ip: source.ip, port: undefined})}${describeListening(isAccepted)}`}), seenSource: source, isAccepted}];
};

/** The packet goes back to where it seems to come from. */
export const turnRound: Stage = journey => {
	const {packet} = journey;
	return [{
		...journey,
		direction: 'reply',
		cameBy: undefined,
		packet: {
			...packet, source: packet.destination, destination: packet.source, mark: 0,
		},
	}];
};

/** What the one who connected makes of the answer. */
export const finish = (journey: Journey): Journey => {
	const {attempt: {from, to}, packet: {source}, isAccepted} = journey;
	const told = {node: nodeOf(from.place), stage: from.label};
	if (isSameAddress(source, to)) {
		return {
			...note(journey, {...told, because: isAccepted === false ? 'is refused' : 'gets its answer'}),
			outcome: {does: 'delivered', isAccepted, answerFrom: source},
		};
	}

	// Its kernel resets what belongs to no connection, and goes on waiting (RFC 9293, 3.5.2).
	const because = `the answer is from ${formatAddress(source)}, not ${formatAddress(to)}`;
	return {
		...note(journey, {...told, because}),
		outcome: {
			does: 'lost', at: journey.steps.length, because, answer: 'timeout', answerFrom: source,
		},
	};
};

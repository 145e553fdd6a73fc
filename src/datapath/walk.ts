import {findRoute} from './carry.ts';
import {nodeOf} from './ends.ts';
import {
	type Journey,
	type Outcome,
	type Step,
	follow,
	note,
} from './journey.ts';
import {depart} from './path.ts';
import {
	type Address,
	type Attempt,
	type World,
	formatAddress,
	isOwn,
} from './world.ts';

/** What the rules do to one connection attempt, with one of its backends: every step there and back, and how it ends. */
export type Walk = {
	readonly attempt: Attempt;
	/** Where the rules send the request; undefined where it got to no backend. */
	readonly backend: Address | undefined;
	/** What the backend sees as the client. */
	readonly seenSource: Address | undefined;
	readonly steps: readonly Step[];
	readonly outcome: Outcome;
};

/** A node sends to an address of its own from that address, to others from the address of the device that the route leads to. */
const sourceOf = ({from, to}: Attempt, {nodes}: World): string | undefined => {
	const node = from.place.kind === 'node' ? nodes.get(from.place.node) : undefined;
	if (!node) {
		return from.ip;
	}

	const device = findRoute(node, to.ip)?.device;
	return isOwn(node, to.ip) ? to.ip : node.addresses.find(address => address.device === device && address.ip.includes(':') === to.ip.includes(':'))?.ip;
};

const begin = (attempt: Attempt, world: World): Journey => {
	const {from, to, protocol} = attempt;
	const journey: Journey = {
		world,
		attempt,
		direction: 'request',
		packet: {
			source: {ip: sourceOf(attempt, world), port: undefined}, destination: to, protocol, mark: 0,
		},
		steps: [],
		translations: [],
		cameBy: undefined,
		seenSource: undefined,
		isAccepted: undefined,
		outcome: undefined,
	};
	return note(journey, {node: nodeOf(from.place), stage: from.label, because: `dials ${formatAddress(to)}`});
};

const conclude = ({
	attempt, world, seenSource, steps, outcome, translations,
}: Journey): Walk => ({
	attempt,
	backend: translations.find(({kind}) => kind === 'DNAT')?.to ?? (world.hosts.some(({ip}) => ip === attempt.to.ip) ? attempt.to : undefined),
	seenSource,
	steps,
	outcome: outcome ?? {does: 'unknown', at: steps.length - 1, because: 'the way ends here'},
});

/** Carries one connection attempt through the rules of the nodes, there and back: one walk for each backend that the rules can choose. Pure. */
export const walk = (attempt: Attempt, world: World): readonly Walk[] => follow(begin(attempt, world), depart).map(journey => conclude(journey));

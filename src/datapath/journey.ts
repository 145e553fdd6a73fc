import {
	type Address,
	type Attempt,
	type NodeView,
	type WalkedPacket,
	type World,
	formatAddress,
} from './world.ts';

export type Direction = 'request' | 'reply';

/** One place that a packet passes, what decided there, and how the packet leaves it. */
export type Step = {
	readonly direction: Direction;
	/** Undefined where it is in no node: with somebody outside. */
	readonly node: string | undefined;
	/** `PREROUTING`, `bridge cni0`, `IPVS`, `routing`, … */
	readonly stage: string;
	/** The rule or the setting that decided; undefined where nothing had to. */
	readonly by: string | undefined;
	readonly packet: WalkedPacket;
	readonly because: string;
};

/** What a node changed of the request, and has to change back of the reply. */
export type Translation = {
	readonly node: string;
	readonly kind: 'DNAT' | 'SNAT';
	readonly by: 'conntrack' | 'IPVS';
	readonly from: Address;
	readonly to: Address;
};

/** How a connection attempt ends, as far as the rules tell. `at` counts steps from 0. */
export type Outcome =
	/** The answer comes back from the address that was dialled. `isAccepted`: whether somebody listens; undefined where that is not known. */
	| {readonly does: 'delivered'; readonly isAccepted: boolean | undefined; readonly answerFrom: Address}
	/** `answer` is what the one who connects learns of it; `answerFrom` is the wrong address that an answer came from. */
	| {readonly does: 'lost'; readonly at: number; readonly because: string; readonly answer: 'timeout' | 'refused' | 'unreachable'; readonly answerFrom?: Address}
	| {readonly does: 'unknown'; readonly at: number; readonly because: string};

/** A packet on its way, with everything that happened so far. */
export type Journey = {
	readonly world: World;
	readonly attempt: Attempt;
	readonly direction: Direction;
	readonly packet: WalkedPacket;
	readonly steps: readonly Step[];
	readonly translations: readonly Translation[];
	/** The bridge that it came in by, and the pod whose port that was. `isTurned`: NAT has changed there where it goes. */
	readonly cameBy: {readonly bridge: string; readonly pod: string; readonly isTurned: boolean} | undefined;
	/** What the backend saw as the source, once it was reached. */
	readonly seenSource: Address | undefined;
	/** Whether somebody listens at the backend; undefined where that is not known. */
	readonly isAccepted: boolean | undefined;
	readonly outcome: Outcome | undefined;
};

/** A part of the way: several journeys where the packet can go several ways, such as to each backend. */
export type Stage = (journey: Journey) => readonly Journey[];

/** Goes through stages in turn; what has ended goes no further. */
export const follow = (journey: Journey, ...stages: readonly Stage[]): readonly Journey[] => {
	let journeys: readonly Journey[] = [journey];
	for (const stage of stages) {
		journeys = journeys.flatMap(one => (one.outcome ? [one] : stage(one)));
	}

	return journeys;
};

type Note = {readonly node?: string | undefined; readonly stage: string; readonly by?: string | undefined; readonly because: string};

/** Notes a step, with the packet as it is after it. */
export const note = (journey: Journey, {node, stage, by, because}: Note, packet: WalkedPacket = journey.packet): Journey => ({
	...journey,
	packet,
	steps: [...journey.steps, {
		direction: journey.direction, node, stage, by, packet, because,
	}],
});

/** The packet is lost at the step that is noted. Who refuses an answer tells the one who gave it, and never the one who asked. */
export const lose = (journey: Journey, told: Note, answer: Extract<Outcome, {does: 'lost'}>['answer'] = 'timeout'): Journey => ({
	...note(journey, told),
	outcome: {
		does: 'lost', at: journey.steps.length, because: told.because, answer: journey.direction === 'reply' ? 'timeout' : answer,
	},
});

/** How it goes on from the step that is noted cannot be told. */
export const doubt = (journey: Journey, told: Note): Journey => ({...note(journey, told), outcome: {does: 'unknown', at: journey.steps.length, because: told.because}});

/** Rules of two nodes can send a packet to and fro; its TTL would end that. */
const maxSteps = 100;

/** Of a Service with more backends than these some ways are left out. */
export const maxWays = 12;

/** A stage on one node; where that could not be read, nothing is known. */
export const onNode = (name: string, stage: (journey: Journey, node: NodeView) => readonly Journey[]): Stage => journey => {
	const node = journey.world.nodes.get(name);
	if (journey.steps.length > maxSteps) {
		return [lose(journey, {node: name, stage: 'routing', because: 'the rules send it round in circles'})];
	}

	return node ? stage(journey, node) : [doubt(journey, {node: name, stage: 'rules', because: `${name} could not be read`})];
};

/** `10.244.0.18 → 10.98.171.178:8080`. */
export const formatPacket = ({source, destination}: Pick<WalkedPacket, 'source' | 'destination'>): string => `${formatAddress(source)} → ${formatAddress(destination)}`;

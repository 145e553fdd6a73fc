import {setImmediate as turn, setTimeout as sleep} from 'node:timers/promises';
import {
	type Outcome,
	type RecordedLine,
	keyOf,
} from './recording.ts';

/** One asking of a question: what comes is handed to `receive`, in the order in which it was recorded. */
export type Asking = {
	readonly receive: (outcome: Outcome) => void;
	readonly isAborted: () => boolean;
	/** Nothing more of the recording will come. */
	readonly dry: () => void;
	isFinished: boolean;
};

type Waiting = {readonly atMs: number; readonly outcome: Outcome; readonly asking: () => Asking | undefined};

// What came because of something that we did waits until we did it again.
const isDue = (asking: Asking, outcome: Outcome): boolean => {
	if (outcome.kind === 'run' && outcome.wasAborted) {
		return asking.isAborted();
	}

	return !('wasFinished' in outcome && outcome.wasFinished) || asking.isFinished;
};

// Counted in steps, so that a process that was kept from running has lost one step only.
const patienceSteps = 10;
const stepMs = 10;
const turnsToSettle = 8;

type Order = {
	readonly questions: ReadonlyMap<number, {readonly key: string; asking: Asking | undefined}>;
	readonly queue: readonly Waiting[];
	readonly speed: number;
	/** Ends the playing: nobody listens any more. */
	readonly signal: AbortSignal | undefined;
	/** Passed over, since nobody asked. */
	late: readonly Waiting[];
	isRunning: boolean;
	isPlayed: boolean;
	playedMs: number;
	bell: PromiseWithResolvers<boolean>;
};

const readOrder = (lines: readonly RecordedLine[], speed: number, signal: AbortSignal | undefined): Order => {
	const questions = new Map<number, {readonly key: string; asking: Asking | undefined}>();
	const queue: Waiting[] = [];
	for (const line of lines) {
		if ('asked' in line) {
			questions.set(line.id, {key: keyOf(line.asked), asking: undefined});
		} else {
			queue.push({atMs: line.atMs, outcome: line.came, asking: () => questions.get(line.id)?.asking});
		}
	}

	return {
		questions, queue, speed, signal, late: [], isRunning: false, isPlayed: false, playedMs: lines.at(0)?.atMs ?? 0, bell: Promise.withResolvers(),
	};
};

const wasGiven = ({asking: find, outcome}: Waiting): boolean => {
	const asking = find();
	if (!asking || !isDue(asking, outcome)) {
		return false;
	}

	asking.receive(outcome);
	return true;
};

const giveLate = (order: Order): void => {
	order.late = order.late.filter(waiting => !wasGiven(waiting));
};

const settle = async (): Promise<void> => {
	for (let count = 0; count < turnsToSettle; count++) {
		// eslint-disable-next-line no-await-in-loop
		await turn();
	}
};

/** Resolves with whether anything was asked or stopped before patience ended. */
const hasNews = async (order: Order): Promise<boolean> => {
	let isRung = false;
	for (let step = 0; !isRung && step < patienceSteps; step++) {
		// eslint-disable-next-line no-await-in-loop
		isRung = await Promise.race([order.bell.promise, sleep(stepMs, false)]);
	}

	order.bell = Promise.withResolvers();
	return isRung;
};

const playNext = async (order: Order, next: Waiting): Promise<void> => {
	if (Number.isFinite(order.speed) && next.atMs > order.playedMs) {
		await sleep((next.atMs - order.playedMs) / order.speed, undefined, {signal: order.signal});
	}

	order.playedMs = Math.max(order.playedMs, next.atMs);
	while (order.signal?.aborted !== true && !wasGiven(next)) {
		// eslint-disable-next-line no-await-in-loop
		if (!await hasNews(order)) {
			order.late = [...order.late, next];
			break;
		}
	}

	await settle();
};

const playAll = async (order: Order): Promise<void> => {
	for (const next of order.queue) {
		// eslint-disable-next-line no-await-in-loop
		await playNext(order, next);
		order.signal?.throwIfAborted();
	}
};

const play = async (order: Order): Promise<void> => {
	order.isRunning = true;
	try {
		await playAll(order);
	} catch (error) {
		if (order.signal?.aborted !== true) {
			throw error;
		}
	}

	order.isPlayed = true;
	giveLate(order);
	for (const {asking} of order.questions.values()) {
		asking?.dry();
	}
};

/**
 Plays a recording's outcomes in the order in which they came, each once its question was asked again.
 `speed` divides the time between them; Infinity leaves none. Where nobody asks for what is next, it is passed over until somebody does.
 After `signal` nothing more comes.
 */
export const createReplayOrder = (lines: readonly RecordedLine[], speed: number, signal?: AbortSignal) => {
	const order = readOrder(lines, speed, signal);
	const stir = (): void => {
		order.bell.resolve(true);
		giveLate(order);
	};

	return {
		/** Asks again. Where the recording has no such question, or not so often, it is dry at once. */
		ask(key: string, asking: Asking): void {
			const question = order.questions.values().find(candidate => candidate.asking === undefined && candidate.key === key);
			if (!question) {
				asking.dry();
				return;
			}

			question.asking = asking;
			stir();
			if (order.isPlayed) {
				asking.dry();
			} else if (!order.isRunning) {
				void play(order);
			}
		},
		/** Somebody stopped a stream, or lost interest. */
		stir,
	};
};

export type ReplayOrder = ReturnType<typeof createReplayOrder>;

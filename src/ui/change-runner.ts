import {UserFacingError} from '../user-facing-error.ts';
import type {IncidentSource} from './incident-source.ts';
import {type Repair, type ShownChange, isBusy} from './repair.ts';
import type {Store} from './store.ts';

/** One repair at a time, shown as it goes. */
export type ChangeRunner = {
	/** Shows what the repair of the cause would be, or a change that was named; where one was made already, that one. */
	prepare(change?: string): void;
	make(): void;
	undo(): void;
	/** Stops what goes on where it can be stopped, and waits until all is closed. */
	stop(because: Error): Promise<void>;
};

const begun: ShownChange = {
	phase: 'preparing', preview: undefined, news: [], result: undefined, failure: undefined,
};

type Show = (part: Partial<ShownChange>) => void;

type Step = () => Promise<Partial<ShownChange>>;

/** Runs one step and shows what it says in the end, also why it could not be done. */
const createStepper = (show: Show, onDefect: (error: unknown) => void) => async (phase: ShownChange['phase'], step: Step): Promise<void> => {
	show({phase, failure: undefined});
	try {
		show(await step());
	} catch (error) {
		if (error instanceof UserFacingError) {
			show({phase: 'failed', failure: {because: error.because, tryThis: error.tryThis}});
		} else {
			onDefect(error);
		}
	}
};

const prepareRepair = async ({prepare}: Repair): Promise<Partial<ShownChange>> => {
	const {text, isNeeded} = await prepare();
	return {phase: isNeeded ? 'ready' : 'idle', preview: text, news: []};
};

const makeRepair = async ({make}: Repair, source: IncidentSource, store: Store): Promise<Partial<ShownChange>> => {
	const {text, after} = await make();
	if (after) {
		store.update({state: after, repairs: source.repairs(after)});
	}

	return {phase: 'made', result: text};
};

const undoRepair = async ({undo}: Repair): Promise<Partial<ShownChange>> => {
	const sentence = await undo();
	return {phase: 'undone', result: () => sentence};
};

export const createChangeRunner = (source: IncidentSource, store: Store, onDefect: (error: unknown) => void): ChangeRunner => {
	const controller = new AbortController();
	let repair: Repair | undefined;
	let running: Promise<void> = Promise.resolve();
	const show: Show = part => {
		store.update({change: {...(store.get().change ?? begun), ...part}});
	};

	const tell = (news: string): void => {
		show({news: [...(store.get().change?.news ?? []), news]});
	};

	const step = createStepper(show, onDefect);
	const begin = async (named: string | undefined): Promise<Partial<ShownChange>> => {
		await repair?.close();
		repair = source.beginRepair?.(store.get().state, {tell, signal: controller.signal, change: named});
		return repair ? prepareRepair(repair) : {};
	};

	const proceed = (phase: ShownChange['phase'], act: (repair: Repair) => Promise<Partial<ShownChange>>): void => {
		const current = repair;
		if (current && !isBusy(store.get().change)) {
			running = step(phase, async () => act(current));
		}
	};

	return {
		prepare(named) {
			const {change} = store.get();
			if (!source.beginRepair || isBusy(change) || change?.phase === 'made') {
				return;
			}

			store.update({change: undefined});
			running = step('preparing', async () => begin(named));
		},
		make() {
			proceed('making', async current => makeRepair(current, source, store));
		},
		undo() {
			proceed('undoing', async current => undoRepair(current));
		},
		async stop(because) {
			controller.abort(because);
			await running;
			await repair?.close();
		},
	};
};

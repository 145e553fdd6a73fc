import type {ChangeRunner} from './change-runner.ts';
import type {IncidentSource} from './incident-source.ts';
import type {SessionRunner} from './session-runner.ts';
import type {Store} from './store.ts';

/** How the screens were left. `isAtOnce`: what was started may still be ending. */
export type Leaving = {readonly isAtOnce: boolean; readonly defect: unknown};

/** The one way out. */
export type WayOut = {
	/** Ends the session and its captures, and a change where it can be ended, then removes what was made. The second time it does not wait for that. */
	readonly leave: () => void;
	/** For a second ctrl-c, and for a defect. */
	readonly leaveAtOnce: (defect?: unknown) => void;
	readonly left: Promise<Leaving>;
};

type Leavable = {
	readonly store: Store;
	readonly source: IncidentSource;
	readonly session: () => SessionRunner;
	readonly changes: () => ChangeRunner;
	/** Gives the keyboard back. */
	readonly closeShell: () => void;
};

export const createWayOut = ({store, source, session, changes, closeShell}: Leavable): WayOut => {
	const {promise: left, resolve: finish} = Promise.withResolvers<Leaving>();
	const leaveAtOnce = (defect?: unknown): void => {
		finish({isAtOnce: true, defect});
	};

	const leaveInOrder = async (): Promise<void> => {
		store.update({view: {...store.get().view, isLeaving: true, prompt: undefined}});
		closeShell();
		try {
			const because = new Error('the screens were left');
			await Promise.all([session().stop(because), changes().stop(because)]);
			await source.close();
			finish({isAtOnce: false, defect: undefined});
		} catch (error) {
			leaveAtOnce(error);
		}
	};

	return {
		left,
		leaveAtOnce,
		leave() {
			if (store.get().view.isLeaving) {
				leaveAtOnce();
				return;
			}

			void leaveInOrder();
		},
	};
};

import {checks} from './catalogue/index.ts';
import {listChanges} from './incident-repair.ts';
import type {PeopleOptions} from './runbook/people.ts';
import type {Runbook} from './runbook/runbook.ts';
import type {People, WalkNews} from './runbook/scene.ts';
import type {Walk} from './runbook/walk.ts';
import {type SessionEvent, initialState, reduce} from './session-state.ts';
import type {IncidentSource} from './ui/incident-source.ts';
import {UserFacingError} from './user-facing-error.ts';
import {createWalkGuide} from './walk-guide.ts';

/** How a walk reaches the screens. */
export type WalkHooks = {
	readonly session: (event: SessionEvent) => void;
	readonly walk: (news: WalkNews) => void;
	readonly warn: (line: string) => void;
	readonly people: (options: PeopleOptions) => People;
	readonly signal: AbortSignal;
};

/** A step that goes on when the screens are left ends as one that could not be done, so that what is in force is told. */
const explainLeaving = (signal: AbortSignal): AbortSignal => {
	const controller = new AbortController();
	signal.addEventListener('abort', () => {
		controller.abort(new UserFacingError('the screens were left', 'walk it again at any time'));
	}, {once: true});
	return controller.signal;
};

/** A runbook as something that the screens can show. `walked`: what came of it, once it has ended. */
export const createWalkSource = (runbook: Runbook, perform: (hooks: WalkHooks) => Promise<Walk>): {readonly source: IncidentSource; readonly walked: () => Walk | undefined} => {
	const guide = createWalkGuide(runbook);
	let walked: Walk | undefined;
	return {
		walked: () => walked,
		source: {
			checks,
			guide,
			async run(_pair, watch, left) {
				const signal = explainLeaving(left);
				let state = initialState;
				walked = await perform({
					session(event) {
						state = reduce(event.type === 'target-resolved' ? initialState : state, event);
						watch(event, state);
					},
					walk: guide.tell,
					warn: guide.warn,
					people: options => guide.people(options, signal),
					signal,
				});
				guide.end(walked);
				return state;
			},
			repairs: () => [],
			whyUnchangeable: 'the runbook makes the changes, and asks before each',
			whyUnkept: 'a runbook is kept by --bundle FILE, from its beginning on',
			journal: listChanges,
			farewell: [],
			close: async () => undefined,
		},
	};
};

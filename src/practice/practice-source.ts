import {performance} from 'node:perf_hooks';
import type {KeptIncident} from '../bundle/keep-incident.ts';
import {type Bundle, readBundle} from '../bundle/read-bundle.ts';
import {repairsOfCause} from '../check-command.ts';
import {checks} from '../catalogue/index.ts';
import {createIncidentKeeper} from '../incident-keeper.ts';
import type {PracticeIncident} from '../practice-incidents.ts';
import {runRecorded} from '../recorded-session.ts';
import type {SessionState} from '../session-state.ts';
import type {IncidentSource} from '../ui/incident-source.ts';
import {type PracticeWorld, practiseRepair} from './practice-repair.ts';
import {findRecordings, recordingOf} from './read-recordings.ts';

type Watch = Parameters<IncidentSource['run']>[1];

const longestMs = 4000;

/** Real time, but for recordings that took longer than somebody who practises wants to wait. */
const speedOf = ({lines}: Bundle): number => {
	const times = lines.filter(({world}) => world === lines[0].world).map(({atMs}) => atMs);
	return Math.max(1, ((times.at(-1) ?? 0) - (times.at(0) ?? 0)) / longestMs);
};

/** What was found in a practice incident. */
export const readFound = async (incident: PracticeIncident): Promise<Bundle> => {
	const file = recordingOf(incident);
	return readBundle(file, findRecordings()(file));
};

const describeJournal = ({now}: PracticeWorld): string => (now.change === undefined
	? 'nothing is changed in this practice now\n'
	: `PRACTISED, and nowhere else\n${now.change}  in force until u puts it back\n`);

export type PracticeOptions = {
	readonly isHurried: boolean;
	/** Said once, at the beginning. */
	readonly notice?: string;
};

/** A practice incident: every state of its world was recorded on a real cluster, and is asked through the same engine. */
export const createPracticeSource = (incident: PracticeIncident, found: Bundle, {isHurried, notice}: PracticeOptions): IncidentSource => {
	const keeper = createIncidentKeeper();
	let unsaid = notice;
	const play = async (watch: Watch, signal: AbortSignal, kept?: KeptIncident): Promise<SessionState> => runRecorded(world.now.bundle, {
		speed: isHurried ? Infinity : speedOf(world.now.bundle),
		onEvent(event, state) {
			if (world.now.change === undefined && state.diagnosis) {
				world.seen = state;
			}

			watch(event, state);
		},
		signal,
		isWatched: true,
		kept,
		keepCaptures: keeper.keepCaptures,
	});
	const world: PracticeWorld = {
		incident, found, isHurried, seen: undefined, now: {bundle: found, change: undefined},
		examine: async signal => play(() => undefined, signal),
	};
	return {
		label: {word: 'PRACTICE', says: 'nothing real is changed'},
		checks,
		async run(_pair, watch, signal, tell) {
			if (unsaid !== undefined) {
				tell(unsaid);
				unsaid = undefined;
			}

			const startedAt = performance.now();
			return play(watch, signal, await keeper.begin(found.manifest, () => performance.now() - startedAt));
		},
		repairs: repairsOfCause,
		beginRepair: keeper.noteChanges(practiseRepair(world)),
		changes: incident.changes,
		journal: async () => describeJournal(world),
		farewell: [`practice  nothing real was changed; again: hairpin demo ${incident.name}`, '          on a cluster of your own: hairpin svc/NAME --from pod/NAME'],
		keepBundle: keeper.writeBundle,
		keepPackets: keeper.writePackets,
		filesKept: keeper.lines,
		close: keeper.end,
	};
};

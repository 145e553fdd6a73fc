import {describeCut} from './bundle/describe-cut.ts';
import type {Bundle} from './bundle/read-bundle.ts';
import {repairsOfCause} from './check-command.ts';
import {checks} from './catalogue/index.ts';
import {createIncidentKeeper} from './incident-keeper.ts';
import {runRecorded} from './recorded-session.ts';
import type {IncidentSource} from './ui/incident-source.ts';

/** An incident that was kept in a bundle, to look at. */
export const createBundleSource = (bundle: Bundle): IncidentSource => {
	const keeper = createIncidentKeeper();
	return {
		label: {word: 'RECORDED', says: describeCut(bundle) ?? (bundle.manifest.redacted === true ? 'read from a file, with pseudonyms; no cluster is asked' : 'read from a file; no cluster is asked')},
		checks,
		run: async (_pair, watch, signal) => runRecorded(bundle, {
			speed: Infinity, onEvent: watch, signal, isWatched: true, keepCaptures: keeper.keepCaptures,
		}),
		repairs: repairsOfCause,
		whyUnchangeable: 'this is a recording: what it shows is not there to be changed',
		whyUnkept: 'it was read from a bundle',
		keepPackets: keeper.writePackets,
		filesKept: keeper.lines,
		close: async () => undefined,
	};
};

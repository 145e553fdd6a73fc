import {setTimeout as sleep} from 'node:timers/promises';
import {replay} from '../access/recorded.ts';
import type {MadeChange} from '../bundle/format.ts';
import {type Bundle, readBundle} from '../bundle/read-bundle.ts';
import {nameChange} from '../changes/change.ts';
import {formatComparison, isIdle} from '../fix-command.ts';
import {chooseChange} from '../fix/choose-change.ts';
import {type PreparedFix, prepareFix} from '../fix/prepare-fix.ts';
import type {PracticeIncident} from '../practice-incidents.ts';
import {formatPreview} from '../report/fix-text.ts';
import {stampLine} from '../report/progress.ts';
import {type SessionState, evidenceOf} from '../session-state.ts';
import type {BeginRepair} from '../ui/repair.ts';
import {UserFacingError} from '../user-facing-error.ts';
import {findRecordings, recordingOf} from './read-recordings.ts';

/** The world as it is at this moment of the practice. */
export type PracticeWorld = {
	readonly incident: PracticeIncident;
	/** What was found at first. */
	readonly found: Bundle;
	/** The state that is asked now, and the change that led to it. */
	now: {readonly bundle: Bundle; readonly change: string | undefined};
	/** What was seen last of the state that was found: the screens may still show one that was left since. */
	seen: SessionState | undefined;
	readonly isHurried: boolean;
	readonly examine: (signal: AbortSignal) => Promise<SessionState>;
};

const nameWanted = ({incident}: PracticeWorld, state: SessionState, named: string | undefined): string => {
	const id = named ?? state.diagnosis?.cause?.check.id;
	if (id === undefined) {
		throw new UserFacingError('there is no cause to repair', 'wait for the verdict');
	}

	const {recipe, value} = chooseChange(id, evidenceOf(state));
	const change = nameChange(recipe, value);
	if (!incident.changes.includes(change)) {
		throw new UserFacingError(`nobody recorded what ${change} leads to here`, `practise with one of these: ${incident.changes.map(name => `:fix ${name}`).join(', ')}`);
	}

	return change;
};

const longestNewsMs = 1500;

/** What was told while the change was made for real, in a part of the time that it took. */
const tellNews = async ({isHurried}: PracticeWorld, made: MadeChange | undefined, tell: (line: string) => void, signal: AbortSignal): Promise<void> => {
	const news = made?.news ?? [];
	const speed = isHurried ? Infinity : Math.max(1, ((news.at(-1)?.atMs ?? 0) - (news.at(0)?.atMs ?? 0)) / longestNewsMs);
	for (const [index, {atMs, says}] of news.entries()) {
		// eslint-disable-next-line no-await-in-loop
		await sleep(index === 0 ? 0 : (atMs - news[index - 1].atMs) / speed, undefined, {signal});
		tell(stampLine(atMs, says));
	}
};

const openChanged = async ({incident}: PracticeWorld, change: string): Promise<Bundle> => {
	const file = recordingOf(incident, change);
	return readBundle(file, findRecordings()(file));
};

/** Repairs in a world of recordings: what a change would do is worked out from the recorded evidence, and made is switching to the state that it led to. */
export const practiseRepair = (world: PracticeWorld): BeginRepair => (shown, {tell, signal, change: named}) => {
	const state = world.seen ?? shown;
	let prepared: PreparedFix | undefined;
	return {
		async prepare() {
			const change = nameWanted(world, state, named);
			const fix = await prepareFix(state, {
				...replay(world.found.lines, Infinity, change, signal),
				options: {
					id: change, isAllNodes: true, nodes: [], forSeconds: 0,
				},
				signal,
				onNodes: () => undefined,
			});
			prepared = fix;
			return {text: columns => formatPreview(fix.preview, columns), isNeeded: !isIdle(fix), isCutting: fix.preview.isCutting};
		},
		async make() {
			if (prepared === undefined) {
				throw new UserFacingError('the change was not shown yet', 'look at it first: f');
			}

			const {id} = prepared.change;
			const bundle = await openChanged(world, id);
			await tellNews(world, bundle.change, tell, signal);
			world.now = {bundle, change: id};
			const after = await world.examine(signal);
			return {text: columns => `${formatComparison(state, after, columns - 2).join('\n')}\n`, after};
		},
		async undo() {
			world.now = {bundle: world.found, change: undefined};
			return `put back: ${prepared?.change.recipe.title(prepared.change.value) ?? 'all of it'}`;
		},
		close: async () => undefined,
	};
};

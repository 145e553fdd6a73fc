import {writeFile} from 'node:fs/promises';
import {buffer} from 'node:stream/consumers';
import type {Output} from './check-command.ts';
import {chooseFrontEnd, readTerminal} from './front-end.ts';
import {printJudged} from './judge-command.ts';
import type {DemoOptions} from './options.ts';
import {findRecordings, recordingOf} from './practice/read-recordings.ts';
import {createPracticeSource, readFound} from './practice/practice-source.ts';
import {type PracticeIncident, practiceIncidents} from './practice-incidents.ts';
import {showScreens} from './show-screens.ts';
import {UserFacingError} from './user-facing-error.ts';

const keepBundle = async (incident: PracticeIncident, file: string): Promise<void> => {
	try {
		await writeFile(file, await buffer(findRecordings()(recordingOf(incident))));
	} catch (error) {
		throw new UserFacingError(`the bundle cannot be written to ${file}: ${error instanceof Error ? error.message : String(error)}`, 'name a file that can be written: --bundle FILE');
	}
};

/** `hairpin demo`: an incident to practise on, without a cluster. Resolves with the exit code of the last session. */
export const demo = async ({name, isPlain, isJson, isWalked, isHurried, bundleFile}: DemoOptions, output: Output, signal: AbortSignal): Promise<number> => {
	const incident = practiceIncidents.find(candidate => candidate.name === name) ?? practiceIncidents[0];
	if (bundleFile !== undefined) {
		await keepBundle(incident, bundleFile);
	}

	const found = await readFound(incident);
	const {service, from} = found.manifest;
	if (chooseFrontEnd(readTerminal(isPlain || isJson)).kind === 'screens') {
		return showScreens(createPracticeSource(incident, found, isHurried), {service, from}, output, signal);
	}

	output.warn(`hairpin: practice, recorded on a real cluster: ${incident.title}`);
	return printJudged(found, {isJson, isWalked}, output, signal);
};

import {buffer} from 'node:stream/consumers';
import {writeWholeBundle} from './bundle/write-bundle.ts';
import type {Output} from './check-command.ts';
import {chooseFrontEnd, readTerminal} from './front-end.ts';
import {printJudged} from './judge-command.ts';
import type {DemoOptions} from './options.ts';
import {findRecordings, recordingOf} from './practice/read-recordings.ts';
import {createPracticeSource, readFound} from './practice/practice-source.ts';
import {type PracticeIncident, practiceIncidents} from './practice-incidents.ts';
import {showScreens} from './show-screens.ts';

const keepBundle = async (incident: PracticeIncident, file: string): Promise<void> => {
	await writeWholeBundle(file, await buffer(findRecordings()(recordingOf(incident))));
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

import {buffer} from 'node:stream/consumers';
import {writeWholeBundle} from './bundle/write-bundle.ts';
import type {Output} from './check-command.ts';
import {chooseFrontEnd, explainLines, readTerminal} from './front-end.ts';
import {printJudged} from './judge-command.ts';
import type {DemoOptions} from './options.ts';
import {findRecordings, recordingOf} from './practice/read-recordings.ts';
import {type PracticeOptions, createPracticeSource, readFound} from './practice/practice-source.ts';
import {type PracticeIncident, practiceIncidents} from './practice-incidents.ts';
import {showScreens} from './show-screens.ts';

const keepBundle = async (incident: PracticeIncident, file: string): Promise<void> => {
	await writeWholeBundle(file, await buffer(findRecordings()(recordingOf(incident))));
};

/** An incident to practise on, on the screens; the first one where none is named. Resolves with the exit code of the last session. */
export const practise = async (incident: PracticeIncident | undefined, options: PracticeOptions, output: Output, signal: AbortSignal): Promise<number> => {
	const chosen = incident ?? practiceIncidents[0];
	const found = await readFound(chosen);
	const {service, from} = found.manifest;
	return showScreens(createPracticeSource(chosen, found, options), {service, from}, output, signal);
};

/** `hairpin demo`: an incident to practise on, without a cluster. Resolves with the exit code of the last session. */
export const demo = async ({name, isPlain, isJson, isWalked, isHurried, bundleFile}: DemoOptions, output: Output, signal: AbortSignal): Promise<number> => {
	const incident = practiceIncidents.find(candidate => candidate.name === name) ?? practiceIncidents[0];
	if (bundleFile !== undefined) {
		await keepBundle(incident, bundleFile);
	}

	const front = chooseFrontEnd(readTerminal(isPlain || isJson));
	if (front.kind === 'screens') {
		return practise(incident, {isHurried}, output, signal);
	}

	const found = await readFound(incident);
	if (!isPlain && !isJson) {
		output.warn(explainLines(front.because));
	}

	output.warn(`hairpin: practice, recorded on a real cluster: ${incident.title}`);
	return printJudged(found, {isJson, isWalked}, output, signal);
};

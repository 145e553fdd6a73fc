import {writeFile} from 'node:fs/promises';
import type {Output} from './check-command.ts';
import type {ReportOptions} from './options.ts';
import {readBuild} from './read-build.ts';
import {formatHtml} from './report/html.ts';
import type {Incident, TimelineEntry} from './report/incident.ts';
import {formatJunit} from './report/junit.ts';
import {formatMarkdown} from './report/markdown.ts';
import {describeEvent} from './report/progress.ts';
import type {SessionEvent} from './session-state.ts';
import {UserFacingError} from './user-facing-error.ts';

/** Keeps what happened, as a report tells it. */
export type Timeline = {
	note(event: SessionEvent): void;
	noteText(entry: TimelineEntry): void;
	entries(): readonly TimelineEntry[];
};

export const createTimeline = (): Timeline => {
	const entries: TimelineEntry[] = [];
	return {
		note(event) {
			const text = describeEvent(event);
			if (text !== undefined) {
				entries.push({atMs: event.atMs, text});
			}
		},
		noteText(entry) {
			entries.push(entry);
		},
		entries: () => entries,
	};
};

/** An incident as of now, by this hairpin. */
export const stampIncident = (incident: Omit<Incident, 'version' | 'writtenAt'>): Incident => ({...incident, version: readBuild().version, writtenAt: new Date().toISOString()});

const printed = '-';

const listReports = ({markdownFile, htmlFile, junitFile}: ReportOptions) => [
	{file: markdownFile, format: formatMarkdown},
	{file: htmlFile, format: formatHtml},
	{file: junitFile, format: formatJunit},
];

/** The report that takes the place of the text, where one was named `-`. */
export const formatPrinted = (options: ReportOptions | undefined, incident: Incident): string | undefined =>
	(options === undefined ? undefined : listReports(options).find(({file}) => file === printed)?.format(incident));

/** Writes each report that has a file. Throws `UserFacingError` where one cannot be written. */
export const writeReports = async (options: ReportOptions | undefined, incident: Incident, {warn}: Output): Promise<void> => {
	for (const {file, format} of options === undefined ? [] : listReports(options)) {
		if (file === undefined || file === printed) {
			continue;
		}

		try {
			// eslint-disable-next-line no-await-in-loop
			await writeFile(file, format(incident));
		} catch (error) {
			throw new UserFacingError(`the report cannot be written to ${file}: ${error instanceof Error ? error.message : String(error)}`, 'name a file that can be written, with room for it, or - to print it');
		}

		warn(`wrote ${file}`);
	}
};

import type {Command} from 'commander';

/** Reports that are written to files besides what is printed; `-` prints one instead. */
export type ReportOptions = {
	readonly markdownFile: string | undefined;
	readonly htmlFile: string | undefined;
	readonly junitFile: string | undefined;
	/** Whether names, addresses and secrets are replaced in all that is printed and written. */
	readonly isRedacted: boolean;
};

export type ReportFlags = {
	readonly markdown?: string;
	readonly html?: string;
	readonly junit?: string;
	readonly redact?: true;
};

/** `redacted` says where --redact replaces names. */
export const addReportOptions = (command: Command, redacted: string): Command => command
	.option('--markdown <file>', 'write the incident as Markdown, ready to be pasted into an issue')
	.option('--html <file>', 'write it as one page that needs nothing else')
	.option('--junit <file>', 'write it as JUnit XML')
	.option('--redact', `replace names, addresses and secrets by pseudonyms in ${redacted}`);

/** Throws commander's error where more reports are to be printed than may be. */
export const readReportFlags = (command: Command, {markdown, html, junit, redact}: ReportFlags, mostPrinted: number): ReportOptions => {
	if ([markdown, html, junit].filter(file => file === '-').length > mostPrinted) {
		command.error('error: standard output has room for one report: name a file for each of the others');
	}

	return {
		markdownFile: markdown, htmlFile: html, junitFile: junit, isRedacted: redact === true,
	};
};

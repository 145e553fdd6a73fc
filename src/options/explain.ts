import type {Command} from 'commander';

export type ExplainOptions = {
	readonly command: 'explain';
	/** Of a check; undefined where all are meant. */
	readonly id: string | undefined;
	/** All that is known of every check, as Markdown. */
	readonly isWhole: boolean;
};

export const describeExplain = (program: Command, done: (options: ExplainOptions) => void): void => {
	program.command('explain')
		.summary('what a check asks, and why that decides the path')
		.description('Lists the checks; with the id of one, tells why it decides the path and what repairs it. Needs no cluster.')
		.argument('[check]', 'the id of a check, as reports print it')
		.option('--all', 'all that is known of every check, as Markdown')
		.action((id: string | undefined, flags: {readonly all?: true}) => {
			done({command: 'explain', id, isWhole: flags.all === true});
		});
};

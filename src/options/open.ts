import {type Command, Option} from 'commander';
import type {JudgeOptions} from './check.ts';

export const describeOpen = (program: Command, done: (options: JudgeOptions) => void): void => {
	program.command('open')
		.summary('show an incident that was kept in a file')
		.description('Judges what a bundle holds with the checks of this hairpin, and shows it on the screens; without a terminal it prints the report. Needs no cluster.')
		.argument('<file>', 'what hairpin check --bundle FILE wrote')
		.addOption(new Option('--plain', 'the report as text, as where there is no terminal').conflicts('json'))
		.addOption(new Option('--walk', 'the report as text, and of every probe each step that the rules make of its packets, there and back').conflicts('json'))
		.option('--json', 'print hairpin/report/v1')
		.addOption(new Option('--redact <file>', 'instead of showing it: write the same bundle there with pseudonyms for names and addresses, in its packets too, and without secrets').conflicts(['plain', 'json', 'walk']))
		.action((file: string, flags: {readonly plain?: true; readonly json?: true; readonly walk?: true; readonly redact?: string}) => {
			done({
				command: 'judge', file, isJson: flags.json === true, isPlain: flags.plain === true || flags.walk === true, isWalked: flags.walk === true, redactedFile: flags.redact,
			});
		});
};

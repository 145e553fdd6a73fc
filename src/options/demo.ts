import {type Command, Argument, Option} from 'commander';
import {practiceIncidents} from '../practice-incidents.ts';

export type DemoOptions = {
	readonly command: 'demo';
	/** Of a practice incident. */
	readonly name: string;
	readonly isPlain: boolean;
	readonly isJson: boolean;
	readonly isWalked: boolean;
	/** Leave out the pauses of the recording. */
	readonly isHurried: boolean;
	/** Write what was found there. */
	readonly bundleFile: string | undefined;
};

type DemoFlags = {readonly plain?: true; readonly json?: true; readonly walk?: true; readonly wait: boolean; readonly bundle?: string};

export const describeDemo = (program: Command, done: (options: DemoOptions) => void): void => {
	const names = practiceIncidents.map(({name}) => name);
	program.command('demo')
		.summary('an incident to practise on, without a cluster')
		.description('Shows an incident that was recorded on a real cluster, to be examined, repaired and put back with every key. Nothing real is asked or changed.')
		.addArgument(new Argument('[name]', 'which one').choices(names).default(names[0]))
		.addHelpText('after', `\n${practiceIncidents.map(({name, title}) => `  ${name.padEnd(14)}${title}`).join('\n')}`)
		.addOption(new Option('--plain', 'the report as text, as where there is no terminal').conflicts('json'))
		.addOption(new Option('--walk', 'the report as text, and of every probe each step that the rules make of its packets, there and back').conflicts('json'))
		.option('--json', 'print hairpin/report/v1')
		.option('--bundle <file>', 'also write what was found to a file, for hairpin open')
		.option('--no-wait', 'leave out the pauses of the recording')
		.action((name: string, flags: DemoFlags) => {
			done({
				command: 'demo', name, isPlain: flags.plain === true || flags.walk === true, isWalked: flags.walk === true, isJson: flags.json === true, isHurried: !flags.wait, bundleFile: flags.bundle,
			});
		});
};

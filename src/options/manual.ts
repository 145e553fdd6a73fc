import {type Command, Argument} from 'commander';
import {type CommandFacts, readCommandTree} from './command-tree.ts';

export type ShellName = 'bash' | 'zsh' | 'fish';

export type ManualOptions =
	| {readonly command: 'completion'; readonly shell: ShellName; readonly tree: readonly CommandFacts[]}
	| {readonly command: 'man'; readonly tree: readonly CommandFacts[]};

export const describeManual = (program: Command, done: (options: ManualOptions) => void): void => {
	program.command('completion')
		.summary('what a shell needs to complete what is typed')
		.description('Prints a script with which a shell completes commands, options and their values.')
		.addArgument(new Argument('<shell>', 'whose script').choices(['bash', 'zsh', 'fish']))
		.addHelpText('after', '\nbash: source <(hairpin completion bash)\nzsh: hairpin completion zsh > "${fpath[1]}/_hairpin"\nfish: hairpin completion fish > ~/.config/fish/completions/hairpin.fish') // eslint-disable-line no-template-curly-in-string
		.action((shell: ShellName) => {
			done({command: 'completion', shell, tree: readCommandTree(program)});
		});
	program.command('man')
		.summary('the manual page')
		.description('Prints the manual page, with every command, option and key, for man(1).')
		.addHelpText('after', '\nRead it: hairpin man | man -l -')
		.action(() => {
			done({command: 'man', tree: readCommandTree(program)});
		});
};

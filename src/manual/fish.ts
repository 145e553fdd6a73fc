import type {CommandFacts, OptionFacts} from '../options.ts';
import {type Values, argumentValues, valuesOf} from './values.ts';

// In fish nothing else is special inside of single quotes.
const quote = (text: string): string => `'${text.replaceAll('\n', ' ').replaceAll('\\', String.raw`\\`).replaceAll('\'', String.raw`\'`)}'`;

const actionOf = (values: Values): string => {
	switch (values.kind) {
		case 'words': {
			return ` -x -a ${quote(values.words.join(' '))}`;
		}

		case 'files': {
			return ' -r -F';
		}

		case 'directories': {
			return ' -x -a \'(__fish_complete_directories)\'';
		}

		case 'unknown': {
			return ' -x';
		}
	}
};

/** When what was typed so far is this command. */
const conditionOf = ({path}: CommandFacts): string => quote(`test "$(__hairpin_path)" = "${path}"`);

const formatOption = (command: CommandFacts, {names, value, choices, description}: OptionFacts): string => {
	const flags = names.map(name => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(' ');
	return `complete -c hairpin -n ${conditionOf(command)} ${flags} -d ${quote(description)}${value === undefined ? '' : actionOf(valuesOf(value, choices))}`;
};

const formatCommand = (command: CommandFacts): readonly string[] => {
	const values = argumentValues(command);
	return [
		...command.commands.map(({name, summary}) => `complete -c hairpin -n ${conditionOf(command)} -a ${quote(name)} -d ${quote(summary)}`),
		...command.options.map(option => formatOption(command, option)),
		...(values.kind === 'unknown' ? [] : [`complete -c hairpin -n ${conditionOf(command)}${actionOf(values).replace(' -r', '').replace(' -x', '')}`]),
	];
};

/** A script for fish(1). */
export const formatFish = (tree: readonly CommandFacts[]): string => `# Completion of hairpin for fish: hairpin completion fish > ~/.config/fish/completions/hairpin.fish
function __hairpin_path
	set -l path ''
	for word in (commandline -opc)[2..]
		set -l longer (string trim "$path $word")
		if contains -- "$longer" ${tree.filter(({path}) => path !== '').map(({path}) => quote(path)).join(' ')}
			set path $longer
		end
	end
	echo $path
end
complete -c hairpin -f
${tree.flatMap(command => formatCommand(command)).join('\n')}
`;

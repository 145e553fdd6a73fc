import type {ArgumentFacts, CommandFacts, OptionFacts} from '../options.ts';
import {type Values, quote, valuesOf} from './values.ts';

const actionOf = (values: Values): string => {
	switch (values.kind) {
		case 'words': {
			return `(${values.words.join(' ')})`;
		}

		case 'files': {
			return '_files';
		}

		case 'directories': {
			return '_files -/';
		}

		case 'unknown': {
			return ' ';
		}
	}
};

// Brackets and colons end a part of what _arguments reads (zshcompsys(1)).
const escape = (text: string): string => text.replaceAll(/[:\[\\\]]/gv, String.raw`\$&`);

const formatOption = ({names, value, choices, description}: OptionFacts): readonly string[] => names.map(name =>
	quote(`*${name}[${escape(description)}]${value === undefined ? '' : `:${escape(value)}:${actionOf(valuesOf(value, choices))}`}`));

const formatArgument = ({name, isRepeated, choices}: ArgumentFacts): string => quote(`${isRepeated ? '*' : ''}:${escape(name)}:${actionOf(valuesOf(name, choices))}`);

const functionOf = (path: string): string => `_hairpin${path === '' ? '' : `_${path.replaceAll(' ', '_')}`}`;

const continued = ' \\\n\t\t';

const formatLeaf = ({path, options, arguments: words}: CommandFacts): string => `${functionOf(path)}() {
	_arguments ${[...options.flatMap(option => formatOption(option)), ...words.map(word => formatArgument(word))].join(continued)}
}`;

const formatBranch = ({path, options, commands}: CommandFacts): string => `${functionOf(path)}() {
	local state line
	local -a commands
	commands=(
		${commands.map(({name, summary}) => quote(`${name}:${escape(summary)}`)).join('\n\t\t')}
	)
	_arguments -C ${options.flatMap(option => formatOption(option)).join(continued)} '1: :->command' '*:: :->rest'
	case $state in
	command) _describe command commands ;;
	rest) case $line[1] in
${commands.map(({name}) => `		${name}) ${functionOf(`${path} ${name}`.trim())} ;;`).join('\n')}
		esac ;;
	esac
}`;

/** A script for zsh(1), with its own completion system. */
export const formatZsh = (tree: readonly CommandFacts[]): string => `#compdef hairpin kubectl-hairpin
# Completion of hairpin for zsh: hairpin completion zsh > a file _hairpin in a directory of $fpath
${tree.toReversed().map(command => (command.commands.length > 0 ? formatBranch(command) : formatLeaf(command))).join('\n\n')}

if [ "$funcstack[1]" = _hairpin ]; then
	_hairpin "$@"
else
	compdef _hairpin hairpin kubectl-hairpin
fi
`;

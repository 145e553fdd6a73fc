import type {CommandFacts} from '../options.ts';
import {
	type Values,
	argumentValues,
	quote,
	valuesOf,
} from './values.ts';

const complete = (values: Values): string => {
	switch (values.kind) {
		case 'words': {
			return `COMPREPLY=($(compgen -W ${quote(values.words.join(' '))} -- "$word"))`;
		}

		case 'files': {
			return 'COMPREPLY=($(compgen -f -- "$word")); compopt -o filenames 2>/dev/null';
		}

		case 'directories': {
			return 'COMPREPLY=($(compgen -d -- "$word")); compopt -o filenames 2>/dev/null';
		}

		case 'unknown': {
			return 'COMPREPLY=()';
		}
	}
};

const caseOfOptions = ({path, options}: CommandFacts): readonly string[] => options.flatMap(({names, value, choices}) => (value === undefined
	? []
	: [`	${names.map(name => quote(`${path} ${name}`)).join('|')}) ${complete(valuesOf(value, choices))}; return ;;`]));

const caseOfWords = (command: CommandFacts): string => {
	const words = [...command.commands.map(({name}) => name), ...command.options.flatMap(({names}) => names)];
	const values = argumentValues(command);
	const others = values.kind === 'unknown' ? '' : `\n		case $word in -*) ;; *) ${complete(values)}; return ;; esac`;
	return `	${quote(command.path)})${others}\n		COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$word")) ;;`;
};

/** A script for bash(1), which needs nothing but bash itself. */
export const formatBash = (tree: readonly CommandFacts[]): string => {
	const paths = tree.filter(({path}) => path !== '').map(({path}) => quote(path.includes(' ') ? path : ` ${path}`));
	return `# Completion of hairpin for bash: source <(hairpin completion bash)
_hairpin() {
	local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} path= index
	for ((index = 1; index < COMP_CWORD; index++)); do
		case "$path \${COMP_WORDS[index]}" in
		${paths.join('|')}) path="\${path:+$path }\${COMP_WORDS[index]}" ;;
		esac
	done
	case "$path $previous" in
${tree.flatMap(command => caseOfOptions(command)).join('\n')}
	esac
	case $path in
${tree.map(command => caseOfWords(command)).join('\n')}
	esac
}
complete -F _hairpin hairpin kubectl-hairpin
`;
};

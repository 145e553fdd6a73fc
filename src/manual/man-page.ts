import type {CommandFacts, OptionFacts} from '../options.ts';

export type KeyFacts = {readonly keys: readonly string[]; readonly explains: string};

// A line that begins with a dot or a quote is a request, a backslash an escape, a dash a hyphen that cannot be searched for (groff_man_style(7)).
const escape = (text: string): string => text.replaceAll('\\', String.raw`\e`).replaceAll('-', String.raw`\-`).replaceAll(/^(?=['.])/gmv, String.raw`\&`);

const entry = (term: string, text: string): string => `.TP\n.B ${escape(term)}\n${escape(text)}`;

const formatOption = ({names, value, description, choices, variable}: OptionFacts): string => {
	const notes = [choices.length > 0 ? `One of: ${choices.join(', ')}.` : '', variable === undefined ? '' : `The variable ${variable} stands in for it.`];
	return entry(`${names.join(', ')}${value === undefined ? '' : ` <${value}>`}`, [`${description}.`, ...notes].filter(note => note !== '').join(' '));
};

const usageOf = ({path, options, arguments: words, commands}: CommandFacts): string => [
	'hairpin', path, options.length > 1 ? '[options]' : '', commands.length > 0 ? '[command]' : '', ...words.map(({name, isRequired, isRepeated}) => {
		const text = `${name}${isRepeated ? '...' : ''}`;
		return isRequired ? `<${text}>` : `[${text}]`;
	}),
].filter(word => word !== '').join(' ');

const formatCommand = (command: CommandFacts): string => [
	`.SS ${escape(usageOf(command))}`,
	escape(command.description),
	...command.arguments.map(({name, description}) => entry(name, `${description}.`)),
	...command.options.filter(({names}) => !names.includes('--help')).map(option => formatOption(option)),
].join('\n');

const examples = [
	['hairpin svc/nginx --from pod/mars1', 'the screens'],
	['hairpin check svc/nginx --from pod/mars1 --json', 'the same as data'],
	['hairpin fix br-netfilter svc/nginx --from pod/mars1 --dry-run', 'what a repair would do, without doing it'],
	['hairpin ladder client.pcap backend.pcap', 'captures that you already have'],
] as const;

const variables = [
	['HAIRPIN_IMAGE', 'what pods of our own run, as --image'],
	['HAIRPIN_IMAGE_ARCHIVE', 'the archive of the debug image'],
	['KUBECONFIG', 'as kubectl reads it'],
	['XDG_STATE_HOME', 'where the journal of changes is kept; default: ~/.local/state'],
	['XDG_CACHE_HOME', 'where the debug image is kept; default: ~/.cache'],
	['NO_COLOR', 'no colours, where it is set'],
] as const;

const exitCodes = [['0', 'healthy, or done'], ['1', 'a fault was found'], ['2', 'undecided, or something is left undone'], ['3', 'could not run']] as const;

/** The manual page, in the macros of man(7). */
export const formatManPage = (tree: readonly CommandFacts[], keys: readonly KeyFacts[], version: string): string => {
	const [program, ...commands] = tree;
	const sections: ReadonlyArray<readonly [title: string, ...lines: readonly string[]]> = [
		['NAME', escape('hairpin - finds out, with packets as proof, why a Kubernetes pod cannot reach a Service')],
		['SYNOPSIS', '.B hairpin', escape('[svc/NAME[:PORT]] [--from pod/NAME] [options]'), '.br', '.B hairpin', escape('<command> [options]')],
		['DESCRIPTION', escape(program.description)],
		['COMMANDS', ...commands.filter(command => command.commands.length === 0).map(command => formatCommand(command))],
		['KEYS', ...keys.map(({keys: names, explains}) => entry(names.join(', '), `${explains}.`))],
		['EXIT STATUS', ...exitCodes.map(([code, says]) => entry(code, says))],
		['ENVIRONMENT', ...variables.map(([name, says]) => entry(name, says))],
		['EXAMPLES', ...examples.map(([command, says]) => entry(command, says))],
	];
	return `.TH HAIRPIN 1 "" "hairpin ${version}"\n${sections.map(([title, ...lines]) => `.SH ${title}\n${lines.join('\n')}\n`).join('')}`;
};

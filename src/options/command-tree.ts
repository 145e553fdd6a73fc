import type {Argument, Command, Option} from 'commander';

export type OptionFacts = {
	/** As they are typed: `-n`, `--namespace`. */
	readonly names: readonly string[];
	/** What stands for its value, such as `file`; undefined where it has none. */
	readonly value: string | undefined;
	readonly choices: readonly string[];
	readonly description: string;
	/** The environment variable that stands in for it. */
	readonly variable: string | undefined;
};

export type ArgumentFacts = {readonly name: string; readonly isRequired: boolean; readonly isRepeated: boolean; readonly description: string; readonly choices: readonly string[]};

/** What can be typed for one command. */
export type CommandFacts = {
	/** Its words after the program's name: `image load`; empty for the program itself. */
	readonly path: string;
	readonly summary: string;
	readonly description: string;
	readonly arguments: readonly ArgumentFacts[];
	readonly options: readonly OptionFacts[];
	/** The words of the commands below it. */
	readonly commands: ReadonlyArray<{readonly name: string; readonly summary: string}>;
};

const readOption = ({short, long, flags, argChoices, description, envVar}: Option): OptionFacts => ({
	names: [short, long].filter(name => name !== undefined),
	value: /<(?<value>[^<>]+)>/v.exec(flags)?.groups?.value,
	choices: argChoices ?? [],
	description,
	variable: envVar,
});

const readArgument = (argument: Argument): ArgumentFacts => ({
	name: argument.name(), isRequired: argument.required, isRepeated: argument.variadic, description: argument.description, choices: argument.argChoices ?? [],
});

const help: OptionFacts = {
	names: ['-h', '--help'], value: undefined, choices: [], description: 'what can be typed', variable: undefined,
};

const readCommand = (command: Command, path: string): readonly CommandFacts[] => [
	{
		path,
		summary: command.summary(),
		description: command.description(),
		arguments: command.registeredArguments.map(argument => readArgument(argument)),
		options: [...command.options.map(option => readOption(option)), help],
		commands: command.commands.map(below => ({name: below.name(), summary: below.summary()})),
	},
	...command.commands.flatMap(below => readCommand(below, `${path} ${below.name()}`.trim())),
];

/** The program and all of its commands, the program first. Without a command the screens are meant, so that their options belong to the program too. */
export const readCommandTree = (program: Command): readonly CommandFacts[] => {
	const [root, ...commands] = readCommand(program, '');
	const screens = commands.find(({path}) => path === 'incident');
	const known = new Set(root.options.flatMap(({names}) => names));
	return [{...root, options: [...root.options, ...(screens?.options ?? []).filter(({names}) => names.every(name => !known.has(name)))]}, ...commands];
};

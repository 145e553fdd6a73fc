import type {CommandFacts} from '../options.ts';

/** What completes a value: these words, the names of files or directories, or nothing that we know. */
export type Values = {readonly kind: 'words'; readonly words: readonly string[]} | {readonly kind: 'files' | 'directories' | 'unknown'};

const isFile = (name: string): boolean => /file|capture|bundle|archive/v.test(name);

/** By the name that stands for a value in the help. */
export const valuesOf = (name: string, choices: readonly string[]): Values => {
	if (choices.length > 0) {
		return {kind: 'words', words: choices};
	}

	return {kind: isFile(name) ? 'files' : (name === 'directory' ? 'directories' : 'unknown')};
};

/** What completes the arguments of a command, which all ask for the same. */
export const argumentValues = (command: CommandFacts): Values => {
	const [first] = command.arguments;
	return first === undefined ? {kind: 'unknown'} : valuesOf(first.name, first.choices);
};

/** One line without what is special inside of single quotes. */
export const quote = (text: string): string => `'${text.replaceAll('\n', ' ').replaceAll('\'', String.raw`'\''`)}'`;

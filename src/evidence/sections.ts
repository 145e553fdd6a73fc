import {cleanText} from '../clean.ts';

/** One `@@name word…` block of a script's output. Text of files keeps its `|` until `fileText` takes it off. */
export type Section = {
	readonly name: string;
	readonly words: readonly string[];
	readonly lines: readonly string[];
};

const maxLines = 20_000;
const maxLineLength = 70_000;

/**
 Cuts a script's output into its sections. Whatever the text is, the result is small and clean.
 Where the output ends before `@@end`, its last section is half a section and left out.
 */
export const readSections = (text: string): readonly Section[] => {
	const sections: Array<Section & {lines: string[]}> = [];
	for (const raw of text.split('\n', maxLines)) {
		const line = cleanText(raw.slice(0, maxLineLength));
		if (line.startsWith('@@')) {
			const [name, ...words] = line.slice(2).split(' ');
			sections.push({name, words, lines: []});
		} else {
			sections.at(-1)?.lines.push(line);
		}
	}

	return sections.at(-1)?.name === 'end' ? sections : sections.slice(0, -1);
};

/** Why a value is missing: what the script would have printed later is there, or its output ended before that. */
export const explainMissing = (sections: readonly Section[], laterSection: string, because: string): string =>
	(findSection(sections, laterSection) ? because : 'the output of the script ended too early');

export const findSection = (sections: readonly Section[], name: string, word?: string): Section | undefined =>
	sections.find(section => section.name === name && (word === undefined || section.words[0] === word));

/** Whether the script left out the rest of a file. */
export const isCut = ({lines}: Section): boolean => lines.includes('cut');

/** The lines of a file that stands behind `|` in a section. */
export const fileText = ({lines}: Section): string => lines.filter(line => line.startsWith('|')).map(line => line.slice(1)).join('\n');

/** Values of `key value` lines. */
export const valuesOf = (section: Section | undefined, key: string): readonly string[] =>
	(section?.lines ?? []).filter(line => line.startsWith(`${key} `)).map(line => line.slice(key.length + 1));

/** The lines of a section that has no files in it, empty ones left out. */
export const linesOf = (section: Section | undefined): readonly string[] => (section?.lines ?? []).filter(line => line !== '');

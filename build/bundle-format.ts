/*
 The bundle is an opening, which is JavaScript, and behind it the payload: sections of text behind comment marks. Whatever a download leaves
 of them is still JavaScript, so that the opening can say that something is missing; and comments are read faster than anything else.
*/

export const commentMark = '\n//';

/** Where each section is, from its first to behind its last byte, counted from the payload's start. */
export type Payload = {
	readonly length: number;
	readonly crc: number;
	readonly sections: Readonly<Record<string, readonly [number, number]>>;
};

/** The command line is as it is, so that help and complaints wait for nothing; the others are packed. */
export const sections = {commandLine: 'command-line', commands: 'commands', recordings: 'recordings'} as const;

/** The module in the first of them. */
export const commandLine = './cli.ts';

/** The executable has the whole bundle under this name. */
export const bundleAsset = 'hairpin.mjs';

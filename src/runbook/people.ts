import process from 'node:process';
import {createInterface} from 'node:readline/promises';
import {cleanText} from '../clean.ts';
import {giveConsent} from '../consent.ts';
import {isAnsweredYes} from '../fix/is-answered-yes.ts';
import type {People} from './scene.ts';

export type PeopleOptions = {
	/** Given with --answer, by the names of the questions. */
	readonly answers: ReadonlyMap<string, string>;
	readonly isAgreed: boolean;
	readonly isReadOnly: boolean;
};

/** Asks until one of the answers is typed. Undefined where there is no terminal, or the input ends. */
const askAtTerminal = async (question: string, answers: readonly string[], signal: AbortSignal): Promise<string | undefined> => {
	if (!process.stdin.isTTY || !process.stderr.isTTY) {
		return undefined;
	}

	const lines = createInterface({input: process.stdin, output: process.stderr});
	// A question whose input has ended is never answered.
	const ended = new Promise<undefined>(resolve => {
		lines.once('close', () => {
			resolve(undefined);
		});
	});
	try {
		for (;;) {
			// eslint-disable-next-line no-await-in-loop
			const line = await Promise.race([lines.question(`${cleanText(question).trimEnd()} [${answers.join('/')}] `, {signal}), ended]);
			const answer = answers.find(candidate => candidate === line?.trim());
			if (line === undefined || answer !== undefined) {
				return answer;
			}
		}
	} finally {
		lines.close();
	}
};

/** The person who started the walk: what was said on the command line, else at the terminal. */
export const createPeople = ({answers, isAgreed, isReadOnly}: PeopleOptions, signal: AbortSignal): People => ({
	answer: async (name, question, known) => answers.get(name) ?? askAtTerminal(question, known, signal),
	agree: async question => giveConsent({isReadOnly, isAgreed: isAgreed || (!isReadOnly && await isAnsweredYes(question, signal))}),
});

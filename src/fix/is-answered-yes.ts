import process from 'node:process';
import {createInterface} from 'node:readline/promises';

/** Asks at the terminal. False where there is none, or on anything but yes. */
export const isAnsweredYes = async (question: string, signal: AbortSignal): Promise<boolean> => {
	if (!process.stdin.isTTY || !process.stderr.isTTY) {
		return false;
	}

	const lines = createInterface({input: process.stdin, output: process.stderr});
	try {
		return /^y(?:es)?$/iv.test((await lines.question(`${question} [y/N] `, {signal})).trim());
	} finally {
		lines.close();
	}
};

import {Buffer} from 'node:buffer';

const token = /(?<![\w+\/=])[\d+\/A-Za-z]{16,}={0,2}(?![\w+\/=])/gv;
const decoder = new TextDecoder('utf-8', {fatal: true});

/** What a word says in base64, or undefined where it is none or no text. */
export const readBase64 = (word: string): string | undefined => {
	const bytes = Buffer.from(word, 'base64');
	if (bytes.toString('base64') !== word) {
		return undefined;
	}

	try {
		const text = decoder.decode(bytes);
		return /[\p{Control}--[\t\n\r]]/v.test(text) ? undefined : text;
	} catch {
		return undefined;
	}
};

/** Text in which what stands in base64 is replaced by `inner`, and what is between by `outer`. */
export const replaceBase64 = (text: string, inner: (text: string) => string, outer: (text: string) => string): string => {
	let replaced = '';
	let at = 0;
	for (const {0: word, index} of text.matchAll(token)) {
		const said = readBase64(word);
		if (said === undefined) {
			continue;
		}

		replaced += outer(text.slice(at, index)) + Buffer.from(inner(said)).toString('base64');
		at = index + word.length;
	}

	return replaced + outer(text.slice(at));
};

/** Every text that stands in base64 in another one. */
export const listBase64 = (text: string): readonly string[] => (text.match(token) ?? []).map(word => readBase64(word)).filter(said => said !== undefined);

import {Buffer} from 'node:buffer';

const token = /(?<![\w+\/=])[\d+\/A-Za-z]{8,}={0,2}(?![\w+\/=])/gv;
const decoder = new TextDecoder('utf-8', {fatal: true});

/** What a word says in base64, and how that is written as bytes. */
type Said = {readonly text: string; readonly encoding: 'utf8' | 'latin1'};

const withoutPadding = (word: string): string => word.replace(/={1,2}$/v, '');

const shortestBytes = 12;
const leastReadable = 0.75;

/** A text in another encoding, or with a character in it that no text has, is mostly letters all the same. */
const isMostlyText = (bytes: Buffer): boolean => bytes.length >= shortestBytes && bytes.filter(byte => (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13).length >= bytes.length * leastReadable;

const readText = (bytes: Buffer): Said | undefined => {
	try {
		const text = decoder.decode(bytes);
		if (!/[\p{Control}--[\t\n\r]]/v.test(text)) {
			return {text, encoding: 'utf8'};
		}
	} catch {
		// It is no UTF-8.
	}

	return isMostlyText(bytes) ? {text: bytes.toString('latin1'), encoding: 'latin1'} : undefined;
};

const readBase64 = (word: string): Said | undefined => {
	const bytes = Buffer.from(word, 'base64');
	return withoutPadding(bytes.toString('base64')) === withoutPadding(word) ? readText(bytes) : undefined;
};

const write = (text: string, {encoding}: Said, word: string): string => {
	const encoded = Buffer.from(text, encoding).toString('base64');
	return word.length % 4 === 0 ? encoded : withoutPadding(encoded);
};

/** Text in which what stands in base64 is replaced by `inner`, and what is between by `outer`. */
export const replaceBase64 = (text: string, inner: (text: string) => string, outer: (text: string) => string): string => {
	let replaced = '';
	let at = 0;
	for (const {0: word, index} of text.matchAll(token)) {
		const said = readBase64(word);
		const clean = said && inner(said.text);
		// What only looks like base64 is a word, and may be a name.
		if (said === undefined || clean === undefined || clean === said.text) {
			continue;
		}

		replaced += outer(text.slice(at, index)) + write(clean, said, word);
		at = index + word.length;
	}

	return replaced + outer(text.slice(at));
};

/** Every text that stands in base64 in another one, also within such a one. */
export const listBase64 = (text: string): readonly string[] => (text.match(token) ?? []).flatMap(word => {
	const said = readBase64(word)?.text;
	return said === undefined ? [] : [said, ...listBase64(said)];
});

import {stripVTControlCharacters} from 'node:util';

// C0 and C1 controls except tab and newline, and the marks that reorder text (Unicode TR 36): a terminal obeys them.
const controls = /[\p{Bidi_Control}[\p{Control}--[\t\n]]]/gv;

/** Text from a cluster, made safe to print: escape sequences and control characters are gone, tabs and newlines stay. */
export const cleanText = (text: string): string => stripVTControlCharacters(text).replaceAll(controls, '');

/** The same for a value that must stay on one line, cut to a length. */
export const cleanLine = (text: string, maxLength = 400): string => {
	const line = cleanText(text).replaceAll(/\s+/gv, ' ').trim();
	return line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line;
};

/** A parsed JSON document in which every string, keys included, is clean. */
export const cleanJson = (value: unknown): unknown => {
	if (typeof value === 'string') {
		return cleanText(value);
	}

	if (Array.isArray(value)) {
		return value.map(item => cleanJson(item));
	}

	if (typeof value === 'object' && value !== null) {
		return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key), cleanJson(item)]));
	}

	return value;
};

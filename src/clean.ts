import {stripVTControlCharacters} from 'node:util';

// C0 and C1 controls except tab and newline, and the marks that reorder text (Unicode TR 36): a terminal obeys them.
const controls = /[\u{0}-\u{8}\u{B}-\u{1F}\u{7F}-\u{9F}\u{61C}\u{200E}\u{200F}\u{202A}-\u{202E}\u{2066}-\u{2069}]/gv;

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

	return value && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key), cleanJson(item)])) : value;
};

/** Dotted decimal of an IPv4 address in one 32-bit word. */
export const formatIpv4 = (word: number): string => `${word >>> 24}.${(word >>> 16) & 0xFF}.${(word >>> 8) & 0xFF}.${word & 0xFF}`;

/** RFC 5952: the longest run of two or more zero groups becomes `::`, the first of equals. */
const findLongestZeros = (groups: readonly number[]): {readonly start: number; readonly length: number} => {
	let longest = {start: -1, length: 1};
	let start = -1;
	for (const [index, group] of [...groups, 1].entries()) {
		if (group === 0) {
			start = start < 0 ? index : start;
			continue;
		}

		if (start >= 0 && index - start > longest.length) {
			longest = {start, length: index - start};
		}

		start = -1;
	}

	return longest;
};

const formatGroups = (groups: readonly number[]): string => groups.map(group => group.toString(16)).join(':');

/** Canonical text of RFC 5952 for an IPv6 address in four 32-bit words, IPv4-mapped addresses with a dotted end (its section 5). */
export const formatIpv6 = (word0: number, word1: number, word2: number, word3: number): string => {
	if (word0 === 0 && word1 === 0 && word2 === 0xFF_FF) {
		return `::ffff:${formatIpv4(word3)}`;
	}

	const groups = [word0, word1, word2, word3].flatMap(word => [word >>> 16, word & 0xFF_FF]);
	const {start, length} = findLongestZeros(groups);
	return start < 0 ? formatGroups(groups) : `${formatGroups(groups.slice(0, start))}::${formatGroups(groups.slice(start + length))}`;
};

/** An address as numbers: an IPv4 address is in the last word alone. */
export type IpWords = {readonly version: 4 | 6; readonly words: readonly [number, number, number, number]};

const parseIpv4 = (text: string): number | undefined => {
	const parts = text.split('.');
	const isValid = parts.length === 4 && parts.every(part => /^\d{1,3}$/v.test(part) && Number(part) < 256);
	return isValid ? parts.reduce((word, part) => (word << 8) | Number(part), 0) : undefined;
};

/** The 16-bit groups of one side of `::`; a dotted end counts for two. */
const parseGroups = (text: string): number[] | undefined => {
	const groups: number[] = [];
	for (const part of text === '' ? [] : text.split(':')) {
		const dotted = part.includes('.') ? parseIpv4(part) : undefined;
		if (dotted !== undefined) {
			groups.push(dotted >>> 16, dotted & 0xFF_FF);
		} else if (/^[\da-f]{1,4}$/iv.test(part)) {
			groups.push(Number.parseInt(part, 16));
		} else {
			return undefined;
		}
	}

	return groups;
};

const joinSides = (text: string): number[] | undefined => {
	const sides = text.split('::');
	const head = parseGroups(sides[0]);
	const tail = sides.length === 2 ? parseGroups(sides[1]) : [];
	if (!head || !tail || sides.length > 2) {
		return undefined;
	}

	const missing = 8 - head.length - tail.length;
	const isComplete = sides.length === 2 ? missing >= 1 : missing === 0;
	return isComplete ? [...head, ...Array.from({length: missing}, () => 0), ...tail] : undefined;
};

/** Reads an IPv4 or IPv6 address, or undefined where the text is none. */
export const parseIp = (text: string): IpWords | undefined => {
	if (!text.includes(':')) {
		const word = parseIpv4(text);
		return word === undefined ? undefined : {version: 4, words: [0, 0, 0, word]};
	}

	const groups = joinSides(text);
	if (!groups) {
		return undefined;
	}

	const word = (index: number): number => (groups[index] << 16) | groups[index + 1];
	return {version: 6, words: [word(0), word(2), word(4), word(6)]};
};

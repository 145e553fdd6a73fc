import stringWidth from 'string-width';

const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - stringWidth(text)));

/** Rows of cells as lines with aligned columns, two spaces apart. Missing cells are empty. */
export const formatTable = (rows: ReadonlyArray<readonly string[]>): readonly string[] => {
	const columns = Math.max(0, ...rows.map(row => row.length));
	const widths = Array.from({length: columns}, (_, column) => Math.max(...rows.map(row => stringWidth(row[column] ?? ''))));
	return rows.map(row => row.map((cell, column) => pad(cell, widths[column])).join('  ').trimEnd());
};

/** As many of these characters, in their order, as fit into so many columns on screen. */
const takeWidth = (characters: readonly string[], width: number): readonly string[] => {
	let used = 0;
	const end = characters.findIndex(character => {
		used += stringWidth(character);
		return used > width;
	});
	return end === -1 ? characters : characters.slice(0, end);
};

/** Text cut in the middle to so many columns on screen; an ellipsis says so. Names in a list mostly differ at their end, so more is left of that. */
export const cutText = (text: string, width: number): string => {
	if (stringWidth(text) <= width) {
		return text;
	}

	const characters = new Intl.Segmenter().segment(text)[Symbol.iterator]().map(({segment}) => segment).toArray();
	const head = takeWidth(characters, Math.floor((width - 1) / 3)).join('');
	const tail = takeWidth(characters.toReversed(), width - 1 - stringWidth(head)).toReversed().join('');
	return `${head}…${tail}`;
};

const narrowest = 6;

/** The same, at most so many columns wide on screen as far as that can be had by narrowing the flexible columns: each as far as it goes, in their order. */
export const fitTable = (rows: ReadonlyArray<readonly string[]>, room: number, flexible: readonly number[]): readonly string[] => {
	const widths = (rows.at(0) ?? []).map((_, column) => Math.max(...rows.map(row => stringWidth(row[column] ?? ''))));
	let excess = widths.reduce((sum, width) => sum + width + 2, -2) - room;
	for (const column of flexible) {
		const cut = Math.max(0, Math.min(excess, widths[column] - narrowest));
		widths[column] -= cut;
		excess -= cut;
	}

	return formatTable(rows.map(row => row.map((cell, column) => cutText(cell, widths[column]))));
};

/** Text in lines of at most so many columns, broken at spaces; further lines are indented. */
export const wrapText = (text: string, width: number, indent: string): readonly string[] => {
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(' ')) {
		const longer = line === '' ? word : `${line} ${word}`;
		if (line !== '' && stringWidth(longer) > width) {
			lines.push(line);
			line = indent + word;
		} else {
			line = longer;
		}
	}

	return [...lines, line];
};

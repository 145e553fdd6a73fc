import stringWidth from 'string-width';

const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - stringWidth(text)));

/** Rows of cells as lines with aligned columns, two spaces apart. Missing cells are empty. */
export const formatTable = (rows: ReadonlyArray<readonly string[]>): readonly string[] => {
	const columns = Math.max(0, ...rows.map(row => row.length));
	const widths = Array.from({length: columns}, (_, column) => Math.max(...rows.map(row => stringWidth(row[column] ?? ''))));
	return rows.map(row => row.map((cell, column) => pad(cell, widths[column])).join('  ').trimEnd());
};

/** Text cut to so many columns on screen; an ellipsis says so. */
const cutText = (text: string, width: number): string => {
	if (stringWidth(text) <= width) {
		return text;
	}

	let cut = '';
	for (const {segment} of new Intl.Segmenter().segment(text)) {
		if (stringWidth(cut + segment) > width - 1) {
			break;
		}

		cut += segment;
	}

	return `${cut}…`;
};

const narrowest = 6;

/** The same, cut to so many columns on screen in all, as far as the flexible columns can be narrowed: the widest of them first. */
export const fitTable = (rows: ReadonlyArray<readonly string[]>, room: number, flexible: readonly number[]): readonly string[] => {
	const widths = rows[0].map((_, column) => Math.max(...rows.map(row => stringWidth(row[column] ?? ''))));
	const total = () => widths.reduce((sum, width) => sum + width + 2, -2);
	for (let excess = total() - room; excess > 0; excess--) {
		const [widest] = flexible.toSorted((a, b) => widths[b] - widths[a]);
		widths[widest] = Math.max(Math.min(narrowest, widths[widest]), widths[widest] - 1);
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

import stringWidth from 'string-width';

const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - stringWidth(text)));

/** Rows of cells as lines with aligned columns, two spaces apart. Missing cells are empty. */
export const formatTable = (rows: ReadonlyArray<readonly string[]>): readonly string[] => {
	const columns = Math.max(0, ...rows.map(row => row.length));
	const widths = Array.from({length: columns}, (_, column) => Math.max(...rows.map(row => stringWidth(row[column] ?? ''))));
	return rows.map(row => row.map((cell, column) => pad(cell, widths[column])).join('  ').trimEnd());
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

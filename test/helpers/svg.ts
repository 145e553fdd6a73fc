import type {StyledRow, StyledRun} from '../../src/terminal/screen.ts';

/** Of a character, in pixels. */
export const cell = {width: 8.4, height: 18} as const;

/** Colours of a terminal: background, text, and the sixteen of the palette. */
export type Palette = {readonly background: string; readonly text: string; readonly colors: readonly string[]};

export const dark: Palette = {
	background: '#16181d', text: '#d7dae0', colors: ['#16181d', '#e06c75', '#8fbf6f', '#d9b35b', '#6fa8dc', '#c58bd6', '#5fb8c2', '#d7dae0', '#5c6370', '#ef8189', '#a5d484', '#e8c878', '#8bbcec', '#d8a5e6', '#7fd0d9', '#ffffff'],
};

export const light: Palette = {
	background: '#fbfbf9', text: '#24292f', colors: ['#24292f', '#c0303a', '#2f7d32', '#8a6500', '#1f5fae', '#8440a0', '#0c7a86', '#6e7781', '#57606a', '#a40e26', '#1a7f37', '#7d5c00', '#0969da', '#8250df', '#1b7c83', '#24292f'],
};

const escapeText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const toColor = (color: StyledRun['color'], palette: Palette, otherwise: string): string => (typeof color === 'string' ? color : (color === undefined ? otherwise : palette.colors[color] ?? otherwise));

const drawRun = (run: StyledRun, palette: Palette, {x, y}: {readonly x: number; readonly y: number}): string => {
	const [text, background] = run.isInverse
		? [palette.background, toColor(run.color, palette, palette.text)]
		: [toColor(run.color, palette, palette.text), toColor(run.background, palette, 'none')];
	const width = run.text.length * cell.width;
	const box = background === 'none' ? '' : `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${cell.height}" fill="${background}"/>`;
	return run.text.trim() === '' ? box : `${box}<text x="${x.toFixed(1)}" y="${y + 13.5}" textLength="${width.toFixed(1)}" fill="${text}"${run.isBold ? ' font-weight="bold"' : ''}${run.isDim ? ' opacity="0.6"' : ''} xml:space="preserve">${escapeText(run.text)}</text>`;
};

/** A row of a terminal, its upper edge at `y`. */
export const drawRow = (row: StyledRow, palette: Palette, y: number): string => {
	let column = 0;
	return row.map(run => {
		const x = column * cell.width;
		column += run.text.length;
		return drawRun(run, palette, {x, y});
	}).join('');
};

/** The window of a terminal around what is drawn in it. */
export const openSvg = (columns: number, rows: number, palette: Palette, inside: string): string => {
	const width = (columns * cell.width) + 24;
	const height = (rows * cell.height) + 24;
	return `<svg xmlns="http://www.w3.org/2000/svg" width="${width.toFixed(0)}" height="${height}" viewBox="0 0 ${width.toFixed(0)} ${height}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14"><rect width="100%" height="100%" rx="6" fill="${palette.background}"/>${inside}</svg>\n`;
};

/** A terminal's screen as a picture. */
export const drawSvg = (rows: readonly StyledRow[], columns: number, palette: Palette): string => {
	const lines = rows.map((row, index) => drawRow(row, palette, index * cell.height)).join('\n');
	return openSvg(columns, rows.length, palette, `<g transform="translate(12 12)">${lines}</g>`);
};

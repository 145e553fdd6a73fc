import type {StyledRow} from '../../src/terminal/screen.ts';
import {
	type Palette,
	cell,
	drawRow,
	openSvg,
} from './svg.ts';

/** What a screen showed, and for how long. */
export type Frame = {readonly rows: readonly StyledRow[]; readonly ms: number};

/** Each row that differs is drawn once; frames stand one below the other and are moved past the window. */
const drawFrames = (frames: readonly Frame[], palette: Palette): {readonly rows: string; readonly uses: string} => {
	const ids = new Map<string, string>();
	const uses = frames.flatMap(({rows}, frame) => rows.map((row, index) => {
		const drawn = drawRow(row, palette, 0);
		const id = ids.getOrInsertComputed(drawn, () => `r${ids.size}`);
		return drawn === '' ? '' : `<use href="#${id}" y="${((frame * rows.length) + index) * cell.height}"/>`;
	}));
	return {rows: ids.entries().map(([drawn, id]) => `<g id="${id}">${drawn}</g>`).toArray().join('\n'), uses: uses.join('')};
};

const composeKeyframes = (frames: readonly Frame[], frameHeight: number, totalMs: number): string => {
	let begin = 0;
	return frames.map(({ms}, index) => {
		const at = begin;
		begin += ms;
		return `${((at / totalMs) * 100).toFixed(2)}%{transform:translateY(${-index * frameHeight}px)}`;
	}).join('');
};

/** What a screen showed over time as a picture that moves, again and again: CSS alone, so that it plays where scripts are forbidden. */
export const drawFilm = (frames: readonly Frame[], columns: number, palette: Palette): string => {
	const height = frames[0].rows.length * cell.height;
	const totalMs = frames.reduce((sum, {ms}) => sum + ms, 0);
	const {rows, uses} = drawFrames(frames, palette);
	const style = `<style>@keyframes film{${composeKeyframes(frames, height, totalMs)}}.film{animation:film ${(totalMs / 1000).toFixed(1)}s step-end infinite}</style>`;
	return openSvg(columns, frames[0].rows.length, palette, `${style}<defs>${rows}</defs><svg x="12" y="12" width="${(columns * cell.width).toFixed(0)}" height="${height}"><g class="film">${uses}</g></svg>`);
};

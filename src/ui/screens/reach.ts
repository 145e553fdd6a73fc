import {
	type Cell,
	cellOutcome,
	isFailing,
	nameCell,
	placeOfCell,
} from '../../probes/matrix.ts';
import {formatCell, formatFullSize, formatLookup} from '../../report/matrix-text.ts';
import {cutText} from '../../report/table.ts';
import {
	type Area,
	type Line,
	cut,
	drawable,
	lineWidth,
	indentLines,
	line,
	span,
	spread,
	wrap,
} from '../line.ts';
import type {Model} from '../model.ts';
import {type Look, spinnerAt} from '../theme.ts';
import {filterOf} from '../view.ts';
import {windowOf} from '../window.ts';

type Column = {readonly title: string; readonly isOf: (cell: Cell) => boolean};

const columnsOf = ({state}: Model): readonly Column[] => {
	const vip = state.target?.service.clusterIp ?? '';
	const addresses = [...new Set(state.matrix.filter(({toIp}) => toIp !== vip).map(({toIp, toPort}) => `${toIp}:${toPort}`))];
	return [
		{title: 'VIP', isOf: ({toIp, path}) => toIp === vip && path !== 'self'},
		...addresses.map((address): Column => ({title: addresses.length === 1 ? 'pod IP' : address, isOf: ({toIp, toPort}) => `${toIp}:${toPort}` === address})),
		...(state.matrix.some(({path}) => path === 'self') ? [{title: 'itself', isOf: ({path}: Cell) => path === 'self'}] : []),
	];
};

const lookOf = (cell: Cell): Look => {
	const outcome = cellOutcome(cell);
	return outcome === 'unknown' ? 'dim' : (isFailing(cell) ? 'bad' : 'plain');
};

/** Everybody who probes, in the order of the plan. */
const placesOf = ({planned, matrix}: Model['state']): readonly string[] => [...new Set([...planned.map(name => placeOfCell(name)), ...matrix.map(({from}) => from)])];

/** Who probes, as far as the filter leaves them. */
export const reachRows = ({state, view}: Model): readonly string[] => placesOf(state).filter(from => from.toLowerCase().includes(filterOf(view, 'reach')));

export const reachCursor = (model: Model): number => Math.max(0, Math.min(reachRows(model).length - 1, model.view.cursors.reach ?? 0));

const shortName = (from: string): string => from.slice(from.indexOf('/') + 1);

/** Shorter and shorter: what is given up so that a table fits. */
type Brevity = {readonly hasShortTitles: boolean; readonly hasShortCells: boolean; readonly hasNodes: boolean; readonly gap: number};

const brief = (gap: number, given: Partial<Brevity>): Brevity => ({
	hasShortTitles: true, hasShortCells: true, hasNodes: true, gap, ...given,
});

const brevities: readonly Brevity[] = [
	brief(2, {hasShortTitles: false, hasShortCells: false}),
	brief(2, {hasShortCells: false}),
	brief(1, {hasShortCells: false}),
	brief(1, {}),
	brief(2, {hasNodes: false}),
	brief(1, {hasNodes: false}),
];

/** The ends of addresses, as long as they must be to tell them apart. */
const shortTitles = (titles: readonly string[]): readonly string[] => {
	const isApart = (length: number): boolean => new Set(titles.map(title => title.slice(-length))).size === titles.length;
	const longest = Math.max(...titles.map(title => title.length));
	const length = Array.from({length: longest}, (_, index) => index + 1).find(count => count >= 6 && isApart(count)) ?? longest;
	return titles.map(title => (title.length > length + 1 ? `…${title.slice(-length).replace(/^[.:]/v, '')}` : title));
};

/** `~ 3/6` for `~ 3 of 6 timeout`. */
const shortCell = (cell: Cell): string => formatCell(cell).replace(/(?<= \d{1,9}) of (?<all>\d{1,9}) .*$/v, '/$<all>');

const drawCell = (cell: Cell | undefined, isShort = false): Line => {
	if (cell === undefined) {
		return [];
	}

	const text = isShort ? shortCell(cell) : formatCell(cell);
	const look = lookOf(cell);
	return [span(text.slice(0, 1), look === 'plain' ? 'good' : look), span(cut(text.slice(1), 22), look)];
};

type Table = {readonly head: Line; readonly rows: readonly Line[]};

/** A table before the names get their room. */
type Grid = {readonly titles: readonly string[]; readonly cells: ReadonlyArray<readonly Line[]>; readonly nodes: readonly string[]; readonly widths: readonly number[]; readonly nodeWidth: number; readonly gap: number};

const gridOf = (model: Model, {hasShortTitles, hasShortCells, hasNodes, gap}: Brevity): Grid => {
	const columns = columnsOf(model);
	const names = reachRows(model);
	const full = columns.map(({title}) => title);
	const titles = hasShortTitles ? shortTitles(full) : full;
	const pending = line(['·', 'dim']);
	const cells = names.map(from => {
		const ofPlace = model.state.matrix.filter(cell => cell.from === from);
		return columns.map(({isOf}, column) => (column === 0 && ofPlace.length === 0 ? pending : drawCell(ofPlace.find(cell => isOf(cell)), hasShortCells)));
	});
	const nodes = names.map(from => (hasNodes ? model.state.matrix.find(cell => cell.from === from)?.fromNode ?? '' : ''));
	return {
		titles, cells, nodes, gap,
		widths: titles.map((title, column) => Math.max(title.length, ...cells.map(row => lineWidth(row[column])))),
		nodeWidth: Math.min(12, Math.max(0, ...nodes.map(node => node.length))),
	};
};

const shortestName = 9;

/** How many columns are left for the names. */
const roomForNames = ({widths, nodeWidth, gap}: Grid, width: number): number => width - widths.reduce((sum, columnWidth) => sum + columnWidth + gap, nodeWidth === 0 ? 0 : nodeWidth + gap);

const pad = (spans: Line, to: number): Line => [...spans, {text: ' '.repeat(Math.max(0, to - lineWidth(spans))), look: 'plain'}];

const tableOf = (model: Model, width: number): Table => {
	const names = reachRows(model).map(from => drawable(shortName(from)));
	const longestName = Math.max('REACH'.length, ...names.map(name => lineWidth([span(name)])));
	const grids = brevities.map(brevity => gridOf(model, brevity));
	const grid = grids.find(candidate => roomForNames(candidate, width) >= Math.min(longestName, shortestName)) ?? grids.at(-1)!;
	const nameWidth = Math.max(shortestName, Math.min(roomForNames(grid, width), longestName));
	const gap = span(' '.repeat(grid.gap));
	const lead = (name: Line, node: Line): Line => [...pad(name, nameWidth), ...(grid.nodeWidth === 0 ? [] : [gap, ...pad(node, grid.nodeWidth)])];
	return {
		head: [...lead(line(['REACH', model.view.pane === 'reach' ? 'accent' : 'strong']), []), ...grid.titles.flatMap((title, column) => [gap, ...pad(line([title, 'dim']), grid.widths[column])])],
		rows: names.map((name, row) => [...lead(line(cutText(name, nameWidth)), line([cut(grid.nodes[row], grid.nodeWidth), 'dim'])), ...grid.cells[row].flatMap((cell, column) => [gap, ...pad(cell, grid.widths[column])])]),
	};
};

// Before the probes are planned, room is kept for as many places as there mostly are.
const usualPlaces = 4;
const mostPlaces = 6;

/** How high the table wants to be; a filter does not change that. */
export const reachHeight = ({state}: Model): number => {
	const places = placesOf(state).length;
	return Math.min(mostPlaces, places === 0 ? usualPlaces : places) + 1;
};

/** What stands at the right of the head: what the filter left, or how many probes did not answer yet. */
const sayLeft = (model: Model): Line => {
	const filter = filterOf(model.view, 'reach');
	const {state, isRunning, nowMs} = model;
	if (filter !== '') {
		return line(`/${filter} ${reachRows(model).length} of ${placesOf(state).length} `);
	}

	const left = state.planned.length - state.matrix.length;
	return isRunning && left > 0 ? line([`${spinnerAt(nowMs)} ${left} left `, 'dim']) : [];
};

const drawNothing = ({state, isRunning}: Model): Line => {
	if (placesOf(state).length > 0) {
		return line([' nobody is called so: esc ends the filter', 'dim']);
	}

	return line([isRunning ? ' who reaches whom: no probe is planned yet' : ' no probe was made', 'dim']);
};

/** Who reaches whom: one line for each place that probes. */
export const drawReach = (model: Model, {width, height}: Area): readonly Line[] => {
	const {head, rows} = tableOf(model, width - 2);
	const cursor = reachCursor(model);
	const {first, last} = windowOf(rows.length, cursor, height - 1);
	const isFocused = model.view.pane === 'reach';
	return [
		spread([span(' '), ...(placesOf(model.state).length === 0 ? head.slice(0, 1) : head)], sayLeft(model), width),
		...rows.slice(first, last).map((row, index): Line => [span(isFocused && first + index === cursor ? '▌' : ' ', 'accent'), ...row]),
		...(rows.length === 0 ? [drawNothing(model)] : []),
	];
};

/** The same with the command that asked, and what each attempt met. */
export const matrixText = (model: Model, width: number): readonly Line[] => {
	const {head, rows} = tableOf(model, width - 2);
	return [
		[span(' '), ...head],
		...rows.map((row): Line => [span(' '), ...row]),
		[],
		...model.state.matrix.flatMap((cell): readonly Line[] => [
			line(' ', [nameCell(cell).replace(/ (?=\d+$)/v, ':'), 'strong'], '  ', ...drawCell(cell).map(({text, look}) => [text, look] as const)),
			...indentLines(wrap(`$ ${cell.command}`, width - 4, 'dim'), 3),
		]),
		...(model.state.fullSize ?? []).flatMap((way): readonly Line[] => [
			line(' ', formatFullSize(way)),
			...indentLines(wrap(`$ ${way.command}`, width - 4, 'dim'), 3),
		]),
		...(model.state.lookups ?? []).flatMap((lookup): readonly Line[] => [
			line(' ', formatLookup(lookup)),
			...indentLines(wrap(`$ ${lookup.command}`, width - 4, 'dim'), 3),
		]),
	];
};

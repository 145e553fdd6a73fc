import {
	type Cell,
	cellOutcome,
	isFailing,
	nameCell,
} from '../../probes/matrix.ts';
import {formatCell} from '../../report/matrix-text.ts';
import {
	type Area,
	type Line,
	cut,
	lineWidth,
	indentLines,
	line,
	span,
	spread,
	wrap,
} from '../line.ts';
import type {Model} from '../model.ts';
import {type Look, spinnerAt} from '../theme.ts';
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

/** Who probed, in the order of the plan. */
export const reachRows = ({state, view}: Model): readonly string[] => [...new Set(state.matrix.map(({from}) => from))].filter(from => view.pane !== 'reach' || from.toLowerCase().includes(view.filter));

export const reachCursor = (model: Model): number => Math.max(0, Math.min(reachRows(model).length - 1, model.view.cursors.reach ?? 0));

const shortName = (from: string): string => from.slice(from.indexOf('/') + 1);

const drawCell = (cell: Cell | undefined): Line => {
	if (cell === undefined) {
		return [];
	}

	const text = formatCell(cell);
	const look = lookOf(cell);
	return [span(text.slice(0, 1), look === 'plain' ? 'good' : look), span(cut(text.slice(1), 22), look)];
};

type Table = {readonly head: Line; readonly rows: readonly Line[]};

const tableOf = (model: Model, width: number): Table => {
	const columns = columnsOf(model);
	const names = reachRows(model);
	const cells = names.map(from => columns.map(({isOf}) => drawCell(model.state.matrix.find(cell => cell.from === from && isOf(cell)))));
	const nodes = names.map(from => model.state.matrix.find(cell => cell.from === from)?.fromNode ?? '');
	const nodeWidth = Math.min(12, Math.max(0, ...nodes.map(node => node.length)));
	const widths = columns.map(({title}, column) => Math.max(title.length, ...cells.map(row => lineWidth(row[column]))));
	const others = widths.reduce((sum, columnWidth) => sum + columnWidth + 2, nodeWidth + 2);
	const nameWidth = Math.max(5, Math.min(width - others, Math.max(5, ...names.map(name => lineWidth([span(shortName(name))])))));
	const pad = (spans: Line, to: number): Line => [...spans, {text: ' '.repeat(Math.max(0, to - lineWidth(spans))), look: 'plain'}];
	const lead = (name: Line, node: Line): Line => [...pad(name, nameWidth), span('  '), ...pad(node, nodeWidth)];
	return {
		head: [...lead(line(['REACH', model.view.pane === 'reach' ? 'accent' : 'strong']), []), ...columns.flatMap(({title}, column) => [span('  '), ...pad(line([title, 'dim']), widths[column])])],
		rows: names.map((name, row) => [...lead(line(cut(shortName(name), nameWidth)), line([cut(nodes[row], nodeWidth), 'dim'])), ...cells[row].flatMap((cell, column) => [span('  '), ...pad(cell, widths[column])])]),
	};
};

/** Who reaches whom: one line for each place that probed. */
export const drawReach = (model: Model, {width, height}: Area): readonly Line[] => {
	const {head, rows} = tableOf(model, width - 2);
	const cursor = reachCursor(model);
	const {first, last} = windowOf(rows.length, cursor, height - 1);
	const isFocused = model.view.pane === 'reach';
	const left = model.state.planned.length - model.state.matrix.length;
	return [
		spread([span(' '), ...head], left > 0 && model.isRunning ? line([`${spinnerAt(model.nowMs)} ${left} left `, 'dim']) : [], width),
		...rows.slice(first, last).map((row, index): Line => [span(isFocused && first + index === cursor ? '▌' : ' ', 'accent'), ...row]),
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
	];
};

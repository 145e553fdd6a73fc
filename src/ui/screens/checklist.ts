import type {Check, Finding} from '../../check.ts';
import {
	type Area,
	type Line,
	cut,
	fitLine,
	line,
	span,
	spread,
	wrap,
} from '../line.ts';
import type {Model} from '../model.ts';
import {marks, spinnerAt} from '../theme.ts';
import {filterOf} from '../view.ts';
import {windowOf} from '../window.ts';

/** A check and what is known of it by now. */
export type CheckRow = {readonly check: Check; readonly finding: Finding | undefined};

const isMatch = ({check}: CheckRow, filter: string): boolean => filter === '' || `${check.title} ${check.id}`.toLowerCase().includes(filter);

/** The checks in the order on screen. Before the end, one that cannot tell yet counts as not asked. */
export const checkRows = ({checks, state, view}: Model): readonly CheckRow[] => {
	const isFinal = state.diagnosis !== undefined;
	const findings = new Map(state.findings.map(finding => [finding.check.id, finding]));
	return checks.map(check => {
		const finding = findings.get(check.id);
		return {check, finding: isFinal || finding?.verdict.status !== 'unknown' ? finding : undefined};
	}).filter(row => isMatch(row, filterOf(view, 'checklist')));
};

/** Where the cursor stands while nobody moved it: on the cause. */
export const checklistCursor = (model: Model): number => {
	const rows = checkRows(model);
	const chosen = model.view.cursors.checklist ?? rows.findIndex(({check}) => check.id === model.state.diagnosis?.cause?.check.id);
	return Math.max(0, Math.min(rows.length - 1, chosen));
};

const wordOf = ({check, finding}: CheckRow, {state}: Model): string => {
	const status = finding?.verdict.status ?? 'pending';
	return check.id === state.diagnosis?.cause?.check.id ? 'the cause' : marks[status].word;
};

const drawRow = (row: CheckRow, model: Model, width: number, isHere: boolean): Line => {
	const {sign, look} = marks[row.finding?.verdict.status ?? 'pending'];
	const word = wordOf(row, model);
	const isQuiet = row.finding === undefined;
	const left: Line = [span(isHere ? '▌' : ' ', 'accent'), span(sign, look), span(' '), span(row.check.title, isHere ? 'strong' : (isQuiet ? 'dim' : 'plain'))];
	return spread(left, word === '' ? [] : [span(word, look), span(' ')], width);
};

const maxDetail = 4;

const drawDetail = ({finding}: CheckRow, width: number): readonly Line[] => {
	const lines = wrap(finding?.verdict.because ?? '', width - 5, 'dim');
	const shown = lines.slice(0, maxDetail);
	return finding === undefined
		? []
		: shown.map((text, index): Line => [span(' '.repeat(3)), ...(index === maxDetail - 1 && lines.length > maxDetail ? [span(`${cut(text[0].text, width - 6)}…`, 'dim')] : text)]);
};

const drawHead = (model: Model, width: number, below: number): Line => {
	const answered = checkRows({...model, view: {...model.view, filter: ''}}).filter(({finding}) => finding !== undefined).length;
	const isHere = model.view.pane === 'checklist';
	const filter = filterOf(model.view, 'checklist');
	const filtered = filter === '' ? '' : `  /${filter} ${checkRows(model).length} of ${model.checks.length}`;
	const isWaiting = model.isRunning && answered < model.checks.length;
	return spread(line([' CHECKLIST', isHere ? 'accent' : 'strong'], filtered), line([isWaiting ? `${spinnerAt(model.nowMs)} ` : '', 'accent'], [`${below > 0 ? `↓ ${below} more · ` : ''}${answered}/${model.checks.length} `, 'dim']), width);
};

/** The checklist as it fills in; under the cursor a line tells why. */
export const drawChecklist = (model: Model, {width, height}: Area): readonly Line[] => {
	const rows = checkRows(model);
	const isFocused = model.view.pane === 'checklist';
	const cursor = checklistCursor(model);
	const detail = isFocused && rows.length > 0 ? drawDetail(rows[cursor], width) : [];
	const room = height - 1;
	const shownDetail = rows.length + detail.length <= room ? detail : detail.slice(0, Math.max(0, room - 5));
	const {first, last} = windowOf(rows.length, cursor, room - shownDetail.length);
	const lines = rows.slice(first, last).flatMap((row, index) => {
		const isHere = isFocused && first + index === cursor;
		return [drawRow(row, model, width, isHere), ...(isHere ? shownDetail : [])];
	});
	return [drawHead(model, width, rows.length - last), ...lines, ...(rows.length === 0 ? [fitLine(line([' no check is called so: esc ends the filter', 'dim']), width)] : [])];
};

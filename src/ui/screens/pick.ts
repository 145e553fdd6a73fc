import type {PickItem} from '../incident-source.ts';
import {
	type Area,
	type Line,
	cut,
	fitArea,
	joinColumns,
	line,
	rule,
	span,
	spread,
	wrap,
} from '../line.ts';
import type {Model} from '../model.ts';
import {spinnerAt} from '../theme.ts';
import {windowOf} from '../window.ts';

export type PickColumn = 'services' | 'pods';

const isMatch = ({name, detail}: PickItem, filter: string): boolean => `${name} ${detail}`.toLowerCase().includes(filter);

/** Which column has the cursor: first the Service, then the client. */
export const pickColumn = ({view}: Model): PickColumn => (view.cursors['pick-column'] === 1 ? 'pods' : 'services');

/** In front of the pods: hairpin itself picks the client. */
const anyPod: PickItem = {
	kind: 'pod', name: '', detail: 'the pod that tells most', trouble: '',
};

/** The lines of a column; the filter is that of the column with the cursor. */
export const pickItems = (model: Model, column: PickColumn): readonly PickItem[] => {
	const {pickList, view} = model;
	const items = pickList && 'services' in pickList ? pickList[column] : [];
	return [...(column === 'pods' && items.length > 0 ? [anyPod] : []), ...items].filter(item => column !== pickColumn(model) || isMatch(item, view.filter)).toSorted((a, b) => Number(b.trouble !== '') - Number(a.trouble !== ''));
};

export const pickCursor = (model: Model, column: PickColumn): number => Math.max(0, Math.min(pickItems(model, column).length - 1, model.view.cursors[column] ?? 0));

const titles = {services: 'SERVICE', pods: 'FROM POD'} as const;

const drawItem = ({name, detail, trouble}: PickItem, width: number, look: {readonly isHere: boolean; readonly isFocused: boolean}): Line => spread(
	[span(look.isHere ? '▌' : ' ', look.isFocused ? 'accent' : 'dim'), span(trouble === '' ? '  ' : '! ', 'warn'), span(name === '' ? 'any' : name, look.isHere && look.isFocused ? 'strong' : 'plain')],
	line([`${trouble === '' ? cut(detail, Math.floor(width / 2)) : trouble} `, trouble === '' ? 'dim' : 'warn']),
	width,
);

const drawColumn = (model: Model, column: PickColumn, {width, height}: Area): readonly Line[] => {
	const items = pickItems(model, column);
	const isFocused = pickColumn(model) === column;
	const cursor = pickCursor(model, column);
	const {first, last} = windowOf(items.length, cursor, height - 1);
	return fitArea([
		spread(line([` ${titles[column]}`, isFocused ? 'accent' : 'strong'], isFocused && model.view.filter !== '' ? `  /${model.view.filter}` : ''), line([`${items.length} `, 'dim']), width),
		...items.slice(first, last).map((item, index) => drawItem(item, width, {isHere: first + index === cursor, isFocused})),
		...(items.length === 0 ? [line([isFocused && model.view.filter !== '' ? '  nothing is called so: backspace, or esc ends the filter' : '  none', 'dim'])] : []),
	], {width, height});
};

const drawWaiting = ({pickList, nowMs}: Model, {width, height}: Area): readonly Line[] => fitArea(pickList && 'because' in pickList
	? [
		[],
		...wrap(pickList.because, width - 4, 'bad').map((text): Line => [span('  '), ...text]),
		...wrap(`try: ${pickList.tryThis}`, width - 4).map((text): Line => [span('  '), ...text]),
	]
	: [[], line('  ', [spinnerAt(nowMs), 'accent'], [' reading Services and pods', 'dim'])], {width, height});

/** The pair under the two cursors. */
export const pickedOf = (model: Model): {readonly service: PickItem | undefined; readonly pod: PickItem | undefined} => ({
	service: pickItems(model, 'services').at(pickCursor(model, 'services')),
	pod: pickItems(model, 'pods').at(pickCursor(model, 'pods')),
});

/** Services on the left, clients on the right; what looks broken comes first. */
export const drawPick = (model: Model, area: Area): readonly Line[] => {
	if (model.pickList === undefined || 'because' in model.pickList) {
		return drawWaiting(model, area);
	}

	const left = Math.floor((area.width - 1) / 2);
	const height = area.height - 2;
	const columns = joinColumns([drawColumn(model, 'services', {width: left, height}), drawColumn(model, 'pods', {width: area.width - 1 - left, height})]);
	const {service, pod} = pickedOf(model);
	return [...columns, rule(area.width, [[left, '┴']]), spread(line(' ', ['⏎ ', 'accent'], `why does ${(pod?.name ?? '') === '' ? 'a pod' : pod?.name} not reach ${service?.name ?? '…'}?`), [], area.width)];
};

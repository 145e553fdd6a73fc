import {podLabel, serviceLabel} from '../../cluster/pod-label.ts';
import {formatAddress} from '../../packets/name-address.ts';
import {
	type Area,
	type Line,
	fitArea,
	joinColumns,
	line,
	lineWidth,
	rule,
	span,
	spread,
} from '../line.ts';
import type {Model} from '../model.ts';
import {panes} from '../view.ts';
import {clientWidthOf, drawCaptures} from './captures.ts';
import {drawCause} from './cause.ts';
import {drawChecklist} from './checklist.ts';
import {ladderPicture} from './ladder.ts';
import {drawReach, reachHeight} from './reach.ts';

/** From this width on, panes stand beside each other. */
const wideFrom = 110;
const tallFrom = 28;

/** How wide the checklist is beside the captures; 0 where there is room for one pane only. */
export const leftWidthOf = (width: number): number => (width < wideFrom ? 0 : Math.min(76, Math.max(46, Math.round(width * 0.37))));

const nameTarget = ({state, pair}: Model): Line => {
	const {target} = state;
	if (target === undefined) {
		return line([pair?.service ?? '', 'strong'], [pair?.from === undefined ? '' : ` ◂ ${pair.from}`, 'plain']);
	}

	const {service, port, client} = target;
	return line([service.namespace === '' ? 'VIP' : serviceLabel(service), 'strong'], ` ${formatAddress({ip: service.clusterIp, port: port.port})}`, [' ◂ ', 'accent'], [podLabel(client), 'strong'], [` on ${client.node}`, 'dim']);
};

const nameSurroundings = ({state}: Model): readonly string[] => {
	const {target, nodes, reached} = state;
	const mode = target && nodes.get(target.client.node)?.proxyMode;
	const ways = Map.groupBy(reached, ([, way]) => way);
	return [
		...(mode && 'value' in mode ? [mode.value] : []),
		...(target?.serverVersion === undefined ? [] : [target.serverVersion]),
		...ways.entries().map(([way, nodesOfWay]) => `${way} ${nodesOfWay.map(([node]) => node).toSorted((a, b) => a.localeCompare(b)).join(' ')}`),
	];
};

/** Which incident it is: the Service, the client, and what they live in as far as there is room. */
export const drawHeader = (model: Model, width: number): Line => {
	const {label} = model;
	const left: Line = [...line([' hairpin ', 'accent']), ...(label ? line([` ${label.word} `, 'found']) : []), ...line(' '), ...nameTarget(model)];
	const words = [...(label ? [label.says] : []), ...nameSurroundings(model)];
	while (words.length > 0 && lineWidth(left) + words.join(' · ').length + 4 > width) {
		words.pop();
	}

	return spread(left, line([`${words.join(' · ')} `, 'dim']), width);
};

const causeHeight = (model: Model, area: Area): number => {
	const most = Math.max(2, Math.min(8, Math.floor(area.height / 5)));
	return model.state.diagnosis === undefined && model.failure === undefined ? 2 : Math.min(most, drawCause(model, {width: area.width, height: most}).length);
};

const ladderRows = (model: Model, width: number): readonly Line[] => {
	const picture = ladderPicture(model, width);
	return picture.length === 0 ? [] : [spread(line([' LADDER', 'strong']), line(['l ', 'accent']), width), ...picture];
};

const drawLeft = (model: Model, {width, height}: Area): readonly Line[] => {
	const lower = height < tallFrom ? Math.min(reachHeight(model), 5) : reachHeight(model);
	const upper = {width, height: height - lower - 1};
	return [...fitArea(drawChecklist(model, upper), upper), rule(width), ...fitArea(drawReach(model, {width, height: lower}), {width, height: lower})];
};

const drawRight = (model: Model, {width, height}: Area): readonly Line[] => {
	const ladder = ladderRows(model, width);
	const room = height - 10;
	if (ladder.length === 0 || room < 5) {
		return fitArea(drawCaptures(model, {width, height}), {width, height});
	}

	const ladderHeight = Math.min(ladder.length, Math.floor(height / 2), room);
	const upper = height - ladderHeight - 1;
	const half = clientWidthOf(width);
	return [...drawCaptures(model, {width, height: upper}), rule(width, half === undefined ? [] : [[half, '┴']]), ...fitArea(ladder, {width, height: ladderHeight})];
};

const drawWide = (model: Model, area: Area): readonly Line[] => {
	const left = leftWidthOf(area.width);
	const verdict = causeHeight(model, area);
	const height = area.height - verdict - 2;
	const right = area.width - left - 1;
	const half = clientWidthOf(right);
	return [
		rule(area.width, [[left, '┬'], ...(half === undefined ? [] : [[left + 1 + half, '┬'] as const])]),
		...joinColumns([drawLeft(model, {width: left, height}), drawRight(model, {width: right, height})]),
		rule(area.width, [[left, '┴']]),
		...fitArea(drawCause(model, {width: area.width, height: verdict}), {width: area.width, height: verdict}),
	];
};

const drawTabs = ({view}: Model, width: number): Line => spread(
	panes.flatMap((pane, index): Line => [span(index === 0 ? ' ' : ' · ', 'dim'), span(pane, pane === view.pane ? 'accent' : 'dim')]),
	line(['tab ', 'dim']),
	width,
);

const drawPane = (model: Model, area: Area): readonly Line[] => {
	const draw = {
		checklist: drawChecklist, captures: drawCaptures, reach: drawReach, cause: drawCause,
	}[model.view.pane];
	return fitArea(draw(model, area), area);
};

const drawNarrow = (model: Model, {width, height}: Area): readonly Line[] => {
	const verdict = model.view.pane === 'cause' ? 0 : Math.min(4, causeHeight(model, {width, height}));
	const room = height - verdict - (verdict === 0 ? 2 : 3);
	return [
		drawTabs(model, width),
		rule(width),
		...drawPane(model, {width, height: room}),
		...(verdict === 0 ? [] : [rule(width), ...fitArea(drawCause(model, {width, height: verdict}), {width, height: verdict})]),
	];
};

/** The main screen: checklist and reach, two captures, the ladder, the verdict. */
export const drawIncident = (model: Model, area: Area): readonly Line[] => (leftWidthOf(area.width) === 0 ? drawNarrow(model, area) : drawWide(model, area));

/** The checklist alone, to stand beside something else. */
export const drawBeside = (model: Model, area: Area): readonly Line[] => fitArea(drawChecklist(model, area), area);

import type {NodeReport} from '../fleet/fleet.ts';
import type {NodeSettings, Reading} from '../fleet/settings.ts';
import {settingNames, wordOf} from '../fleet/setting-words.ts';
import {fitTable, wrapText} from './table.ts';

const headings: readonly string[] = ['NODE', 'WAY', 'BR_NF', 'BOOT', 'FWD', 'POLICY', 'PROXY', 'MASQ', 'PORTS', 'CT', 'KERNEL'];

/** Columns that may be cut where the table is too wide, by heading. */
const flexible = ['KERNEL', 'WAY', 'NODE'].map(heading => headings.indexOf(heading));

// Fewer nodes than this are shown one by one, and so are fewer than this that are alike.
const largeFleet = 10;
const manyAlike = 3;

const show = <T>(reading: Reading<T>, tell: (value: T) => string): string => ('unknown' in reading ? '?' : tell(reading.value));

/** `loaded`, `calls 0` where it is loaded and looks away, `no`, `missing`. */
const showBridgeNetfilter = ({bridgeNetfilter, callsIptables}: NodeSettings): string => {
	const isIdle = 'value' in callsIptables && callsIptables.value === 0;
	return show(bridgeNetfilter, value => (value === 'not loaded' ? 'no' : (isIdle ? 'calls 0' : value)));
};

const showCount = (count: number): string => (count < 10_000 ? String(count) : `${Math.round(count / 1000)}k`);

const yesOrNo = (isSo: boolean): string => (isSo ? 'yes' : 'no');

const rowOf = ({node, way, settings}: NodeReport): readonly string[] => [
	node,
	way === 'kubernetes' ? 'kube' : way,
	showBridgeNetfilter(settings),
	show(settings.survivesReboot, yesOrNo),
	show(settings.ipForward, isOn => (isOn ? '1' : '0')),
	show(settings.forwardPolicy, policy => policy),
	show(settings.proxyMode, mode => mode),
	show(settings.masqueradeAll, isOn => (isOn ? 'on' : 'off')),
	show(settings.hairpinPorts, ({on, total}) => (total === 0 ? '-' : `${on}/${total}`)),
	show(settings.conntrack, ({count, max}) => `${showCount(count)}/${showCount(max)}`),
	show(settings.kernel, kernel => kernel),
];

/** One row, as a line that can be read before the others are there. */
export const formatNodeLine = (report: NodeReport): string => {
	const cells = rowOf(report).slice(2);
	const told = cells.map((cell, index) => `${headings[index + 2].toLowerCase()} ${cell}`);
	return `${report.node} read over ${report.way}: ${told.join(', ')}`;
};

const likenessOf = ({way, settings}: NodeReport): string =>
	JSON.stringify([way, ...settingNames.map(name => wordOf(settings, name) ?? null)]);

const sumPorts = (alike: readonly NodeReport[]): string => {
	const ports = alike.flatMap(({settings: {hairpinPorts}}) => ('value' in hairpinPorts ? [hairpinPorts.value] : []));
	const total = ports.reduce((sum, port) => sum + port.total, 0);
	return total === 0 ? '-' : `${ports.reduce((sum, {on}) => sum + on, 0)}/${total}`;
};

/** The fullest conntrack table of some nodes. */
const fullest = (alike: readonly NodeReport[]): NodeReport => {
	const fullness = ({settings: {conntrack}}: NodeReport): number => ('value' in conntrack ? conntrack.value.count / conntrack.value.max : 0);
	return alike.toSorted((a, b) => fullness(b) - fullness(a))[0];
};

const groupRow = (alike: readonly NodeReport[]): readonly string[] => {
	const [, ...cells] = rowOf(fullest(alike));
	return [`${alike.length} alike`, ...cells.with(headings.indexOf('PORTS') - 1, sumPorts(alike))];
};

const maxNames = 12;

/** `a, b, c and 34 more`. */
export const nameSome = (names: readonly string[]): string => {
	const left = names.length - maxNames;
	if (left > 1) {
		return `${names.slice(0, maxNames).join(', ')} and ${left} more`;
	}

	return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
};

/** The domain that all these names end with, such as `.eu-west-1.compute.internal`; empty where there is none. */
const commonDomain = ([first = '', ...others]: readonly string[]): string => {
	const ends = first.matchAll(/\./gv).map(({index}) => first.slice(index)).toArray();
	return others.length === 0 ? '' : (ends.find(end => others.every(name => name.endsWith(end))) ?? '');
};

type Group = readonly NodeReport[];

const groupReports = (reports: readonly NodeReport[], isAll: boolean): readonly Group[] => {
	if (isAll || reports.length < largeFleet) {
		return reports.map(report => [report]);
	}

	return Map.groupBy(reports, report => likenessOf(report)).values()
		.flatMap(alike => (alike.length < manyAlike ? alike.map(report => [report]) : [alike]))
		.toArray()
		.toSorted((a, b) => b.length - a.length);
};

/** A row for each node, or for many that are alike; at most so many columns wide where names can be cut. */
export const formatNodesTable = (reports: readonly NodeReport[], isAll: boolean, width: number): readonly string[] => {
	if (reports.length === 0) {
		return [];
	}

	const groups = groupReports(reports, isAll);
	const domain = commonDomain(reports.map(({node}) => node));
	const rows = groups.map(group => (group.length === 1 ? rowOf({...group[0], node: group[0].node.slice(0, group[0].node.length - domain.length)}) : groupRow(group)));
	const alike = groups.filter(({length}) => length > 1);
	return [
		...fitTable([headings, ...rows], width, flexible),
		...(domain === '' ? [] : [`(names without ${domain})`]),
		...alike.flatMap(group => wrapText(`${group.length} nodes alike: ${nameSome(group.map(({node}) => node))}`, width, '  ')),
		...(alike.length > 0 ? ['(with all their ports and the fullest conntrack table; --all shows each one)'] : []),
	];
};

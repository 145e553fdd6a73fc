import type {NodeReport} from './fleet.ts';
import {labelOf, settingNames, wordOf} from './setting-words.ts';
import type {SettingName} from './settings.ts';

export type Deviation = {readonly setting: string; readonly value: string; readonly usual: string};

/** Nodes that differ in the same way from what most nodes have. */
export type OddNodes = {readonly nodes: readonly string[]; readonly deviations: readonly Deviation[]};

/** A setting for which there is no usual value. */
export type Split = {readonly setting: string; readonly values: ReadonlyArray<{readonly value: string; readonly nodes: readonly string[]}>};

export type Differences = {readonly odd: readonly OddNodes[]; readonly splits: readonly Split[]};

type Group = Split['values'][number];

const groupByWord = (reports: readonly NodeReport[], name: SettingName): readonly Group[] => {
	const known = reports.flatMap(({node, settings}) => {
		const word = wordOf(settings, name);
		return word === undefined ? [] : [{node, word}];
	});
	return Map.groupBy(known, ({word}) => word).entries()
		.map(([value, same]) => ({value, nodes: same.map(({node}) => node)}))
		.toArray()
		.toSorted((a, b) => b.nodes.length - a.nodes.length);
};

const isUsual = ([first, ...others]: readonly Group[]): boolean =>
	first.nodes.length > others.reduce((sum, {nodes}) => sum + nodes.length, 0);

const deviationsOf = (setting: string, [usual, ...others]: readonly Group[]): ReadonlyArray<{readonly node: string; readonly deviation: Deviation}> =>
	others.flatMap(({value, nodes}) => nodes.map(node => ({node, deviation: {setting, value, usual: usual.value}})));

/** Which nodes differ from most of the others, and in what: the odd ones out of a fleet. */
export const findDifferences = (reports: readonly NodeReport[]): Differences => {
	const differing = settingNames.map(name => ({setting: labelOf(name), groups: groupByWord(reports, name)})).filter(({groups}) => groups.length > 1);
	const deviations = differing.filter(({groups}) => isUsual(groups)).flatMap(({setting, groups}) => deviationsOf(setting, groups));
	const byNode = Map.groupBy(deviations, ({node}) => node).entries().map(([node, mine]) => ({node, deviations: mine.map(({deviation}) => deviation)})).toArray();
	return {
		odd: Map.groupBy(byNode, ({deviations: mine}) => JSON.stringify(mine)).values()
			.map(same => ({nodes: same.map(({node}) => node), deviations: same[0].deviations}))
			.toArray(),
		splits: differing.filter(({groups}) => !isUsual(groups)).map(({setting, groups}) => ({setting, values: groups})),
	};
};

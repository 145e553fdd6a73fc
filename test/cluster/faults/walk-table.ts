import type {Report} from '../../helpers/real-cluster.ts';
import {
	countWalks,
	formatWalkCount,
	sumWalks,
	type WalkCount,
	walkHeading,
} from './walk-count.ts';

/** One client in one world: its probes and its captured packets, by what the rules foretold of them. */
export type WalkRow = {
	readonly world: string;
	readonly client: string;
	readonly walks: WalkCount;
	readonly packets: {readonly agrees: number; readonly disagrees: number};
	/** Why the rules do not tell, and where they told otherwise than was seen: a sentence each. */
	readonly notes: readonly string[];
};

type Probe = Report['walk']['probes'][number];

const explainProbe = ({from, to, agreement, ways}: Probe): readonly string[] => {
	const where = `${from} → ${to}`;
	return agreement === 'unknown'
		? ways.filter(({outcome}) => outcome === 'unknown').map(({because}) => `not told of ${where}: ${because ?? ''}`)
		: (agreement === 'disagrees' ? [`otherwise, ${where}: ${ways.map(({outcome, because}) => `${outcome}${because === null ? '' : ` (${because})`}`).join(' or ')}`] : []);
};

export const toWalkRow = (world: string, client: string, report: Report): WalkRow => {
	const {probes, packets} = report.walk;
	return {
		world,
		client,
		walks: countWalks(report),
		packets: {agrees: packets.filter(({agrees}) => agrees).length, disagrees: packets.filter(({agrees}) => !agrees).length},
		notes: [...new Set([...probes.flatMap(probe => explainProbe(probe)), ...packets.filter(({agrees}) => !agrees).map(({says}) => says)])],
	};
};

export const formatWalkRow = ({world, client, walks, packets, notes}: WalkRow): string =>
	`| ${world} | ${client} | ${formatWalkCount(walks)} | ${packets.agrees} · ${packets.disagrees} | ${notes.join('; ').replaceAll('|', '/')} |`;

export const formatWalkTable = (rows: readonly WalkRow[], seed: number): string => [
	'# What the rules foretell of random connections',
	'',
	`Written by \`npm run walks\` from the random number ${seed}: states of the test cluster and clients are drawn, hairpin is asked, and what the rules of the nodes foretell of every probe and every captured attempt is held against what was seen.`,
	'',
	`| state of the cluster | client | ${walkHeading} | packets as foretold · otherwise | |`,
	'|---|---|---|---|---|',
	...rows.map(row => formatWalkRow(row)),
	'',
	sumWalks(rows.map(({walks}) => walks)),
	`Of ${rows.reduce((sum, {packets}) => sum + packets.agrees + packets.disagrees, 0)} things that captured packets show: ${rows.reduce((sum, {packets}) => sum + packets.agrees, 0)} as foretold, ${rows.reduce((sum, {packets}) => sum + packets.disagrees, 0)} otherwise.`,
	'',
].join('\n');

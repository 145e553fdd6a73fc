import type {Fleet, NodeReport, UnreadNode} from '../fleet/fleet.ts';
import type {Differences, OddNodes} from '../fleet/find-differences.ts';
import {labelOf, settingNames} from '../fleet/setting-words.ts';
import type {FleetFinding, FleetSummary} from '../fleet/summarize-fleet.ts';
import {formatNodesTable, nameSome} from './nodes-table.ts';
import {indent, section} from './sections.ts';
import {wrapText} from './table.ts';

const width = 80;
const maxOdd = 10;

const words = {broken: 'would break', latent: 'latent', unknown: 'unknown'} as const;
const markWidth = 13;

const wrap = (text: string, hanging = '  '): readonly string[] => wrapText(text, width - 2, hanging);

const formatUnread = (unread: readonly UnreadNode[]): readonly string[] =>
	Map.groupBy(unread, ({because, tryThis}) => JSON.stringify([because, tryThis])).values()
		.flatMap(same => [`${nameSome(same.map(({node}) => node))}: ${same[0].because}; try: ${same[0].tryThis}`])
		.toArray();

/** Why a cell of the table is a question mark. */
const formatGaps = (reports: readonly NodeReport[]): readonly string[] => {
	const gaps = reports.flatMap(({node, settings}) => settingNames.flatMap(name => {
		const reading = settings[name];
		return 'unknown' in reading ? [{node, label: labelOf(name), because: reading.unknown}] : [];
	}));
	return Map.groupBy(gaps, ({label, because}) => JSON.stringify([label, because])).values()
		.flatMap(same => wrap(`${nameSome(same.map(({node}) => node))}: ${same[0].label}: ${same[0].because}`))
		.toArray();
};

const formatOdd = ({nodes, deviations}: OddNodes, total: number, isOnly: boolean): readonly string[] => {
	const others = total - nodes.length;
	const than = isOnly ? `the ${others} other${others === 1 ? '' : 's'}` : 'most others';
	return wrap(`${nameSome(nodes)} ${nodes.length === 1 ? 'differs' : 'differ'} from ${than}: ${deviations.map(({setting, value, usual}) => `${setting} ${value} instead of ${usual}`).join('; ')}`);
};

const formatDifferences = ({odd, splits}: Differences, total: number): readonly string[] => [
	...odd.slice(0, maxOdd).flatMap(one => formatOdd(one, total, odd.length === 1)),
	...(odd.length > maxOdd ? [`(${odd.length - maxOdd} more kinds of nodes that differ: --json)`] : []),
	...splits.flatMap(({setting, values}) => wrap(`nodes differ in ${setting}: ${values.map(({value, nodes}) => `${value} on ${nameSome(nodes)}`).join('; ')}`)),
];

const formatFinding = ({id, status, because, nodes}: FleetFinding): readonly string[] => [
	...wrapText(`${words[status].padEnd(markWidth)}${id} on ${nameSome(nodes)}`, width - 2, ' '.repeat(markWidth)),
	...wrapText(because, width - 2 - markWidth, '').map(line => `${' '.repeat(markWidth)}${line}`),
];

/** What is broken is repaired first; where nothing is, what is latent. */
const formatRepairs = (findings: readonly FleetFinding[]): readonly string[] => {
	const broken = findings.filter(({status}) => status === 'broken');
	const wanted = broken.length > 0 ? broken : findings.filter(({status}) => status === 'latent');
	return wanted.filter(({repair}) => repair.length > 0).flatMap(({id, nodes, repair}) => [
		`for ${id}:`,
		...indent([`# on ${nameSome(nodes)}, as root`, ...repair]),
	]);
};

const proof = 'no packet was sent; a check proves it: hairpin check svc/NAME --from pod/NAME';

/** The report on some nodes as plain text. */
export const formatNodesText = (fleet: Fleet, {conclusion, findings, differences, sentence}: FleetSummary, isAll: boolean): string => {
	const {reports, unread, notes} = fleet;
	const table = formatNodesTable(reports, isAll, width);
	return [
		...table,
		...(table.length > 0 && notes.length > 0 ? [''] : []),
		...notes.flatMap(note => wrapText(`note: ${note}`, width, '  ')),
		...section('not read', formatUnread(unread)),
		...section('? means', formatGaps(reports)),
		...section('differences', formatDifferences(differences, reports.length)),
		...section('findings', findings.flatMap(finding => formatFinding(finding))),
		'',
		...wrapText(`verdict  ${conclusion}: ${sentence}${conclusion === 'fault' ? ` (${proof})` : ''}`, width, ' '.repeat(9)),
		...section('what would fix it', formatRepairs(findings)),
	].join('\n').replace(/^\n+/v, '') + '\n';
};

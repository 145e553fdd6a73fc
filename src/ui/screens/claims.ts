import {
	type Claim,
	type ClaimedSetting,
	isContradicted,
	readClaims,
} from '../../evidence/claims.ts';
import {
	type Line,
	cut,
	fitLine,
	indentLines,
	line,
	span,
	wrap,
} from '../line.ts';
import type {Model} from '../model.ts';
import type {Look} from '../theme.ts';

/** What nodes say alike of one source. */
type Told = {readonly source: string; readonly says: string; readonly nodes: readonly string[]; readonly standing: Claim['standing'] | 'contradicted' | 'unknown'};

type OnNode = {readonly node: string; readonly setting: ClaimedSetting};

const intro = 'What files and processes say is a claim; the kernel does what its own tables say. Where the two differ, trust the line that acts.';

const lookOf: Readonly<Record<Told['standing'], Look>> = {
	acts: 'strong', claims: 'plain', aside: 'dim', contradicted: 'warn', unknown: 'dim',
};

const signs: Readonly<Record<Told['standing'], string>> = {
	acts: '▸', claims: ' ', aside: ' ', contradicted: '!', unknown: '?',
};

const tell = ({node, setting}: OnNode, claim: Claim): Told => ({
	source: claim.source,
	nodes: [node],
	...('unknown' in claim.value
		? {says: claim.value.unknown, standing: 'unknown'}
		: {says: claim.value.value, standing: isContradicted(setting, claim) ? 'contradicted' : claim.standing}),
});

/** Nodes that say the same stand on one line. */
const together = (all: readonly Told[]): readonly Told[] => Map.groupBy(all, ({source, says, standing}) => JSON.stringify([source, says, standing]))
	.values()
	.map(same => ({...same[0], nodes: same.flatMap(({nodes}) => nodes)}))
	.toArray();

const rowsOf = (nodes: readonly OnNode[]): readonly Told[] => nodes[0].setting.claims.flatMap((_, index) => together(nodes.map(on => tell(on, on.setting.claims[index]))));

const drawRow = ({source, says, nodes, standing}: Told, width: number): readonly Line[] => {
	const look = lookOf[standing];
	const nodeWidth = Math.min(24, Math.floor(width * 0.2));
	const sourceWidth = Math.min(60, Math.floor(width * 0.45));
	const sayWidth = width - sourceWidth - nodeWidth - 8;
	const [sources, told] = [wrap(source, sourceWidth, look), wrap(says, sayWidth, look)];
	return Array.from({length: Math.max(sources.length, told.length)}, (_, row) => [
		...line([` ${row === 0 ? signs[standing] : ' '} `, look]),
		...fitLine(sources[row] ?? [], sourceWidth),
		span('  '),
		...fitLine(told[row] ?? [], sayWidth),
		...line([`  ${row === 0 ? cut(nodes.join(' '), nodeWidth) : ''}`, 'dim']),
	]);
};

/** The settings that people suspect first: what each source claims, and what acts. */
export const claimsText = ({state}: Model, width: number): readonly Line[] => {
	const nodes = state.nodes.values().map(node => ({node: node.node, settings: readClaims(node)})).toArray().toSorted((one, other) => one.node.localeCompare(other.node));
	if (nodes.length === 0) {
		return [line([' no node was read yet', 'dim'])];
	}

	return [
		...indentLines(wrap(intro, width - 3, 'dim'), 1),
		...nodes[0].settings.flatMap(({setting}, index) => [
			[],
			line([` ${setting}`, 'accent']),
			...rowsOf(nodes.map(({node, settings}) => ({node, setting: settings[index]}))).flatMap(row => drawRow(row, width)),
		]),
	];
};

import {
	formatWalkCount,
	parseWalkCount,
	sumWalks,
	type WalkCount,
	walkHeading,
} from './walk-count.ts';

/** What came of two faults at once. */
export type PairRow = {
	readonly faults: string;
	readonly first: string;
	/** Whether the first answer names the other fault as well. */
	readonly isOtherNamed: boolean;
	readonly afterwards: string;
	readonly walks: WalkCount;
	readonly isRight: boolean;
};

export const formatPairRow = ({faults, first, isOtherNamed, afterwards, walks, isRight}: PairRow): string => `| ${faults} | ${first} | ${isOtherNamed ? 'yes' : 'no'} | ${afterwards} | ${formatWalkCount(walks)} | ${isRight ? 'right' : 'wrong'} |`;

const parseRow = (line: string): readonly PairRow[] => {
	const [, faults = '', first = '', other = '', afterwards = '', walks = '', mark = ''] = line.split('|').map(cell => cell.trim());
	return mark === 'right' || mark === 'wrong'
		? [{
			faults, first, isOtherNamed: other === 'yes', afterwards, walks: parseWalkCount(walks), isRight: mark === 'right',
		}]
		: [];
};

export const formatPairTable = (rows: readonly PairRow[]): string => [
	'# What hairpin says of two faults at once',
	'',
	'Written by `npm run fault-pairs`: two of ten frequent faults are made on the cluster together, a plain connection shows that a client is kept from the Service, and hairpin is asked. What it names as the cause is repaired, and it is asked again. In ipvs mode, over SSH.',
	'',
	'| made together | the cause by the first answer | the other one is named there as well | the cause once that is repaired | ' + walkHeading + ' | |',
	'|---|---|---|---|---|---|',
	...rows.map(row => formatPairRow(row)),
	'',
	`${rows.filter(({isRight}) => isRight).length} of ${rows.length} right; both named at once: ${rows.filter(({isOtherNamed}) => isOtherNamed).length}.`,
	'',
	sumWalks(rows.map(({walks}) => walks)),
	'',
].join('\n');

/** The rows of a table that `formatPairTable` wrote. */
export const parsePairTable = (text: string): readonly PairRow[] => text.split('\n').flatMap(line => parseRow(line));

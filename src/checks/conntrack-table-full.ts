import type {Check, Verdict} from '../check.ts';
import type {Evidence, Known, NodeEvidence} from '../evidence/evidence.ts';
import {mapKnown, valueOf} from '../evidence/known.ts';
import type {Cell} from '../probes/matrix.ts';
import {judgeCondition} from './shared/judge-condition.ts';
import {type NodeReading, readNodes} from './shared/nodes.ts';
import {onNodes} from './shared/repairs.ts';
import {routesOf} from './shared/routes.ts';
import {
	broken,
	latent,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';
import {joinWords} from './shared/words.ts';

/** So close to the end that new connections may find none free by the time they come: once there is none, the kernel drops what it cannot make room for (nf_conntrack_core.c, __nf_conntrack_alloc). */
const fullShare = 0.98;
const tightShare = 0.8;

const shareOf = ({conntrack}: NodeEvidence): Known<number> => mapKnown(conntrack, ({count, max}) => (max > 0 ? count / max : 0));

/** A share that is not known counts as 0. */
const knownShareOf = (node: NodeEvidence): number => valueOf(shareOf(node)) ?? 0;

const fullNodes = (evidence: Evidence): ReadonlySet<string> =>
	new Set(evidence.nodes.values().filter(node => knownShareOf(node) >= fullShare).map(({node}) => node));

/** New connections are dropped without a word; which ones is chance, so that one that got through proves nothing. */
const isExplained = (cell: Cell, evidence: Evidence): boolean => {
	const full = fullNodes(evidence);
	return cell.attempts.some(({outcome}) => outcome === 'timeout')
		&& (full.has(cell.fromNode) || routesOf(cell, evidence).some(({backendNode}) => backendNode !== undefined && full.has(backendNode)));
};

const describe = (nodes: readonly NodeEvidence[]): string => joinWords(nodes.map(({node, conntrack}) => {
	const value = valueOf(conntrack);
	return `${node} (${value?.count ?? '?'} of ${value?.max ?? '?'} entries)`;
}));

const aboveShare = (readings: ReadonlyArray<NodeReading<number>>, share: number): readonly NodeEvidence[] => readings.filter(({value}) => value >= share).map(({node}) => node);

const judge = (evidence: Evidence): Verdict => {
	const {readings, gaps} = readNodes(evidence, shareOf);
	const full = aboveShare(readings, fullShare);
	if (full.length > 0) {
		const isFull = full.some(node => knownShareOf(node) >= 1);
		return judgeCondition(evidence, {
			what: `the conntrack table is ${isFull ? 'full' : 'as good as full'} on ${describe(full)}, and new connections ${isFull ? 'are' : 'may be'} dropped`, refs: refsTo(...full.map(({conntrack}) => conntrack)), explains: isExplained, isCertain: isFull, harmless: 'no probe timed out from it yet',
		});
	}

	const tight = aboveShare(readings, tightShare);
	if (tight.length > 0) {
		return latent(`the conntrack table is nearly full on ${describe(tight)}: once it is, new connections are dropped`, refsTo(...tight.map(({conntrack}) => conntrack)));
	}

	return gaps.length > 0 && readings.length === 0 ? unknown(gaps.join('; ')) : ok(`there is room on ${describe(readings.map(({node}) => node))}`);
};

const widen = (nodes: readonly NodeEvidence[]): readonly string[] => {
	const max = Math.max(65_536, ...nodes.map(({conntrack}) => valueOf(conntrack)?.max ?? 0));
	return [
		`sysctl -w net.netfilter.nf_conntrack_max=${max * 2}   # some 400 bytes of memory an entry; undo: the old value, ${joinWords(nodes.map(({conntrack}) => String(valueOf(conntrack)?.max)))}`,
		'# lasting: conntrack.maxPerCore and conntrack.min of kube-proxy\'s configuration, which it writes at each start (0 leaves the sysctl alone)',
		'conntrack -L 2>/dev/null | awk \'{ for (i = 1; i <= NF; i++) if ($i ~ /^src=/) { print $i; break } }\' | sort | uniq -c | sort -rn | head   # who fills it',
	];
};

export const conntrackTableFull: Check = {
	id: 'conntrack-table-full',
	place: 570,
	title: 'Connection tracking has room',
	explain: 'Every connection that a node translates or filters has an entry in one table of the kernel. Once the table is full, packets of new connections are dropped without a word, while established ones go on: it looks like random time-outs.',
	judge,
	explains: isExplained,
	repair(evidence) {
		const nodes = evidence.nodes.values().filter(node => knownShareOf(node) >= tightShare).toArray();
		return [onNodes(nodes.map(({node}) => node)), ...widen(nodes)];
	},
	ofNode: {
		judge(node) {
			const share = shareOf(node);
			if ('unknown' in share) {
				return ok(`no effect here: ${share.unknown}`);
			}

			const refs = refsTo(node.conntrack);
			return share.value >= fullShare ? broken('the conntrack table is full, or as good as full: new connections are dropped once it is', refs, 'likely') : (share.value >= tightShare ? latent('the conntrack table is more than four fifths full', refs) : ok('there is room'));
		},
		repair: node => widen([node]),
	},
};

import type {FullSize} from '../probes/full-size.ts';
import type {Lookup} from '../probes/lookup.ts';
import {
	type Outcome,
	type Attempt,
	type Cell,
	cellOutcome,
	isFailing,
} from '../probes/matrix.ts';
import {cutText, formatTable} from './table.ts';

// Long reasons are told in full with the points that were not reached.
const widestCell = 40;

/** `1 of 6 probes fails`. */
export const countFailing = (cells: readonly Cell[]): string => {
	const failing = cells.filter(cell => isFailing(cell)).length;
	return `${failing} of ${cells.length} probes ${failing === 1 ? 'fails' : 'fail'}`;
};

const formatMs = (ms: number): string => (ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`);

const fastestOpen = (attempts: readonly Attempt[]): string => {
	const times = attempts.filter(({outcome}) => outcome === 'open').map(({ms}) => ms);
	return times.length === 0 ? '' : ` ${formatMs(Math.min(...times))}`;
};

const countOf = (attempts: readonly Attempt[], outcome: Outcome): number => attempts.filter(attempt => attempt.outcome === outcome).length;

/** `✓ 0.4 ms`, `✗ timeout`, `~ 3 of 6 timeout`, or `? why not`. */
export const formatCell = (cell: Cell): string => {
	if (cell.attempts.length === 0) {
		return `? ${cell.error ?? 'not asked'}`;
	}

	if (!isFailing(cell)) {
		return `✓${fastestOpen(cell.attempts)}`;
	}

	const outcome = cellOutcome(cell);
	if (outcome !== 'intermittent') {
		return `✗ ${outcome}`;
	}

	const worst = cell.attempts.find(attempt => attempt.outcome !== 'open')?.outcome ?? 'error';
	return `~ ${countOf(cell.attempts, worst)} of ${cell.attempts.length} ${worst}`;
};

const columnOf = (cell: Cell, vip: string): string => (cell.toIp === vip ? 'VIP' : `${cell.toIp}:${cell.toPort}`);

/** One row for each place that probed, one column for the ClusterIP and each endpoint. */
export const formatMatrix = (matrix: readonly Cell[], vip: string): readonly string[] => {
	const columns = [...new Set(matrix.map(cell => columnOf(cell, vip)))].toSorted((a, b) => Number(b === 'VIP') - Number(a === 'VIP'));
	const rows = [...new Set(matrix.map(cell => cell.from))];
	return formatTable([
		['FROM', 'ON', ...columns],
		...rows.map(from => {
			const cells = matrix.filter(cell => cell.from === from);
			return [from, cells[0].fromNode, ...columns.map(column => {
				const cell = cells.find(candidate => columnOf(candidate, vip) === column);
				return cell ? cutText(formatCell(cell), widestCell) : '';
			})];
		}),
	]);
};

/** Which backend each attempt through the ClusterIP met, where there are several. */
export const formatBackendHits = (cell: Cell, endpoints: readonly string[]): readonly string[] => {
	if (endpoints.length < 2) {
		return [];
	}

	return endpoints.map(endpoint => {
		const hits = cell.attempts.filter(attempt => attempt.backend === endpoint);
		const failed = hits.filter(({outcome}) => outcome !== 'open').length;
		return hits.length === 0
			? `${endpoint} was never hit in ${cell.attempts.length} attempts`
			: `${endpoint} was hit ${hits.length} of ${cell.attempts.length} times, ${failed === 0 ? 'always open' : `${failed} of these failed`}`;
	});
};

const fullSizeWords = {
	arrived: '✓ arrive', told: '✓ a router tells to send smaller ones', lost: '✗ lost', unknown: '?',
} as const;

const lookupWords = {
	answered: '', refused: '✗ refused: nobody listens', unreachable: '✗ unreachable', unanswered: '✗ no answer', unknown: '?',
} as const;

/** `nginx.default.svc.cluster.local  default/mars1 → 10.96.0.10  NOERROR 10.98.171.178`. */
export const formatLookup = ({from, server, name, outcome, code, addresses, because}: Lookup): string =>
	`${name}  ${from} → ${server}  ${[lookupWords[outcome], code, ...addresses, because].filter(word => word !== undefined && word !== '').join(' ')}`;

/** `1500 bytes default/mars2 → default/nginx-app  ✗ lost, up to 1404 arrive`. */
export const formatFullSize = ({from, to, bytes, outcome, largest, because}: FullSize): string =>
	`${bytes} bytes ${from} → ${to}  ${fullSizeWords[outcome]}${largest === undefined ? '' : `, up to ${largest} arrive`}${because === undefined ? '' : ` ${because}`}`;

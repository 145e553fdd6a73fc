import type {SessionState} from '../session-state.ts';
import type {Target} from '../target.ts';
import {
	type Cell,
	cellOutcome,
	isFailing,
	isFurther,
} from '../probes/matrix.ts';
import type {Flow} from '../packets/flow.ts';
import type {
	CaptureExpectation,
	CellRow,
	CellWord,
	CheckExpectation,
	CompareExpectation,
	InventoryExpectation,
	NumberExpectation,
	ProbeExpectation,
} from './runbook.ts';

/** One thing that was expected, and what was found. */
export type Judged = {
	readonly what: string;
	readonly wanted: string;
	readonly found: string;
	/** Undefined where it could not be told. */
	readonly isMet: boolean | undefined;
};

const comparisons: Readonly<Record<keyof NumberExpectation, {readonly word: string; readonly holds: (found: number, wanted: number) => boolean}>> = {
	is: {word: '', holds: (found, wanted) => found === wanted},
	above: {word: 'above ', holds: (found, wanted) => found > wanted},
	below: {word: 'below ', holds: (found, wanted) => found < wanted},
	'at-least': {word: 'at least ', holds: (found, wanted) => found >= wanted},
	'at-most': {word: 'at most ', holds: (found, wanted) => found <= wanted},
};

const comparisonKeys = ['is', 'above', 'below', 'at-least', 'at-most'] as const;

/** A number, or undefined where there was none to be found. */
export const judgeNumber = (what: string, found: number | undefined, expectation: NumberExpectation): readonly Judged[] => comparisonKeys.flatMap(key => {
	const wanted = expectation[key];
	return wanted === undefined
		? []
		: [{
			what, wanted: `${comparisons[key].word}${wanted}`, found: found === undefined ? 'no number' : String(found), isMet: found === undefined ? undefined : comparisons[key].holds(found, wanted),
		}];
});

const judgeWord = (what: string, found: string | undefined, wanted: string | undefined): readonly Judged[] => (wanted === undefined
	? []
	: [{
		what, wanted, found: found ?? 'not known', isMet: found === undefined ? undefined : found === wanted,
	}]);

const judgeFlag = (what: string, found: boolean | undefined, wanted: boolean | undefined): readonly Judged[] =>
	judgeWord(what, found === undefined ? undefined : (found ? 'yes' : 'no'), wanted === undefined ? undefined : (wanted ? 'yes' : 'no'));

const rows: Readonly<Record<CellRow, (cell: Cell) => boolean>> = {
	client: ({role, path}) => role === 'client' && path !== 'endpoint',
	'client-direct': ({role, path}) => role === 'client' && path === 'endpoint',
	'other-client': ({role, path}) => role === 'other' && path !== 'endpoint',
	'other-client-direct': ({role, path}) => role === 'other' && path === 'endpoint',
	itself: ({path}) => path === 'self',
	node: cell => cell.role === 'node' && !isFurther(cell),
	all: () => true,
};

const isOfWord = (cell: Cell, wanted: CellWord): boolean => (wanted === 'failing' ? isFailing(cell) : cellOutcome(cell) === wanted);

const judgeCell = (cell: Cell, wanted: CellWord): Judged => {
	const outcome = cellOutcome(cell);
	return {
		what: `${cell.from} → ${cell.toIp}:${cell.toPort}`, wanted, found: outcome === 'unknown' ? `not asked: ${cell.error ?? 'unknown'}` : outcome, isMet: outcome === 'unknown' ? undefined : isOfWord(cell, wanted),
	};
};

const cellKeys = Object.keys(rows) as readonly CellRow[];

/** Probes. A row without any is not told to be met: nobody asked. */
export const judgeCells = (cells: readonly Cell[], expectation: ProbeExpectation): readonly Judged[] => cellKeys.flatMap(row => {
	const wanted = expectation[row];
	if (wanted === undefined) {
		return [];
	}

	const found = cells.filter(cell => rows[row](cell));
	return found.length === 0
		? [{
			what: row, wanted, found: 'there is no such probe', isMet: undefined,
		}]
		: found.map(cell => judgeCell(cell, wanted));
});

const isSameNode = ({client, endpoints}: Target): boolean => endpoints.some(({isReady, node}) => isReady && node === client.node);

export const judgeInventory = ({target}: SessionState, expectation: InventoryExpectation): readonly Judged[] => [
	...(expectation.endpoints ? judgeNumber('ready endpoints', target?.endpoints.filter(({isReady}) => isReady).length, expectation.endpoints) : []),
	...judgeFlag('client on the node of a backend', target && isSameNode(target), expectation['same-node']),
];

/** The diagnosis. That nothing is the cause is known only where nothing fails. */
export const judgeDiagnosis = ({diagnosis}: SessionState, {conclusion, cause, certain, checks = {}}: CheckExpectation): readonly Judged[] => {
	const verdict = diagnosis?.cause?.verdict;
	return [
		...judgeWord('conclusion', diagnosis?.conclusion, conclusion),
		...judgeWord('cause', diagnosis && (diagnosis.cause?.check.id ?? 'none'), cause),
		...judgeFlag('certain', verdict?.status === 'broken' ? verdict.confidence === 'certain' : undefined, certain),
		...Object.entries(checks).flatMap(([id, status]) => judgeWord(id, diagnosis?.findings.find(({check}) => check.id === id)?.verdict.status, status)),
	];
};

const roles = ['client', 'node', 'backend'] as const;

export const judgeCapture = ({capture}: SessionState, expectation: CaptureExpectation): readonly Judged[] => roles.flatMap(role => {
	const points = (capture?.points ?? []).filter(point => point.role === role && point.problem === undefined);
	const wanted = expectation[role];
	return wanted === undefined ? [] : judgeNumber(`packets at the ${role}`, points.length === 0 ? undefined : points.reduce((sum, {packets}) => sum + packets, 0), wanted);
});

const isMasqueraded = ({client, sourceAtBackend}: Flow): boolean | undefined => (sourceAtBackend === undefined ? undefined : sourceAtBackend.ip !== client.ip);

/** Of several attempts, the one that went worst is judged. */
export const tellingFlow = ({capture}: SessionState): Flow | undefined => capture?.flows.find(({ending}) => ending !== 'established') ?? capture?.flows.at(0);

export const judgeFlow = (state: SessionState, expectation: CompareExpectation): readonly Judged[] => {
	const flow = tellingFlow(state);
	return [
		...judgeFlag('a reply from an address that was not dialled', flow === undefined ? undefined : flow.impossibleReply !== undefined, expectation['impossible-reply']),
		...judgeFlag('masqueraded on the way to the backend', flow && isMasqueraded(flow), expectation.masqueraded),
		...judgeWord('ending', flow?.ending, expectation.ending),
	];
};

import type {Check} from '../check.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {
	type Attempt,
	type Cell,
	cellOutcome,
	isFailing,
	isOpen,
	nameCell,
} from '../probes/matrix.ts';
import type {Change} from './change.ts';

/** What is expected of one probe after a change. */
export type Prediction = {
	/** As it will be probed, with the outcome of now. */
	readonly cell: Cell;
	/** The port of now, where another one will be probed. */
	readonly portBefore: number | undefined;
	/** works: it does now and will · fixed: it will · stays: it fails and will · breaks: it works and will not · unclear: it fails, and nothing known explains it. */
	readonly expected: 'works' | 'fixed' | 'stays' | 'breaks' | 'unclear';
	/** The fault that will be in the way, by its check's id. */
	readonly by: string | undefined;
};

/** The port that the Service's connections will go to, where the change is about that. */
const portAfter = ({plan}: Change): number | undefined => {
	const after = plan.objects.find(({pointer}) => pointer.endsWith('/targetPort'))?.after;
	return typeof after === 'number' ? after : undefined;
};

/** A probe as it will be made: straight to an endpoint means to the port that this has then. */
const assumeCell = (cell: Cell, {target}: Evidence, change: Change): Cell => {
	const isToEndpoint = cell.path === 'endpoint' && target.endpoints.some(({ip, port}) => ip === cell.toIp && port === cell.toPort);
	return isToEndpoint ? {...cell, toPort: portAfter(change) ?? cell.toPort} : cell;
};

/** The evidence as if the change acted. Packets that were seen before it tell nothing of afterwards. */
const assumeChange = (evidence: Evidence, change: Change): Evidence => {
	const {recipe, value, plan} = change;
	const touched = new Set(plan.nodes.map(({node}) => node));
	const isEverywhere = plan.objects.length > 0;
	const {service, port} = evidence.target;
	const newPort = portAfter(change);
	return {
		...evidence,
		target: newPort === undefined
			? evidence.target
			: {
				...evidence.target, service, port: {...port, targetPort: newPort}, endpoints: evidence.target.endpoints.map(endpoint => ({...endpoint, port: newPort})),
			},
		matrix: evidence.matrix.map(cell => assumeCell(cell, evidence, change)),
		nodes: new Map(evidence.nodes.entries().map(([name, node]) => [name, isEverywhere || touched.has(name) ? recipe.assume(node, value, plan) : node])),
		capture: undefined,
	};
};

const isAttempted = ({attempts}: Cell): boolean => attempts.length > 0;

/** As if it failed in every way at once: whatever predicts one of them is in the way. */
const asIfFailing = (cell: Cell): readonly Cell[] => (['timeout', 'refused', 'unreachable'] as const).map(outcome => ({...cell, attempts: cell.attempts.map((attempt): Attempt => ({...attempt, outcome}))}));

const findObstacle = (checks: readonly Check[], cell: Cell, after: Evidence): string | undefined =>
	checks.find(check => asIfFailing(cell).some(failing => check.explains(failing, {...after, matrix: after.matrix.map(other => (nameCell(other) === nameCell(cell) ? failing : other))})))?.id;

/** The probe as it was made, and as it will be. */
type Pair = {readonly cell: Cell; readonly later: Cell};

const predictCell = (checks: readonly Check[], {cell, later}: Pair, before: Evidence, after: Evidence): Omit<Prediction, 'cell' | 'portBefore'> => {
	const obstacle = findObstacle(checks, later, after);
	if (!isFailing(cell)) {
		// What was in the way before and did no harm is no obstacle afterwards either.
		const wasThere = obstacle !== undefined && findObstacle(checks, cell, {...before, capture: undefined}) === obstacle;
		return obstacle === undefined || wasThere ? {expected: 'works', by: undefined} : {expected: 'breaks', by: obstacle};
	}

	if (obstacle !== undefined) {
		return {expected: 'stays', by: obstacle};
	}

	const isExplained = checks.some(check => check.explains(cell, before) || check.explains(cell, {...before, capture: undefined}));
	return {expected: isExplained ? 'fixed' : 'unclear', by: undefined};
};

/** What each probe that was made is expected to do after a change, from the same logic that explains failures. */
export const predictChange = (checks: readonly Check[], evidence: Evidence, change: Change): readonly Prediction[] => {
	const after = assumeChange(evidence, change);
	const pairs = evidence.matrix.map((cell, index) => ({cell, later: after.matrix[index]}));
	return pairs.filter(({cell}) => isAttempted(cell)).map(({cell, later}) => ({
		cell: later, portBefore: later.toPort === cell.toPort ? undefined : cell.toPort, ...predictCell(checks, {cell, later}, evidence, after),
	}));
};

/** Whether it came and went there before already, so that one that works and one that fails say the same. */
const isErratic = (before: readonly Cell[], {toIp, toPort}: Cell): boolean => before.some(cell => cell.toIp === toIp && cell.toPort === toPort && cellOutcome(cell) === 'intermittent');

/** Cells that worked before and do not now. */
export const findWorse = (before: readonly Cell[], now: readonly Cell[]): readonly Cell[] => now
	.filter(cell => isAttempted(cell) && isFailing(cell) && !isErratic(before, cell))
	.filter(cell => before.some(other => nameCell(other) === nameCell(cell) && isOpen(other)));

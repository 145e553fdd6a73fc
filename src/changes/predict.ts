import type {Check} from '../check.ts';
import {canExplain} from '../diagnosis/can-explain.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {
	type Cell,
	cellOutcome,
	isFailing,
	isFurther,
	isOpen,
	nameCell,
} from '../probes/matrix.ts';
import type {Target} from '../target.ts';
import type {Change} from './change.ts';
import {type Foreseen, foresee} from './foresee.ts';

/** What is expected of one probe after a change. */
export type Prediction = {
	/** As it will be probed, with the outcome of now. */
	readonly cell: Cell;
	/** The port of now, where another one will be probed. */
	readonly portBefore: number | undefined;
	/** works: it does now and will · fixed: it will · stays: it fails and will · breaks: it works and will not · unclear: it fails, and nothing known explains it; or where the Service will lead is not known. */
	readonly expected: 'works' | 'fixed' | 'stays' | 'breaks' | 'unclear';
	/** What will be in the way: a fault by its check's id, or what the rules will do, in words. */
	readonly by: string | undefined;
};

/** A probe as it will be made: straight to an endpoint means to the port that this has then. */
const assumeCell = (cell: Cell, before: Evidence, after: Target): Cell => {
	const index = cell.path === 'endpoint' ? before.target.endpoints.findIndex(({ip, port}) => ip === cell.toIp && port === cell.toPort) : -1;
	return index === -1 ? cell : {...cell, toPort: after.endpoints[index].port};
};

/** The evidence as if the change acted. Packets that were seen before it tell nothing of afterwards. */
export const assumeChange = (evidence: Evidence, {recipe, value, plan}: Change): Evidence => {
	const touched = new Set(plan.nodes.map(({node}) => node));
	const isEverywhere = plan.objects.length > 0;
	const target = recipe.assumeTarget?.(evidence.target, value) ?? evidence.target;
	return {
		...evidence,
		target,
		matrix: evidence.matrix.map(cell => assumeCell(cell, evidence, target)),
		nodes: new Map(evidence.nodes.entries().map(([name, node]) => [name, isEverywhere || touched.has(name) ? recipe.assume(node, value, plan, evidence) : node])),
		capture: undefined,
	};
};

const isAttempted = ({attempts}: Cell): boolean => attempts.length > 0;

const findObstacle = (checks: readonly Check[], cell: Cell, after: Evidence): string | undefined => checks.find(check => canExplain(check, cell, after))?.id;

type Expectation = Omit<Prediction, 'cell' | 'portBefore'>;

/** The probe as it was made, and as it will be. */
type Pair = {readonly cell: Cell; readonly later: Cell};

const predictCell = (checks: readonly Check[], {cell, later}: Pair, before: Evidence, after: Evidence): Expectation => {
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

/** A probe that fails after all stays as it is, and one that works breaks. */
const inSpite: Readonly<Partial<Record<Expectation['expected'], Expectation['expected']>>> = {fixed: 'stays', unclear: 'stays', works: 'breaks'};

/** The rules as they will be have the last word where no check sees what is in the way, and where nothing explains why it fails now. */
const askRules = (expectation: Expectation, foreseen: Foreseen | undefined): Expectation => {
	const {expected} = expectation;
	if (foreseen?.opens === false) {
		const worse = inSpite[expected];
		return worse === undefined ? expectation : {expected: worse, by: foreseen.because};
	}

	return expected === 'unclear' && foreseen !== undefined ? {expected: 'fixed', by: undefined} : expectation;
};

/** What each probe that was made is expected to do after a change: from the same logic that explains failures, and from the rules as they will be. */
export const predictChange = (checks: readonly Check[], evidence: Evidence, change: Change): readonly Prediction[] => {
	const after = assumeChange(evidence, change);
	const foreseen = foresee(evidence, after, change);
	const isUnknown = change.recipe.assumeTarget !== undefined && change.recipe.assumeTarget(evidence.target, change.value) === undefined;
	const pairs = evidence.matrix.map((cell, index) => ({cell, later: after.matrix[index]}));
	return pairs.filter(({cell}) => isAttempted(cell) && !isFurther(cell)).map(({cell, later}) => ({
		cell: later,
		portBefore: later.toPort === cell.toPort ? undefined : cell.toPort,
		...(isUnknown && cell.path !== 'endpoint' ? {expected: 'unclear' as const, by: undefined} : askRules(predictCell(checks, {cell, later}, evidence, after), foreseen.get(nameCell(later)))),
	}));
};

/** Whether it came and went there before already, so that one that works and one that fails say the same. */
const isErratic = (before: readonly Cell[], {toIp, toPort}: Cell): boolean => before.some(cell => cell.toIp === toIp && cell.toPort === toPort && cellOutcome(cell) === 'intermittent');

/** Cells that worked before and do not now. */
export const findWorse = (before: readonly Cell[], now: readonly Cell[]): readonly Cell[] => now
	.filter(cell => isAttempted(cell) && isFailing(cell) && !isErratic(before, cell))
	.filter(cell => before.some(other => nameCell(other) === nameCell(cell) && isOpen(other)));

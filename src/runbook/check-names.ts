import {checks} from '../catalogue/index.ts';
import type {Matching} from './match-scalar.ts';
import {type Mistake, joinWords, suggestWord} from './mistakes.ts';
import {
	type Branches,
	type Runbook,
	type Step,
	checkVariables,
	targetVariables,
} from './runbook.ts';

type PlacedStep = {readonly step: Step; readonly path: string; readonly isBehindStop: boolean};

const mostSteps = 500;

const placeBranches = (branches: Branches | null, path: string): readonly PlacedStep[] =>
	Object.entries(branches ?? {}).flatMap(([name, steps]) => placeSteps(steps ?? [], `${path}/${name}`));

/** What is no step is left out: that is told already. */
const placeSteps = (steps: ReadonlyArray<Step | null>, path: string): readonly PlacedStep[] => {
	const stop = steps.findIndex(step => step !== null && 'stop' in step);
	return steps.flatMap((step, index) => (step === null
		? []
		: [
			{step, path: `${path}/${index}`, isBehindStop: stop !== -1 && index > stop},
			...('answers' in step ? placeBranches(step.answers, `${path}/${index}/answers`) : []),
			...('cases' in step ? placeBranches(step.cases, `${path}/${index}/cases`) : []),
		]));
};

/** The value of a choice that is `$(cause)` alone can only be one of these. */
const causes = ['none', 'otherwise', ...checks.map(({id}) => id)];

const checkCases = ({step, path}: PlacedStep, at: (path: string) => number): readonly Mistake[] => ('cases' in step && step.choose === '$(cause)'
	? Object.keys(step.cases ?? {}).filter(name => !causes.includes(name)).map(name => ({at: at(`${path}/cases/${name}`), because: `there is no check "${name}"${suggestWord(name, causes)}`}))
	: []);

const checkUndo = ({step, path}: PlacedStep, fixes: readonly string[], at: (path: string) => number): readonly Mistake[] => {
	if (!('undo' in step) || step.undo === null || ['last', 'all', ...fixes].includes(step.undo)) {
		return [];
	}

	return [{at: at(`${path}/undo`), because: `no step before this one that fixes is called "${step.undo}": ${joinWords(['last', 'all', ...fixes])} ${fixes.length === 0 ? 'are' : 'is'} expected${suggestWord(step.undo, fixes)}`}];
};

/** Mistakes of single steps, and those that only show beside the other steps. */
const checkSteps = (steps: readonly PlacedStep[], at: (path: string) => number): readonly Mistake[] => {
	const mistakes: Mistake[] = [];
	const names = new Set<string>();
	const fixes: string[] = [];
	for (const placed of steps) {
		const {step, path, isBehindStop} = placed;
		mistakes.push(...checkCases(placed, at), ...checkUndo(placed, fixes, at));
		if (isBehindStop) {
			mistakes.push({at: at(path), because: 'this is never reached: the walk ends before it'});
		}

		if (typeof step.name === 'string' && names.has(step.name)) {
			mistakes.push({at: at(`${path}/name`), because: `another step is called "${step.name}" already`});
		}

		if (typeof step.name === 'string') {
			names.add(step.name);
		}

		if ('fix' in step && typeof step.name === 'string') {
			fixes.push(step.name);
		}
	}

	return mistakes;
};

const checkVariableNames = ({variables}: Partial<Runbook>, {uses, places}: Matching): readonly Mistake[] => {
	const declared = Object.keys(variables ?? {});
	const taken: readonly string[] = [...targetVariables, ...checkVariables];
	const known = [...declared, ...taken];
	return [
		...declared.filter(name => taken.includes(name)).map(name => ({at: places.get(`/variables/${name}`) ?? 0, because: `"${name}" is given by the target or by a check: take another name`})),
		...uses.filter(({name, path}) => !(path.startsWith('/target') ? declared : known).includes(name)).map(({name, at}) => ({at, because: `there is no variable "${name}": ${joinWords(known, 30)} are known${suggestWord(name, known)}`})),
	];
};

/** What is wrong with names: those that nobody has, or two have. Takes what is left of a runbook whose other mistakes are told already. */
export const checkNames = (runbook: Partial<Runbook>, matching: Matching): readonly Mistake[] => {
	const steps = placeSteps(runbook.steps ?? [], '/steps');
	const at = (path: string): number => matching.places.get(path) ?? 0;
	const excess = steps.length > mostSteps ? [{at: at(steps[mostSteps].path), because: `more than ${mostSteps} steps are no runbook`}] : [];
	return [...checkVariableNames(runbook, matching), ...checkSteps(steps, at), ...excess];
};

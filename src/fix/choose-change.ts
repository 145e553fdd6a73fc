import {changesFor} from '../check.ts';
import {type Recipe, nameChange} from '../changes/change.ts';
import {findRecipe, recipes} from '../changes/recipes/index.ts';
import {checks} from '../catalogue/index.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {suggestNames} from '../target/nearest-names.ts';
import {UserFacingError} from '../user-facing-error.ts';

export type Choice = {
	readonly recipe: Recipe;
	readonly value: string;
	/** Other changes that would do, less well. */
	readonly others: readonly string[];
};

const usage = ({name, values}: Recipe): string => (values.length === 0 ? name : `${name}=${values.join('|')}`);

const refuseName = (id: string): UserFacingError => {
	const named = recipes.find(({name}) => name === id.split('=', 1)[0]);
	if (named) {
		return new UserFacingError(`${named.name} cannot be given ${id.includes('=') ? `"${id.slice(id.indexOf('=') + 1)}"` : 'no value'}`, `say: hairpin fix ${usage(named)}`);
	}

	const names = [...checks.map(check => check.id), ...recipes.map(recipe => recipe.name)];
	return new UserFacingError(`there is no check and no change ${id}`, `${suggestNames(id, names)} See: hairpin fix --list`);
};

/** What a check's repair is, from what was found; several where there are several ways. */
const changesOf = (id: string, evidence: Evidence | undefined): readonly string[] | undefined => {
	const check = checks.find(candidate => candidate.id === id);
	if (!check) {
		return undefined;
	}

	if (check.fixedBy === undefined) {
		throw new UserFacingError(`hairpin cannot repair ${id} itself`, 'hairpin check tells what would');
	}

	return changesFor(check, evidence);
};

/** What was asked for on the command line: a check's best repair, or a change by its own name. Throws `UserFacingError`. */
export const chooseChange = (id: string, evidence: Evidence | undefined): Choice => {
	const candidates = changesOf(id, evidence);
	if (candidates?.length === 0) {
		throw new UserFacingError(`what would repair ${id} is not known${evidence ? ' from what was found' : ' without a Service'}`, evidence ? 'hairpin check tells more' : `name it: hairpin fix ${id} svc/NAME --from pod/NAME`);
	}

	const [first, ...others] = candidates ?? [id];
	const found = findRecipe(first);
	if (!found) {
		throw refuseName(first);
	}

	return {...found, others};
};

/** What can be named as a change; what takes a value of one's own ends with `=`. */
export const changeNames: readonly string[] = recipes.flatMap(recipe => (recipe.values.length === 0 || recipe.accepts ? [recipe.accepts ? `${recipe.name}=` : recipe.name] : recipe.values.map(value => nameChange(recipe, value))));

/** What can be changed, each with the checks whose fault it repairs. */
export const listChanges = (): ReadonlyArray<{readonly usage: string; readonly why: string; readonly checks: readonly string[]}> => recipes.map(recipe => ({
	usage: usage(recipe),
	why: recipe.why,
	checks: checks.filter(({fixedBy}) => typeof fixedBy === 'object' && fixedBy[0].split('=', 1)[0] === recipe.name).map(({id}) => id),
}));

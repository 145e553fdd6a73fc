import {type Change, type Kitchen, nameChange} from '../../src/changes/change.ts';
import {findRecipe} from '../../src/changes/recipes/index.ts';
import {isRefused} from '../../src/changes/recipes/shared.ts';
import type {Evidence} from '../../src/evidence/evidence.ts';

const kitchenOf = (evidence: Evidence): Kitchen => ({nodes: evidence.nodes.values().toArray(), evidence, proxy: {kind: 'units'}});

/** A change by its name, as it would be made where this was seen. */
export const prepareChange = (id: string, evidence: Evidence): Change => {
	const found = findRecipe(id);
	if (!found) {
		throw new Error(`no recipe ${id}`);
	}

	const plan = found.recipe.plan(kitchenOf(evidence), found.value);
	if (isRefused(plan)) {
		throw new Error(plan.refused);
	}

	return {id: nameChange(found.recipe, found.value), ...found, plan};
};

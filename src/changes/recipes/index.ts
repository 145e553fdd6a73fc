import type {Recipe} from '../change.ts';
import {brNetfilter, brNetfilterNarrow} from './br-netfilter.ts';
import {forwardAccept} from './forward-accept.ts';
import {hairpinPort} from './hairpin-port.ts';
import {kubeletHairpinMode} from './kubelet-hairpin-mode.ts';
import {masqueradeAll} from './masquerade-all.ts';
import {conntrackMax, ipForward} from './node-sysctls.ts';
import {proxyMode} from './proxy-mode.ts';
import {serviceSelector, targetPort} from './service.ts';

/** Everything that can be changed: the right repair first, then the four that people try, then the rest. */
export const recipes: readonly Recipe[] = [
	brNetfilter,
	brNetfilterNarrow,
	hairpinPort,
	kubeletHairpinMode,
	proxyMode,
	masqueradeAll,
	ipForward,
	forwardAccept,
	targetPort,
	serviceSelector,
	conntrackMax,
];

/** `masquerade-all=true` as a recipe and its value; undefined where there is no such thing. */
export const findRecipe = (id: string): {readonly recipe: Recipe; readonly value: string} | undefined => {
	const at = id.indexOf('=');
	const [name, value] = at === -1 ? [id, ''] : [id.slice(0, at), id.slice(at + 1)];
	const recipe = recipes.find(candidate => candidate.name === name);
	const isFitting = recipe && (recipe.values.length === 0 ? at === -1 : (recipe.accepts?.(value) ?? recipe.values.includes(value)));
	return isFitting === true ? {recipe, value} : undefined;
};

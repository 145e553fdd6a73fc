import {predictChange, type Prediction} from '../changes/predict.ts';
import {
	type TypedStep,
	typeObject,
	typeStep,
	typeUnits,
} from '../changes/describe-change.ts';
import type {Change} from '../changes/change.ts';
import type {PreparedNode} from '../changes/prepare.ts';
import {checks} from '../catalogue/index.ts';
import type {Evidence} from '../evidence/evidence.ts';

export type NodePreview = {
	readonly node: string;
	readonly steps: readonly TypedStep[];
	readonly restarts: readonly string[];
};

/** A change before anything is done: what a person reads, and agrees to. */
export type Preview = {
	readonly change: string;
	readonly title: string;
	readonly why: string;
	readonly price: readonly string[];
	readonly cuts: string;
	/** Whether it breaks connections at all. */
	readonly isCutting: boolean;
	readonly notes: readonly string[];
	readonly objects: readonly TypedStep[];
	readonly rollouts: readonly string[];
	readonly nodes: readonly NodePreview[];
	readonly predictions: readonly Prediction[];
	/** Other changes that would do. */
	readonly others: readonly string[];
};

const isRestarting = ({nodes, rollouts}: {readonly nodes: readonly NodePreview[]; readonly rollouts: readonly unknown[]}): boolean => rollouts.length > 0 || nodes.some(({restarts}) => restarts.length > 0);

/** Everything about a change that somebody has to know who agrees to it. */
export const previewChange = (change: Change, prepared: readonly PreparedNode[], evidence: Evidence | undefined, others: readonly string[]): Preview => {
	const {recipe, value, plan} = change;
	const nodes = prepared.map(node => ({
		node: node.node,
		steps: node.steps.map(step => typeStep(step)),
		restarts: [...typeUnits(node), ...(node.leftoversOf ? [`remove the rules that mode ${node.leftoversOf.before} leaves behind, once ${node.leftoversOf.after} acts`] : [])],
	}));
	const rollouts = plan.rollouts.map(({namespace, name}) => `kubectl -n ${namespace} rollout restart daemonset/${name} && kubectl -n ${namespace} rollout status daemonset/${name}`);
	return {
		change: change.id,
		title: recipe.title(value),
		why: recipe.why,
		price: recipe.price(value),
		cuts: isRestarting({nodes, rollouts}) ? recipe.cuts : 'no connection',
		isCutting: recipe.isCutting === true && isRestarting({nodes, rollouts}),
		notes: plan.notes,
		objects: plan.objects.map(object => typeObject(object)),
		rollouts,
		nodes,
		predictions: evidence ? predictChange(checks, evidence, change) : [],
		others,
	};
};

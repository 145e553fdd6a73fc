import type {Access} from '../access/access.ts';
import {actsOn} from '../changes/apply-node.ts';
import {type Change, nameChange} from '../changes/change.ts';
import {type PreparedNode, prepareNodes} from '../changes/prepare.ts';
import {isRefused} from '../changes/recipes/shared.ts';
import type {Node} from '../cluster/cluster.ts';
import type {Kubectl} from '../cluster/kubectl.ts';
import type {NodeEvidence} from '../evidence/evidence.ts';
import type {FixOptions} from '../options.ts';
import {type SessionState, evidenceOf} from '../session-state.ts';
import {UserFacingError} from '../user-facing-error.ts';
import {chooseChange} from './choose-change.ts';
import {chooseNodes, findProxy, readNodes} from './gather.ts';
import {type Preview, previewChange} from './preview.ts';

/** A change that is ready to be made, with what was found before. */
export type PreparedFix = {
	readonly change: Change;
	readonly prepared: readonly PreparedNode[];
	readonly preview: Preview;
	/** Undefined where no Service was named. */
	readonly before: SessionState | undefined;
	/** Nodes that the change is meant to act on, whether or not something has to be done there. */
	readonly nodes: readonly Node[];
	readonly evidence: ReadonlyMap<string, NodeEvidence>;
};

export type PrepareTools = {
	readonly options: Pick<FixOptions, 'forSeconds' | 'isAllNodes' | 'nodes'> & {readonly id: string};
	readonly kubectl: Kubectl;
	readonly access: Access;
	readonly signal: AbortSignal;
	/** Gets the nodes that it is for, before any of them is asked. */
	readonly onNodes: (nodes: readonly Node[]) => void;
};

/** The node of the client first: that is where an incident shows. */
const orderNodes = (prepared: readonly PreparedNode[], before: SessionState | undefined): readonly PreparedNode[] =>
	prepared.toSorted((a, b) => Number(b.node === before?.target?.client.node) - Number(a.node === before?.target?.client.node));

const planChange = ({recipe, value}: ReturnType<typeof chooseChange>, kitchen: Parameters<typeof recipe.plan>[0]): Change => {
	const plan = recipe.plan(kitchen, value);
	if (isRefused(plan)) {
		throw new UserFacingError(plan.refused, plan.tryThis);
	}

	return {
		id: nameChange(recipe, value), recipe, value, plan,
	};
};

const refuseTimer = ({plan}: Change, {forSeconds}: Pick<FixOptions, 'forSeconds'>): void => {
	if (forSeconds > 0 && plan.objects.length > 0) {
		throw new UserFacingError('objects of the cluster cannot be put back by a timer: no node would do it', 'leave out --for; hairpin undo --last puts it back at any time');
	}
};

/** What a change would do to what was found before: read to the byte, with what is expected of the probes. Changes nothing. */
export const prepareFix = async (before: SessionState | undefined, {options, kubectl, access, signal, onNodes}: PrepareTools): Promise<PreparedFix> => {
	const evidence = before && evidenceOf(before);
	const choice = chooseChange(options.id, evidence);
	const nodes = await chooseNodes(kubectl, options, before, signal);
	onNodes(nodes);
	const read = await readNodes(access, nodes, before, signal);
	const proxy = await findProxy(kubectl, nodes, read);
	const change = planChange(choice, {nodes: read.values().toArray(), evidence, proxy});
	refuseTimer(change, options);
	const acting = actsOn(change);
	const prepared = await prepareNodes(access, change, node => {
		const known = read.get(node);
		return known !== undefined && acting(known);
	});
	if (isRefused(prepared)) {
		throw new UserFacingError(prepared.refused, prepared.tryThis);
	}

	const ordered = orderNodes(prepared, before);
	return {
		change, prepared: ordered, before, nodes, evidence: read, preview: previewChange(change, ordered, evidence && {...evidence, nodes: new Map([...evidence.nodes, ...read])}, choice.others),
	};
};

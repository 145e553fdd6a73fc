import {programmedBackends} from '../checks/shared/programmed.ts';
import {endpointsFrom} from '../checks/shared/routes.ts';
import {formatAddress} from '../checks/shared/words.ts';
import type {Evidence, NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import type {Change} from './change.ts';

/** Whether a node's rules send a Service where it goes after a change, and not where it went before; they may know more backends than are examined. Where that is not known, or they could not be read, there is nothing to wait for. */
export const isFollowed = (node: NodeEvidence, {recipe, value}: Change, before: Evidence): boolean => {
	const target = recipe.assumeTarget?.(before.target, value);
	if (target === undefined) {
		return true;
	}

	const addressesIn = (evidence: Evidence): ReadonlySet<string> => new Set(endpointsFrom(evidence, node.node).map(endpoint => formatAddress(endpoint)));
	const after = {...before, target};
	const wanted = addressesIn(after);
	const gone = addressesIn(before).difference(wanted);
	const sent = valueOf(programmedBackends(node, after))?.filter(({weight}) => weight > 0).map(({address}) => address);
	return sent === undefined || (sent.every(address => !gone.has(address)) && (wanted.size === 0 || sent.some(address => wanted.has(address))));
};

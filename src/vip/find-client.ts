import {joinWords} from '../checks/shared/words.ts';
import {UserFacingError} from '../user-facing-error.ts';
import {type NodeRules, findPlaces} from './node-rules.ts';
import type {UnreadNode} from './read-node-rules.ts';

const maxListed = 8;

const describePods = (nodes: readonly NodeRules[]): string => {
	const all = nodes.flatMap(({podAddresses}) => podAddresses.map(({ip}) => ip));
	const left = all.length - maxListed;
	return all.length === 0 ? 'there is no pod on these nodes' : `pods there have ${all.slice(0, maxListed).join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
};

/** The node on which the client's pod is. Throws where no node or several have its address, or a node itself has. */
export const findClientNode = (ip: string, nodes: readonly NodeRules[], unread: readonly UnreadNode[]): string => {
	const [place, ...others] = findPlaces(ip, nodes);
	const names = joinWords(nodes.map(({node}) => node));
	if (place === undefined) {
		const missing = unread.length === 0 ? '' : `; ${joinWords(unread.map(({node}) => node))} could not be looked at`;
		throw new UserFacingError(`no pod on ${names} has the address ${ip}${missing}`, `name its node as well with --ssh NODE, or another address with --from: ${describePods(nodes)}`);
	}

	if (place.isOwn) {
		throw new UserFacingError(`${ip} is an address of the node ${place.node} itself: its traffic takes another path than a pod's`, `name the address of a pod with --from: ${describePods(nodes)}; what the nodes reach is shown as well`);
	}

	if (others.length > 0) {
		throw new UserFacingError(
			`${ip} is the address of a pod on ${place.node} and also on ${joinWords(others.map(({node}) => node))}: one address twice breaks connections to it`,
			`see which one is stale (ip route get ${ip}, on each); to go on with one of them, name only its node and the backends' with --ssh`,
		);
	}

	return place.node;
};

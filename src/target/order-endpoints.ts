import type {Endpoint} from '../cluster/cluster.ts';

/** Endpoints in the order of what they tell: ready before not ready; then one on the given node, one elsewhere, and the rest. */
export const orderEndpoints = (endpoints: readonly Endpoint[], node: string | undefined): readonly Endpoint[] => {
	const ready = endpoints.filter(({isReady}) => isReady);
	const first = [ready.find(endpoint => endpoint.node === node), ready.find(endpoint => endpoint.node !== node)].filter(endpoint => endpoint !== undefined);
	return [...first, ...ready.filter(endpoint => !first.includes(endpoint)), ...endpoints.filter(({isReady}) => !isReady)];
};

import type {Endpoint, Pod} from '../cluster/cluster.ts';
import type {FoundService} from './find-service.ts';
import {type NodeRules, type Place, findPlaces} from './node-rules.ts';

/** A pod of which only the address and the node are known; it is called by its address. */
export const unnamedPod = (ip: string, {node, isOwn}: Place): Pod => ({
	namespace: '', name: ip, ip, node, phase: 'Unknown', isReady: false, isHostNetwork: isOwn, labels: {}, containers: [],
});

export type FoundBackends = {
	/** What the rules of any node send to; ready means that they send new connections there. */
	readonly endpoints: readonly Endpoint[];
	readonly pods: readonly Pod[];
	/** Backends on no node that was reached. */
	readonly lost: readonly string[];
	/** Backends that are on several nodes at once. */
	readonly doubled: ReadonlyArray<{readonly ip: string; readonly nodes: readonly string[]}>;
};

/** All backends that the rules name, and the pods behind them as far as the nodes that were reached have them. */
export const findBackends = ({rules}: FoundService, nodes: readonly NodeRules[], clientNode: string): FoundBackends => {
	const all = Map.groupBy(rules.flatMap(({rule}) => rule.backends), ({ip, port}) => `${ip} ${port}`).values().toArray();
	const ips = [...new Set(all.map(([{ip}]) => ip))];
	const places = new Map(ips.map(ip => [ip, findPlaces(ip, nodes)]));
	const placeOf = (ip: string): Place | undefined => places.get(ip)?.find(({node}) => node === clientNode) ?? places.get(ip)?.at(0);
	return {
		endpoints: all.map(same => ({
			ip: same[0].ip, port: same[0].port, isReady: same.some(({weight}) => weight > 0), node: placeOf(same[0].ip)?.node, pod: undefined,
		})),
		pods: ips.flatMap(ip => {
			const place = placeOf(ip);
			return place ? [unnamedPod(ip, place)] : [];
		}),
		lost: ips.filter(ip => placeOf(ip) === undefined),
		doubled: ips.map(ip => ({ip, nodes: (places.get(ip) ?? []).map(({node}) => node)})).filter(({nodes: owners}) => owners.length > 1),
	};
};

import type {
	Endpoint,
	Node,
	Pod,
	Service,
	ServicePort,
} from './cluster/cluster.ts';
import type {NetworkPolicies} from './cluster/network-policy.ts';

export {resolveTarget, type TargetRequest} from './target/resolve-target.ts';

/** What is examined: a client pod and a Service port, with everything behind it that was read from the API. */
export type Target = {
	readonly service: Service;
	readonly port: ServicePort;
	readonly endpoints: readonly Endpoint[];
	/** The pods behind the endpoints, and where there are none, the pods that the selector finds. */
	readonly backends: readonly Pod[];
	readonly client: Pod;
	/** A pod on a node where neither the client nor, if possible, a backend runs. */
	readonly otherClient: Pod | undefined;
	/** Every node that takes part, by name. */
	readonly nodes: ReadonlyMap<string, Node>;
	/** Facts worth telling that are no failure, such as "the Service has no selector". */
	readonly notes: readonly string[];
	/** Those of the Service's namespace; undefined where nobody asked. */
	readonly policies?: NetworkPolicies;
	/** True where the selector finds no pod: backends and endpoints are then those it was probably meant for, and none of them is ready. */
	readonly isMeant?: boolean;
	/** True where it was read from the rules of nodes, without the API: names, readiness, selector and the name of targetPort are not known then. */
	readonly isFromRules?: boolean;
	/** Such as `v1.33.3`, where the API server told it. */
	readonly serverVersion?: string;
};

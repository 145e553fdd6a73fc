import type {Access} from '../access/access.ts';
import type {Endpoint, Node, ServicePort} from '../cluster/cluster.ts';
import type {Vip} from '../options.ts';
import type {Target} from '../target.ts';
import {orderEndpoints} from '../target/order-endpoints.ts';
import {UserFacingError} from '../user-facing-error.ts';
import {findBackends, unnamedPod} from './find-backends.ts';
import {findClientNode} from './find-client.ts';
import {findService, formatVip} from './find-service.ts';
import type {NodeRules} from './node-rules.ts';
import {type Findings, noteRules} from './note-rules.ts';
import {pickOtherClient} from './pick-other-client.ts';
import {type NodeReading, type UnreadNode, readNodeRules} from './read-node-rules.ts';

export type VipRequest = {
	readonly vip: Vip;
	readonly clientIp: string;
	/** The nodes to look at, by the names under which they are reached. */
	readonly nodes: readonly string[];
	readonly signal: AbortSignal;
};

/** As many as are probed one by one. */
const maxNodesOfEndpoints = 4;

const requireNodes = (readings: readonly NodeReading[]): readonly NodeRules[] => {
	const nodes = readings.flatMap(reading => (reading.ok ? [reading.rules] : []));
	const refusal = readings.find(reading => !reading.ok);
	if (refusal && nodes.length === 0) {
		throw new UserFacingError(`no node could be reached; ${refusal.node}: ${refusal.because}`, refusal.tryThis);
	}

	return nodes;
};

/** Rules hold the number that targetPort came to, never its name. */
const portOf = ({port, protocol}: Vip, endpoints: readonly Endpoint[]): ServicePort => {
	const ports = [...new Set(endpoints.map(endpoint => endpoint.port))];
	return {
		name: '', protocol, port, targetPort: ports.length === 1 ? ports[0] : (ports.length === 0 ? 'unknown' : ports.join(', ')),
	};
};

const unnamedNode = (name: string, kernel: string): Node => ({
	name, internalIp: '', podCidrs: [], kernel, osImage: '', os: 'linux', kubeletVersion: '', kubeProxyVersion: '', runtime: '', isReady: false,
});

/** Those that take part; of nodes that were not reached, any may hold a backend that was not found. */
const nodesOf = ({client, otherClient, backends, nodes, unread}: Findings, endpoints: readonly Endpoint[]): ReadonlyMap<string, Node> => {
	const names = [client.node, ...endpoints.slice(0, maxNodesOfEndpoints).map(({node}) => node), otherClient?.node, ...(backends.lost.length > 0 ? unread.map(({node}) => node) : [])];
	const kernels = new Map(nodes.map(({node, kernel}) => [node, kernel]));
	return new Map(names.filter(name => name !== undefined).map(name => [name, unnamedNode(name, kernels.get(name) ?? '')]));
};

const assemble = (findings: Findings): Target => {
	const {vip, service, backends, client, otherClient} = findings;
	const endpoints = orderEndpoints(backends.endpoints, client.node);
	const port = portOf(vip, endpoints);
	return {
		service: {
			namespace: '',
			name: formatVip(vip),
			type: '',
			clusterIp: vip.ip,
			selector: {},
			ports: [port],
			internalTrafficPolicy: service.rules.some(({rule}) => rule.isLocalOnly) ? 'Local' : 'Cluster',
			sessionAffinity: '',
		},
		port,
		endpoints,
		backends: backends.pods,
		client,
		otherClient,
		nodes: nodesOf(findings, endpoints),
		notes: noteRules(findings),
		isFromRules: true,
	};
};

const draw = ({vip, clientIp}: VipRequest, nodes: readonly NodeRules[], unread: readonly UnreadNode[]): Target => {
	const client = unnamedPod(clientIp, {node: findClientNode(clientIp, nodes, unread), isOwn: false});
	const service = findService(vip, nodes, unread);
	const backends = findBackends(service, nodes, client.node);
	const otherClient = pickOtherClient(client, nodes, backends.endpoints);
	return assemble({
		vip, nodes, unread, service, backends, client, otherClient,
	});
};

/**
 Finds the client, the backends and their nodes without an API server, in one round trip to each node.
 Throws a `UserFacingError` where there is nothing to examine; what is merely worth knowing, and what cannot be known, is in `notes`.
 */
export const resolveVip = async (access: Access, request: VipRequest): Promise<Target> => {
	const readings = await Promise.all(request.nodes.map(async node => readNodeRules(access, node, request.vip.ip, request.signal)));
	request.signal.throwIfAborted();
	return draw(request, requireNodes(readings), readings.filter(reading => !reading.ok));
};

import type {CaptureEvidence} from '../../src/capture/capture-evidence.ts';
import type {
	Endpoint,
	Node,
	Pod,
	Service,
	ServicePort,
} from '../../src/cluster/cluster.ts';
import type {
	Evidence,
	Known,
	NodeEvidence,
	PodEvidence,
} from '../../src/evidence/evidence.ts';
import type {Target} from '../../src/target.ts';
import {type Outcomes, foundingMatrix} from './matrix-builder.ts';
import {buildNode, type NodeSettings} from './node-builder.ts';

export const vip = '10.98.171.178';

export const read = <T>(value: T, command = 'cat'): Known<T> => ({value, origin: {point: 'k8s1', command, excerpt: JSON.stringify(value)}});

const pod = (name: string, ip: string, node: string, more: Partial<Pod> = {}): Pod => ({
	namespace: 'default',
	name,
	ip,
	node,
	phase: 'Running',
	isReady: true,
	isHostNetwork: false,
	labels: {app: name},
	containers: [{
		name, ports: [], isReady: true, state: 'running',
	}],
	...more,
});

/** The pods of the founding incident, and a second backend on k8s2. */
export const mars1 = pod('mars1', '10.244.0.18', 'k8s1');
export const mars2 = pod('mars2', '10.244.2.31', 'k8s2');
export const mars3 = pod('mars3', '10.244.1.43', 'k8s3');
export const nginx = pod('nginx-app', '10.244.0.19', 'k8s1', {
	labels: {app: 'nginx'},
	containers: [{
		name: 'nginx', ports: [{name: 'http', containerPort: 80, protocol: 'TCP'}], isReady: true, state: 'running',
	}],
});
export const nginx2 = pod('nginx-app2', '10.244.2.32', 'k8s2', {labels: {app: 'nginx'}});

export const endpointOf = ({ip, node, name}: Pod, port = 80): Endpoint => ({
	ip, port, isReady: true, node, pod: name,
});

const apiNode = (name: string, internalIp: string, podCidr: string): Node => ({
	name, internalIp, podCidrs: [podCidr], kernel: '6.1.192', osImage: 'Debian 12', os: 'linux', kubeletVersion: 'v1.33.3', kubeProxyVersion: 'v1.33.3', runtime: 'containerd://1.6.20', isReady: true,
});

const apiNodes = new Map([
	apiNode('k8s1', '172.30.0.11', '10.244.0.0/24'), apiNode('k8s2', '172.30.0.12', '10.244.2.0/24'), apiNode('k8s3', '172.30.0.13', '10.244.1.0/24'),
].map(node => [node.name, node]));

const port: ServicePort = {
	name: '', protocol: 'TCP', port: 8080, targetPort: 80,
};

const service: Service = {
	namespace: 'default',
	name: 'nginx',
	type: 'ClusterIP',
	clusterIp: vip,
	selector: {app: 'nginx'},
	ports: [port],
	internalTrafficPolicy: 'Cluster',
	sessionAffinity: 'None',
};

export const buildPod = ({namespace, name, ip}: Pod, ifindex: number, listeners: PodEvidence['listeners'] = read([])): PodEvidence => ({
	namespace,
	pod: name,
	missingTools: [],
	interfaceName: read('eth0'),
	peerIfindex: read(ifindex),
	addresses: read([ip]),
	gateway: read('10.244.0.1'),
	mtu: read(1450),
	resolver: read({servers: ['192.0.2.53'], clusterDomain: undefined}),
	linkAddress: read(`0a:58:00:00:00:0${ifindex}`),
	listeners,
});

const listening = (on: string, portNumber: number): PodEvidence['listeners'] => read([{protocol: 'tcp', ip: on, port: portNumber}]);

/** What differs from the founding incident, which is itself the default: br_netfilter not loaded, everything else in order. */
export type Situation = {
	readonly client?: Pod;
	readonly other?: Pod;
	readonly backends?: readonly Pod[];
	readonly endpoints?: readonly Endpoint[];
	readonly service?: Partial<Service>;
	readonly targetPort?: number | string;
	/** What nginx-app listens on. */
	readonly listenAddress?: string;
	readonly listenPort?: number;
	/** Settings of all nodes, and of single ones. */
	readonly node?: NodeSettings;
	readonly nodes?: Readonly<Record<string, NodeSettings>>;
	/** Nodes and pods that could not be read. */
	readonly unreachable?: Readonly<Record<string, string>>;
	readonly outcomes?: Outcomes;
	readonly capture?: CaptureEvidence;
};

const veths: Readonly<Record<string, number>> = {
	mars1: 5, 'nginx-app': 6, mars2: 5, 'nginx-app2': 6, mars3: 5,
};

const buildTarget = ({client = mars1, other = client.name === 'mars2' ? mars3 : mars2, backends = [nginx], targetPort = 80, ...situation}: Situation): Target => {
	const examined = {...port, targetPort};
	return {
		service: {...service, ports: [examined], ...situation.service},
		port: examined,
		endpoints: situation.endpoints ?? backends.map(backend => endpointOf(backend, typeof targetPort === 'number' ? targetPort : 80)),
		backends,
		client,
		otherClient: other,
		nodes: new Map([client, other, ...backends].map(({node}) => node).flatMap(name => apiNodes.get(name) ?? []).map(node => [node.name, node])),
		notes: [],
	};
};

const buildNodes = (target: Target, {node, nodes = {}, unreachable = {}}: Situation): ReadonlyMap<string, NodeEvidence> => new Map(target.nodes.keys()
	.filter(name => !(name in unreachable))
	.map(name => [name, buildNode(name, {...node, ...nodes[name]}, target)]));

const buildPods = (target: Target, {listenAddress = '0.0.0.0', listenPort = 80, unreachable = {}}: Situation): ReadonlyMap<string, PodEvidence> => new Map([target.client, ...target.backends]
	.filter(({namespace, name, node}) => !(node in unreachable) && !(`${namespace}/${name}` in unreachable))
	.map(one => [`${one.namespace}/${one.name}`, buildPod(one, veths[one.name], one.labels.app === 'nginx' ? listening(listenAddress, listenPort) : read([]))]));

/** Evidence as a session would have collected it. */
export const buildEvidence = (situation: Situation = {}): Evidence => {
	const target = buildTarget(situation);
	return {
		target,
		nodes: buildNodes(target, situation),
		pods: buildPods(target, situation),
		matrix: foundingMatrix(target, situation.outcomes ?? {}),
		capture: situation.capture,
		unreachable: new Map(Object.entries(situation.unreachable ?? {})),
	};
};

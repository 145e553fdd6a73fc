/** The parts of Kubernetes objects that the diagnosis reads, cleaned of terminal escapes. */
export type ServicePort = {
	readonly name: string;
	readonly protocol: 'TCP' | 'UDP' | 'SCTP';
	readonly port: number;
	readonly targetPort: number | string;
};

export type Service = {
	readonly namespace: string;
	readonly name: string;
	readonly type: string;
	readonly clusterIp: string;
	/** Of the other family, where it has both. */
	readonly otherIps?: readonly string[];
	readonly selector: Readonly<Record<string, string>>;
	readonly ports: readonly ServicePort[];
	readonly internalTrafficPolicy: string;
	readonly sessionAffinity: string;
	/** Whether nodes may leave endpoints out that are far away (trafficDistribution, topology hints). */
	readonly isTopologyAware?: boolean;
};

/** One address behind a Service port, from an EndpointSlice (or Endpoints where there are none). */
export type Endpoint = {
	readonly ip: string;
	readonly port: number;
	readonly isReady: boolean;
	readonly node: string | undefined;
	readonly pod: string | undefined;
};

export type ContainerPort = {
	readonly name: string;
	readonly containerPort: number;
	readonly protocol: string;
};

export type Container = {
	readonly name: string;
	readonly ports: ReadonlyArray<{readonly name: string; readonly containerPort: number; readonly protocol: string}>;
	readonly isReady: boolean;
	readonly state: string;
};

export type Pod = {
	readonly namespace: string;
	readonly name: string;
	readonly ip: string;
	readonly node: string;
	/** As the API calls it, or `Terminating` once the pod is being deleted, as kubectl shows it. */
	readonly phase: string;
	readonly isReady: boolean;
	readonly isHostNetwork: boolean;
	readonly labels: Readonly<Record<string, string>>;
	readonly containers: readonly Container[];
	/** The node's address as the pod tells it, for users who may not read nodes. */
	readonly hostIp?: string;
};

export type Node = {
	readonly name: string;
	readonly internalIp: string;
	readonly podCidrs: readonly string[];
	readonly kernel: string;
	readonly osImage: string;
	readonly os: string;
	readonly kubeletVersion: string;
	readonly kubeProxyVersion: string;
	readonly runtime: string;
	readonly isReady: boolean;
};

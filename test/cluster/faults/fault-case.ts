import {
	kubectl,
	onEveryNode,
	onNode,
	until,
} from '../../helpers/real-cluster.ts';

/** stalls: it opens, and what fills more than one packet is never answered. */
export type Outcome = 'open' | 'timeout' | 'refused' | 'stalls';

export type ProxyMode = 'ipvs' | 'iptables' | 'nftables';

/** What a plain connection meets, and what hairpin must say. */
export type Expectation = {
	/** What a connection of bash's, made from the client without hairpin, must meet before hairpin is asked. */
	readonly seen: Outcome;
	readonly cause: string | undefined;
	/** Checks that must be latent, and so are told without being accused. */
	readonly latent?: readonly string[];
};

/** One state of the cluster and how it is made. */
export type FaultCase = Expectation & {
	/** As in the table that is kept. */
	readonly title: string;
	/** The fault's number in the catalogue; `decoy` for what looks alarming and does nothing. */
	readonly fault: string;
	readonly inject: () => Promise<void>;
	/** `backend` is the pod behind the Service. */
	readonly client: 'mars1' | 'mars2' | 'backend';
	/** Where the plain connection is made from the client's node itself, and not from its pod. */
	readonly isSeenFromNode?: boolean;
	/** Where the plain connection asks for something with a request that takes several packets. */
	readonly isSeenByLargeRequest?: boolean;
	/** What `cluster reset` does not undo. */
	readonly heal?: () => Promise<void>;
	/** It is made in iptables mode, too, and what differs then; only in ipvs mode where it is absent. */
	readonly inIptables?: Partial<Expectation>;
	/** It is one of the few that every run of the cluster's tests makes; the whole table takes the better part of an hour. */
	readonly isInSuite?: boolean;
};

export const vip = '10.98.171.178';

export const loadBridgeNetfilter = async () => onEveryNode('modprobe br_netfilter');

/** After br_netfilter is loaded everywhere, so that nothing but this is wrong. */
export const onFirst = (command: string) => async (): Promise<void> => {
	await loadBridgeNetfilter();
	await onNode(1, command);
};

export const onAll = (command: string) => async (): Promise<void> => onEveryNode(`modprobe br_netfilter; ${command}`);

export const patchService = (patch: string) => async (): Promise<void> => {
	await loadBridgeNetfilter();
	await kubectl('patch', 'service', 'nginx', '--type=merge', '-p', patch);
};

/** Adds a second backend beside the first, and a third on another node. */
export const addBackends = async (): Promise<void> => {
	await kubectl('scale', 'deployment', 'nginx-app', '--replicas=2');
	await kubectl('apply', '-f', new URL('../workload/second-backend.yaml', import.meta.url).pathname);
	await kubectl('wait', '--for=condition=Ready', 'pod', '-l', 'app=nginx', '--timeout=90s');
};

const backendPods = async (): Promise<string> => (await kubectl('get', 'pods', '-l', 'app=nginx', '-o', 'jsonpath={range .items[*]}{.metadata.name} {.status.phase} {end}')).trim();

/** Patches the backend's container; the old pod goes before the new one comes. */
export const patchBackend = (patch: object) => async (): Promise<void> => {
	await loadBridgeNetfilter();
	const old = await backendPods();
	const spec = {strategy: {type: 'Recreate', rollingUpdate: null}, template: {spec: patch}};
	await kubectl('patch', 'deployment', 'nginx-app', '--patch', JSON.stringify({spec}));
	await until('the new pod alone to run', async () => {
		const pods = await backendPods();
		return pods !== old && /^\S+ Running$/v.test(pods);
	});
};

/** Writes another value into kube-proxy's file, by a rename, and leaves it running as it was. */
export const setProxy = (key: string, value: string): string => String.raw`sed -i -E 's|^( *${key}:) .*|\1 ${value}|' /var/lib/kube-proxy/config.yaml`;

export const restartProxy = 'systemctl restart kube-proxy';
export const stopProxy = 'systemctl stop kube-proxy';

/** Brings the founding cluster, which is in ipvs mode, into another one. Reset undoes it. */
export const enterMode = async (mode: ProxyMode): Promise<void> => {
	if (mode === 'ipvs') {
		return;
	}

	await onEveryNode(`${setProxy('mode', mode)} && ${restartProxy} && ipvsadm -C && ip link del kube-ipvs0`);
	await until('the rules of iptables mode', async () => {
		const rules = await Promise.all([1, 2, 3].map(async node => onNode(node, `iptables-save -t nat | grep -- '-d ${vip}/32 .*-j KUBE-SVC-' || true`)));
		return rules.every(rule => rule !== '');
	});
};
